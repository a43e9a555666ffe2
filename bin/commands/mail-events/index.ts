import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { publicUrl } from '../../../src/config/addresses.ts';
import type { Config } from '../../../src/config/platform.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import type { Redis } from '../../../src/redis/connect.ts';
import { findSecrets } from '../../../src/signing/secret.ts';
import { PROVIDER_BY_NAME } from '../../../workers/emails/returns/providers/index.ts';
import { PROVIDERS, type ProviderName } from '../../../workers/emails/returns/providers/provider.ts';
import {
  createReporters,
  MAX_REPORTERS,
  type Reporter,
  type Reporters,
} from '../../../workers/emails/returns/reporters.ts';
import { enterAudit } from '../../cli/audited.ts';
import { type CommandContext, CommandError, EXIT } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { formatTable, formatTime } from '../../cli/table.ts';
import { readName } from '../keys/arguments.ts';
import { settingsKeys } from '../keys/settings-keys.ts';

interface CreateOptions {
  caller?: string;
  verifyWith?: string;
}

/** `heavylift mail-events`: the addresses at which mail providers report what became of mails. */
export function addMailEvents(program: Command, context: CommandContext): void {
  const group = program
    .command('mail-events')
    .description('make, list and revoke the addresses at which mail providers report bounces and complaints');
  group
    .command('create')
    .description('make an address for a provider and print it, once')
    .argument('<provider>', PROVIDERS.join(', '), readProvider)
    .argument('<name>', 'a name for it', readName)
    .option('--caller <key>', 'only mails of that key may be reported on; without it, those of every key')
    .option('--verify-with <file>', 'what its signatures are verified with (SendGrid, Mailgun); - reads standard input')
    .action(async (provider: ProviderName, name: string, options: CreateOptions) => {
      const config = context.loadConfig();
      const url = await withReporters(config, async (reporters, redis) => {
        const made = await create(reporters, redis, config, { provider, name, ...options });
        await enterAudit(redis, context, 'mail-events.create', name);
        return made;
      });
      context.remark(`Enter this address at ${provider}. Only its hash is kept: it is shown now and never again.`);
      context.print(url);
    });
  group
    .command('list')
    .description('list them, without the addresses')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const all = await withReporters(context.loadConfig(), (reporters) => reporters.list());
      context.print(json ? JSON.stringify(all, null, 2) : formatReporters(all));
    });
  group
    .command('revoke')
    .description('take an address away: what is reported there is refused at once')
    .argument('<name>', 'its name', readName)
    .action(async (name: string) => {
      const isRevoked = await withReporters(context.loadConfig(), async (reporters, redis) => {
        const found = await reporters.revoke(name);
        if (found) await enterAudit(redis, context, 'mail-events.revoke', name);
        return found;
      });
      if (isRevoked) return context.remark(`The address "${name}" is revoked.`);
      throw new CommandError(`there is no address named "${name}"; see: bin/heavylift mail-events list`);
    });
}

function readProvider(text: string): ProviderName {
  const provider = PROVIDERS.find((one) => one === text);
  if (!provider) throw new CommandError(`the provider "${text}" must be ${PROVIDERS.join(', ')}`, EXIT.usage);
  return provider;
}

async function withReporters<T>(config: Config, use: (reporters: Reporters, redis: Redis) => Promise<T>): Promise<T> {
  const secrets = findSecrets(config);
  if (secrets === null) {
    throw new CommandError(
      `${config.DATA_DIR} has no deployment secret: run this with the DATA_DIR (or DEPLOYMENT_SECRET) of the service`,
    );
  }
  return withRedis(config, (redis) => use(createReporters(redis, secrets), redis));
}

/** Makes an address; throws CommandError for a key that is missing or can't be used, and for a name that is taken. */
async function create(
  reporters: Reporters,
  redis: Redis,
  config: Config,
  { provider, name, caller, verifyWith }: CreateOptions & Pick<Reporter, 'provider' | 'name'>,
): Promise<string> {
  const key = readKey(provider, verifyWith);
  if (caller !== undefined) await assertKey(redis, config, caller);
  const token = await reporters.create({ name, provider, caller: caller ?? null }, key);
  if (token === null) {
    throw new CommandError(
      `there is an address named "${name}" already, or there are ${MAX_REPORTERS}; revoke it first`,
    );
  }
  return `${publicUrl(config)}/v1/mail-events/${provider}/${token}`;
}

function readKey(name: ProviderName, file: string | undefined): string | null {
  const provider = PROVIDER_BY_NAME[name];
  if (provider.key === null) {
    if (file !== undefined) throw new CommandError(`${name} needs no --verify-with`, EXIT.usage);
    return null;
  }
  if (file === undefined) {
    throw new CommandError(`${name} signs what it reports: --verify-with a file with ${provider.key}`, EXIT.usage);
  }
  let key: string;
  try {
    key = readFileSync(file === '-' ? 0 : file, 'utf8').trim();
  } catch (error) {
    throw new CommandError(`--verify-with ${file} can not be read: ${(error as Error).message}`);
  }
  const fault = provider.findKeyFault?.(key) ?? null;
  if (fault !== null) throw new CommandError(`--verify-with ${file} ${fault}`, EXIT.usage);
  return key;
}

/** A name that is mistyped is told, rather than given an address that reports on nothing. */
async function assertKey(redis: Redis, config: Config, name: string): Promise<void> {
  const names = [...settingsKeys(config).keys, ...(await createKeyStore(redis).list())].map((key) => key.name);
  if (!names.includes(name)) {
    throw new CommandError(`there is no key named "${name}"; there are ${names.join(', ') || 'none'}`);
  }
}

function formatReporters(all: readonly Reporter[]): string {
  const rows = all.map(({ name, provider, caller, createdAt }) => [
    name,
    provider,
    caller ?? 'every key',
    formatTime(createdAt),
  ]);
  return formatTable([['NAME', 'PROVIDER', 'MAILS OF', 'CREATED'], ...rows]);
}
