import type { Command } from 'commander';
import { findWebhookSecrets } from '../../workers/webhooks/signature.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';

/** `heavylift webhook-secret`: what receivers verify webhooks with. */
export function addWebhookSecret(program: Command, context: CommandContext): void {
  program
    .command('webhook-secret')
    .description('print the secrets that webhooks are signed with, the newest first')
    .option('--json', 'print a JSON list')
    .action(({ json }: { json?: true }) => {
      const config = context.loadConfig();
      const secrets = findWebhookSecrets(config);
      if (!secrets) {
        throw new CommandError(
          `${config.DATA_DIR} has no secret yet: the first start makes it (or set WEBHOOKS_SECRETS)`,
        );
      }
      context.print(json ? JSON.stringify(secrets) : secrets.join('\n'));
    });
}
