import type { Command } from 'commander';
import { failedOf } from '../../src/alerts/alerts.ts';
import { createAlertBoard } from '../../src/alerts/board.ts';
import { hasAlerts } from '../../src/alerts/settings.ts';
import { testMessage } from '../../src/alerts/test-message.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { deliver } from '../alerts/deliver.ts';
import { alertSecrets } from '../alerts/webhook.ts';
import { enterAuditSoon } from '../cli/audited.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';

/** `heavylift alerts`: whether alerts get to people, and what they are signed with. */
export function addAlerts(program: Command, context: CommandContext): void {
  const group = program
    .command('alerts')
    .description('try whether alerts get to people, and what they are signed with');
  group
    .command('test')
    .description('send a test alert on all ways; exit status 1 when one of them fails')
    .action(async () => {
      const config = context.loadConfig();
      if (!hasAlerts(config)) throw new CommandError('nobody is told of anything: set ALERTS_URL or ALERTS_EMAIL');
      const outcomes = await deliver(testMessage(Date.now()), config);
      for (const { by, to, isTold, detail } of outcomes) {
        context.print(`${by} to ${to}: ${isTold ? 'sent' : 'not sent'}, ${detail}`);
      }
      const now = failedOf(outcomes, [], Date.now());
      // The verdict forgets what failed before; it hears of it later where Redis is away.
      await withRedis(config, (redis) => createAlertBoard(redis).saveFailed(now)).catch(() => {});
      await enterAuditSoon(context, 'alerts.test', null);
      const failed = outcomes.filter(({ isTold }) => !isTold).map(({ by }) => by);
      if (failed.length > 0) throw new CommandError(`nobody is told by ${failed.join(' and ')}`);
    });
  group
    .command('secret')
    .description('print the secrets that webhooks of alerts are signed with, the newest first')
    .action(() => {
      const config = context.loadConfig();
      const secrets = findSecrets(config);
      if (secrets === null) {
        throw new CommandError(
          `${config.DATA_DIR} has no deployment secret: run this with the DATA_DIR (or DEPLOYMENT_SECRET) of the service`,
        );
      }
      context.print(alertSecrets(secrets).join('\n'));
    });
}
