import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { createCallerSecrets } from '../../../src/delivery/caller-secrets.ts';
import { AppError } from '../../../src/errors.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { createRunStorage } from '../../../src/queue/run/run-storage.ts';
import { jobKey } from '../../../src/redis/keys.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { CallInput } from '../../../workers/calls/input/call.ts';
import { calls } from '../../../workers/calls/job.ts';
import { createProcessor } from '../../../workers/calls/processor.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';

const log = pino({ level: 'silent' });
export const ID = `cal_${'7'.repeat(26)}`;

/** What the tests of one file share. */
export interface Parts {
  redis: Redis;
  storage: Storage;
  dataDir: string;
}

/** A worker's processor of calls that may reach loopback, and what its runs recorded. */
export function openCalls({ redis, storage, dataDir }: Parts, settings: Partial<AllConfig> = {}) {
  const config = { ...defaultConfig(), DATA_DIR: dataDir, CALLS_ALLOW: ['127.0.0.1'], ...settings };
  const jobFields = createJobFields(redis, 'calls');
  const processor = createProcessor({ config, log, redis, storage, jobFields });
  const records: Record<string, unknown>[] = [];
  const contract = calls.configure?.(config) ?? calls;

  const run = async (
    body: Record<string, unknown>,
    changes: Partial<RunningJob<CallInput>> & Partial<RunContext> = {},
  ) => {
    const { signal = new AbortController().signal, jobs, ...job } = changes;
    const input = contract.input.parse(body);
    const running = { id: ID, caller: 'kari', attempt: 1, createdAt: new Date(), input, uploads: {}, ...job };
    await redis.hsetnx(jobKey('calls', running.id), 'data', '{}');
    const outcome = await processor.process(running, {
      signal,
      progress: () => {},
      storage: createRunStorage(storage, running.id, signal),
      jobs: jobs ?? { find: async (id) => ({ id, state: 'missing', files: [] }) },
      appendLog: async (entry) => void records.push(entry),
      log,
    });
    const result = calls.result.parse(outcome.result);
    const [file] = outcome.files;
    return { ...result, file, text: file ? await text(await storage.open(file.key)) : null };
  };
  return { run, records, secrets: createCallerSecrets(redis, openSecrets(config)), contract };
}

/** The AppError that a run rejects with. */
export async function errorOf(run: Promise<unknown>): Promise<AppError> {
  const thrown = await run.then(
    (value) => new Error(`it succeeded: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw thrown;
  return thrown;
}
