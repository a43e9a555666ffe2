import type { Command } from 'commander';
import type { Config } from '../../../src/config/platform.ts';
import { pauseEndpoints } from '../../../src/endpoints/store.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import type { Redis } from '../../../src/redis/connect.ts';
import { pauseSchedules } from '../../../src/schedules/store.ts';
import { enterAudit } from '../../cli/audited.ts';
import type { CommandContext } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { readName } from './arguments.ts';
import { refuseUnknown, settingsKeys } from './settings-keys.ts';

/** `heavylift keys revoke` */
export function addRevokeKey(keys: Command, context: CommandContext): void {
  keys
    .command('revoke')
    .description('take a key away; it and its sessions end within 5 seconds')
    .argument('<name>', 'the name of the key', readName)
    .action(async (name: string) => {
      const config = context.loadConfig();
      const revokeNow = async (redis: Redis) => {
        const isRevoked = await revoke(redis, config, name);
        if (isRevoked) await enterAudit(redis, context, 'key.revoke', name);
        return isRevoked;
      };
      if (await withRedis(config, revokeNow)) {
        return context.remark(`The key "${name}" is revoked: it and its sessions end within 5 seconds.`);
      }
      refuseUnknown(config, name);
    });
}

/** Takes the key away, and pauses its webhook endpoints and schedules; false when there is none of that name. */
async function revoke(redis: Redis, config: Config, name: string): Promise<boolean> {
  if (!(await createKeyStore(redis).remove(name))) return false;
  // A key of the settings may have the same name.
  const isLeft = settingsKeys(config).keys.some((one) => one.name === name);
  if (!isLeft) {
    await pauseEndpoints(redis, name, 'key_revoked');
    await pauseSchedules(redis, name, 'key_revoked');
  }
  return true;
}
