/**
 * Makes, lists and revokes the keys that are kept in Redis: `npm run keys -- create <name> --scopes images,reports`. What
 * was asked for goes to standard output, what is said about it to standard error. When it fails: one line, exit status 1.
 */
import { once } from 'node:events';
import type { Config } from '../src/config/platform.ts';
import { createKeyStore } from '../src/keys/store.ts';
import { createLog } from '../src/log.ts';
import { openWorkerRedis } from '../src/redis/connect.ts';
import { loadConfigOrExit } from '../workers/config.ts';
import { type Command, Refusal, readArguments, USAGE } from './keys/arguments.ts';
import { type Answer, createKey, listKeys, revokeKey } from './keys/commands.ts';

/** A Redis that is away is told at once; one that is there but busy gets this long. */
const ANSWER_MS = 10_000;

/** Connects, does what the command says, and leaves Redis again. */
async function obey(command: Command, config: Config): Promise<Answer> {
  if (command.verb === 'help') return { output: USAGE.trimEnd() };
  const redis = openWorkerRedis(config, createLog('silent', 'keys'));
  const deadline = AbortSignal.timeout(ANSWER_MS);
  deadline.addEventListener('abort', () => {
    // What waits for an answer then fails; a frozen Redis would not take part in an orderly end.
    redis.disconnect();
    redis.stream.destroy();
  });
  try {
    await once(redis, 'ready', { signal: deadline }).catch((error: Error) => {
      throw new Refusal(`Redis can not be reached (${error.message}); is Heavylift running?`);
    });
    const store = createKeyStore(redis);
    if (command.verb === 'create') return await createKey(store, config, command);
    return await (command.verb === 'revoke' ? revokeKey(store, config, command.name) : listKeys(store, config));
  } catch (error) {
    if (!deadline.aborted) throw error;
    throw new Refusal(`Redis gave no answer in ${ANSWER_MS / 1000} s; when it does: npm run keys -- list`);
  } finally {
    redis.disconnect();
  }
}

try {
  const { output, remark } = await obey(readArguments(process.argv.slice(2)), loadConfigOrExit());
  if (remark) process.stderr.write(`${remark}\n`);
  if (output) process.stdout.write(`${output}\n`);
} catch (error) {
  const { message } = error as Error;
  process.stderr.write(`${error instanceof Refusal ? message : `Redis did not answer as it should: ${message}`}\n`);
  // A connection to a frozen Redis would hold the process for its own time.
  process.exit(1);
}
