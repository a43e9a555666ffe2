import type { Command } from 'commander';
import { createKeyStore } from '../../../src/keys/store.ts';
import { enterAudit } from '../../cli/audited.ts';
import { type CommandContext, CommandError, EXIT } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { readBrand, readName } from './arguments.ts';
import { refuseUnknown } from './settings-keys.ts';

/** `heavylift keys set`: what of a key may be changed while it is used. */
export function addSetKey(keys: Command, context: CommandContext): void {
  keys
    .command('set')
    .description('change the brand of a key’s jobs that name none; it counts within 5 seconds')
    .argument('<name>', 'the name of the key', readName)
    .option('--brand <name>', 'that brand', readBrand)
    .option('--no-brand', 'none')
    .action(async (name: string, { brand }: { brand?: string | boolean }) => {
      if (brand === undefined || brand === true) throw new CommandError('say --brand NAME, or --no-brand', EXIT.usage);
      const config = context.loadConfig();
      const own = brand === false ? null : brand;
      const isSet = await withRedis(config, async (redis) => {
        const isThere = await createKeyStore(redis).setBrand(name, own);
        if (isThere) await enterAudit(redis, context, 'key.change', `${name} (brand: ${own ?? 'none'})`);
        return isThere;
      });
      if (!isSet) refuseUnknown(config, name);
      context.remark(`The key "${name}" has ${own === null ? 'no brand of its own' : `the brand ${own}`} now.`);
    });
}
