import type { Command } from 'commander';
import type { AuditAction } from '../../src/audit/audit-actions.ts';
import type { Config } from '../../src/config/platform.ts';
import { duration } from '../../src/config/values.ts';
import { createAddressSecrets, createWebhookSecrets } from '../../src/delivery/secrets.ts';
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

/** A secret of a key that is printed and changed. */
interface KeySecret {
  command: string;
  description: string;
  /** What both are for during the overlap. */
  both: string;
  create: typeof createWebhookSecrets;
  audit: AuditAction;
  /** What is said where there is none. */
  none(name: string): string;
}

/** `heavylift webhook-secret`: what the receivers of one key's webhooks verify them with. */
export const addWebhookSecret = (program: Command, context: CommandContext): void =>
  addKeySecret(program, context, {
    command: 'webhook-secret',
    description: "print the secrets that a key's webhooks are signed with, the newest first",
    both: 'webhooks are signed with both',
    create: createWebhookSecrets,
    audit: 'webhook-secret.rotate',
    none: (name) => `the key "${name}" has no webhook secret yet: its first webhook makes one, or --rotate does now`,
  });

/** `heavylift address-secret`: what one key's addresses of renditions are signed with. */
export const addAddressSecret = (program: Command, context: CommandContext): void =>
  addKeySecret(program, context, {
    command: 'address-secret',
    description: "print the secrets that a key's addresses of renditions (/i/...) are signed with, the newest first",
    both: 'addresses of both hold',
    create: createAddressSecrets,
    audit: 'address-secret.rotate',
    none: (name) => `the key "${name}" has no address secret yet: --rotate makes one`,
  });

function addKeySecret(program: Command, context: CommandContext, secret: KeySecret): void {
  program
    .command(secret.command)
    .description(secret.description)
    .argument('<name>', 'the name of the key')
    .option('--rotate', 'make a new one, also where there is none; the one before holds on for the overlap')
    .option('--overlap <time>', `how long ${secret.both}, like 24h`, readOverlap, 86_400_000)
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
        const kept = secret.create(redis, deploymentSecrets);
        if (replace) {
          await assertKey(redis, config, name);
          await enterAudit(redis, context, secret.audit, name);
          return kept.replace(name);
        }
        // What an old secret sealed is not replaced by accident: reading it fails first.
        const found = await kept.find(name);
        if (!found || rotate) await assertKey(redis, config, name);
        if (rotate) await enterAudit(redis, context, secret.audit, name);
        return rotate ? kept.rotate(name, overlap) : found;
      });
      if (!secrets) {
        throw new CommandError(secret.none(name));
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
