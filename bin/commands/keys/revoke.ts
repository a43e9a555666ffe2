import type { Command } from 'commander';
import { createKeyStore } from '../../../src/keys/store.ts';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { readName } from './arguments.ts';
import { settingsKeys } from './settings-keys.ts';

/** `heavylift keys revoke` */
export function addRevokeKey(keys: Command, context: CommandContext): void {
  keys
    .command('revoke')
    .description('take a key away; it and its sessions end within 5 seconds')
    .argument('<name>', 'the name of the key', readName)
    .action(async (name: string) => {
      const config = context.loadConfig();
      if (await withRedis(config, (redis) => createKeyStore(redis).remove(name))) {
        return context.remark(`The key "${name}" is revoked: it and its sessions end within 5 seconds.`);
      }
      const { keys: fixed, source } = settingsKeys(config);
      throw new CommandError(
        fixed.some((one) => one.name === name)
          ? `the key "${name}" is in ${source}: take it out there and restart the web process`
          : `there is no key named "${name}"; see: bin/heavylift keys list`,
      );
    });
}
