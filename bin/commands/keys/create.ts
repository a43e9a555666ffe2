import type { Command } from 'commander';
import type { Config } from '../../../src/config/platform.ts';
import { randomKey, sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore, type Holdings, type KeyStore, MAX_KEYS, type Rate } from '../../../src/keys/store.ts';
import { SCOPES } from '../../../workers/index.ts';
import { enterAudit } from '../../cli/audited.ts';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import {
  readBrand,
  readBytes,
  readJobs,
  readName,
  readRate,
  readScopes,
  readSenders,
  readWeight,
} from './arguments.ts';
import { formatHoldings, formatRate, settingsKeys } from './settings-keys.ts';

interface Options extends Holdings {
  scopes?: string;
  rate?: Rate;
  from?: string;
  brand?: string;
}

/** What a new key is to be. */
interface KeyRequest extends Holdings {
  name: string;
  scopes: string[];
  rate: Rate | null;
  senders?: string[];
  brand?: string;
}

/** `heavylift keys create`: the key alone goes to standard output, so that a script can take it. */
export function addCreateKey(keys: Command, context: CommandContext): void {
  keys
    .command('create')
    .description('make a key and print it, once')
    .argument('<name>', 'the name of the application that uses it', readName)
    .option('--scopes <scopes>', `what it may do, separated by commas: ${SCOPES.join(', ')}`)
    .option('--rate <requests/seconds>', 'how many requests it may post in a window, like 100/60', readRate)
    .option('--from <senders>', 'the domains and addresses it may send mail from, separated by commas')
    .option('--brand <name>', 'the brand of its jobs that name none', readBrand)
    .option('--weight <number>', 'its share of the turns beside other keys, 1 unless given', readWeight)
    .option('--max-waiting <jobs>', 'how many of its jobs may wait or be delayed', readJobs('--max-waiting', 0))
    .option('--max-waiting-bytes <bytes>', 'how large their inputs may be, like 50MB', readBytes('--max-waiting-bytes'))
    .option('--max-stored <bytes>', 'how much it may have in storage, like 5GB', readBytes('--max-stored'))
    .option('--max-running <jobs>', 'how many of its jobs may run at a time', readJobs('--max-running', 1))
    .action(async (name: string, { scopes: typed = '', from, rate, ...holdings }: Options) => {
      const scopes = readScopes(typed);
      const senders = from === undefined ? {} : { senders: readSenders(from, scopes) };
      const asked: KeyRequest = { name, scopes, rate: rate ?? null, ...senders, ...holdings };
      const config = context.loadConfig();
      const key = await withRedis(config, async (redis) => {
        const made = await createKey(createKeyStore(redis), config, asked);
        await enterAudit(redis, context, 'key.create', `${name} (${scopes.join(', ')})`);
        return made;
      });
      context.remark(`${describeKey(asked)} Only its hash is kept: it is shown now and never again.`);
      context.print(key);
    });
}

/** Makes a key and returns its text, which is kept nowhere. Throws CommandError when the name is taken. */
async function createKey(store: KeyStore, config: Config, asked: KeyRequest): Promise<string> {
  const { keys, source } = settingsKeys(config);
  const taken = `there is a key named "${asked.name}" already`;
  if (keys.some((one) => one.name === asked.name)) {
    throw new CommandError(`${taken}, in ${source}; choose another name`);
  }
  if ((await store.list()).length >= MAX_KEYS) {
    throw new CommandError(`there are ${MAX_KEYS} keys already; revoke some first`);
  }
  const key = randomKey();
  const createdAt = new Date().toISOString();
  if (!(await store.add({ ...asked, digest: sha256(key), createdAt, lastUsedAt: null }))) {
    const revoke = `bin/heavylift keys revoke ${asked.name}`;
    throw new CommandError(`${taken}; choose another name, or revoke it first: ${revoke}`);
  }
  return key;
}

function describeKey(asked: KeyRequest): string {
  const { name, scopes, rate, senders, brand } = asked;
  const limits = [
    formatRate(rate),
    ...formatHoldings(asked),
    ...(senders ? [`mail from ${senders.join(', ')}`] : []),
    ...(brand === undefined ? [] : [`brand ${brand}`]),
  ];
  return `The key "${name}" (${[scopes.join(', '), ...limits].join('; ')}).`;
}
