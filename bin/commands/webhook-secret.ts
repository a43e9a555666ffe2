import type { Command } from 'commander';
import type { Config } from '../../src/config/platform.ts';
import { duration } from '../../src/config/values.ts';
import { createWebhookSecrets } from '../../src/delivery/secrets.ts';
import { createKeyStore } from '../../src/keys/store.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { enterAudit } from '../cli/audited.ts';
import { type CommandContext, CommandError, EXIT } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';
import { settingsKeys } from './keys/settings-keys.ts';

interface Options {
  rotate?: true;
  overlap: number;
  replace?: true;
  json?: true;
}

/** `heavylift webhook-secret`: what the receivers of one key's webhooks verify them with. */
export function addWebhookSecret(program: Command, context: CommandContext): void {
  program
    .command('webhook-secret')
    .description("print the secrets that a key's webhooks are signed with, the newest first")
    .argument('<name>', 'the name of the key')
    .option('--rotate', 'make a new one, also where there is none; the one before holds on for the overlap')
    .option('--overlap <time>', 'how long webhooks are signed with both, like 24h', readOverlap, 86_400_000)
    .option('--replace', "make a new one at once, also where the deployment's secret was changed and opens none")
    .option('--json', 'print a JSON list')
    .action(async (name: string, { rotate, overlap, replace, json }: Options) => {
      const config = context.loadConfig();
      const deploymentSecrets = findSecrets(config);
      if (deploymentSecrets === null) {
        throw new CommandError(
          `${config.DATA_DIR} has no deployment secret: run this with the DATA_DIR (or DEPLOYMENT_SECRET) of the service`,
        );
      }
      const secrets = await withRedis(config, async (redis) => {
        const kept = createWebhookSecrets(redis, deploymentSecrets);
        if (replace) {
          await assertKey(redis, config, name);
          await enterAudit(redis, context, 'webhook-secret.rotate', name);
          return kept.replace(name);
        }
        // What an old secret sealed is not replaced by accident: reading it fails first.
        const found = await kept.find(name);
        if (!found || rotate) await assertKey(redis, config, name);
        if (rotate) await enterAudit(redis, context, 'webhook-secret.rotate', name);
        return rotate ? kept.rotate(name, overlap) : found;
      });
      if (!secrets) {
        throw new CommandError(
          `the key "${name}" has no webhook secret yet: its first webhook makes one, or --rotate does now`,
        );
      }
      context.print(json ? JSON.stringify(secrets) : secrets.join('\n'));
    });
}

function readOverlap(text: string): number {
  const { success, data } = duration.safeParse(text);
  if (!success) throw new CommandError(`--overlap "${text}" must be a time like 90s, 30m, 24h or 7d`, EXIT.usage);
  return data;
}

/** A name that is mistyped is told, rather than given a secret of its own. */
async function assertKey(redis: Redis, config: Config, name: string): Promise<void> {
  const names = [...settingsKeys(config).keys, ...(await createKeyStore(redis).list())].map((key) => key.name);
  if (!names.includes(name)) {
    throw new CommandError(`there is no key named "${name}"; there are ${names.join(', ') || 'none'}`);
  }
}
