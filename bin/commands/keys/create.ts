import type { Command } from 'commander';
import type { Config } from '../../../src/config/platform.ts';
import { randomKey, sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore, type KeyStore, MAX_KEYS, type Rate } from '../../../src/keys/store.ts';
import { SCOPES } from '../../../workers/index.ts';
import { type CommandContext, CommandError } from '../../cli/context.ts';
import { withRedis } from '../../cli/redis.ts';
import { readName, readRate, readScopes, readSenders } from './arguments.ts';
import { formatRate, settingsKeys } from './settings-keys.ts';

interface Options {
  scopes?: string;
  rate?: Rate;
  from?: string;
}

/** What a new key is to be. */
interface KeyRequest {
  name: string;
  scopes: string[];
  rate: Rate | null;
  senders?: string[];
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
    .action(async (name: string, options: Options) => {
      const scopes = readScopes(options.scopes ?? '');
      const senders = options.from === undefined ? {} : { senders: readSenders(options.from, scopes) };
      const asked: KeyRequest = { name, scopes, rate: options.rate ?? null, ...senders };
      const config = context.loadConfig();
      const key = await withRedis(config, (redis) => createKey(createKeyStore(redis), config, asked));
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

function describeKey({ name, scopes, rate, senders }: KeyRequest): string {
  const limits = [formatRate(rate), ...(senders ? [`mail from ${senders.join(', ')}`] : [])];
  return `The key "${name}" (${[scopes.join(', '), ...limits].join('; ')}).`;
}
