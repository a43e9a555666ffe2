import type { Command } from 'commander';
import { acceptSecrets } from '../../src/deployment/join.ts';
import { openSecrets } from '../../src/signing/secret.ts';
import { enterAudit } from '../cli/audited.ts';
import type { CommandContext } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';

/** `heavylift accept-secret`: after the deployment's secret was lost, those of the settings take its place. */
export function addAcceptSecret(program: Command, context: CommandContext): void {
  program
    .command('accept-secret')
    .description(
      "after the deployment's secret was lost for good, start with the one of these settings (made if need be)",
    )
    .action(async () => {
      const config = context.loadConfig();
      await withRedis(config, async (redis) => {
        await acceptSecrets(redis, openSecrets(config));
        await enterAudit(redis, context, 'product.accept-secret', null);
      });
      context.remark('The secret of these settings is the deployment’s now. Processes with another one do not start.');
    });
}
