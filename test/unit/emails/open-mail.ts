import { Readable } from 'node:stream';
import { afterAll, afterEach } from '@jest/globals';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import type { Told } from '../../../src/endpoints/told.ts';
import { AppError } from '../../../src/errors.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { FinishedJob, RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { EmailInput } from '../../../workers/emails/input/mail.ts';
import { type EmailResult, emails } from '../../../workers/emails/job.ts';
import { createProcessor } from '../../../workers/emails/processor.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { type Misbehaviour, openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { ALONE } from '../../support/jest/alone.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

export const log = pino({ level: 'silent' });
/** The job whose files are attached. */
export const reportId = `rep_${'1'.repeat(26)}`;
/** The smallest mail. */
export const mail = { to: 'Kari <kari@example.no>', subject: 'Hei', text: 'Hei!' };

/** What endpoints were told. */
export const told: Told[] = [];
/** Run after each test, the newest first. */
export const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  told.splice(0);
  for (const close of closers.splice(0).reverse()) await close();
});

let ledgers: { server: TestRedis; redis: Redis; path: string; remove: () => void } | null = null;
afterAll(async () => {
  await ledgers?.server.stop();
  ledgers?.remove();
});

/** A real Redis for the ledgers, one for all tests of a file. */
export async function openLedgers(): Promise<Redis> {
  if (!ledgers) {
    const { path, remove } = makeTempDir();
    const server = await startRedis(path);
    ledgers = { server, redis: server.client(), path, remove };
  }
  return ledgers.redis;
}

/** Written out: the ledgers of mails that wait when Heavylift is updated lie there. */
export const jobKey = (id: string): string => `heavylift:{emails}:emails:${id}`;

/** The job as the queue keeps it, with nothing in its ledger. */
export async function storeJob(redis: Redis, { id }: { id: string }): Promise<void> {
  await redis.multi().del(jobKey(id)).hset(jobKey(id), 'data', '{}').exec();
}

/** An SMTP server, and a worker's mail processor that sends to it. */
export async function openMail(
  misbehaviour: Misbehaviour = {},
  query = '',
  smtpUrl?: string,
  changes: Partial<AllConfig> = {},
) {
  const redis = await openLedgers();
  // What an earlier mail learned of its recipients.
  await redis.del('heavylift:{emails}:own:suppressions', 'heavylift:{emails}:own:suppressions:by-time');
  const server = await openSmtpServer(misbehaviour);
  const config = {
    ...defaultConfig(),
    SMTP_URL: smtpUrl ?? `${server.url}${query}`,
    EMAILS_FROM: 'Heavylift <post@firma.no>',
    PUBLIC_URL: 'https://www.firma.no/mail',
    DEPLOYMENT_SECRET: ['a secret of the tests that is long enough'] as [string],
    ...changes,
  };
  const storage = await openDiskStorage(ledgers?.path ?? '');
  const processor = createProcessor({
    ...{ config, log, redis, jobFields: createJobFields(redis, 'emails'), storage },
    ...ALONE,
    tellEndpoints: async (event) => void told.push(event),
  });
  closers.push(server.close, async () => processor.close?.());
  let made = 0;
  const send = async (input: Record<string, unknown>, context: Partial<RunContext> = {}): Promise<EmailResult> => {
    made += 1;
    const job = runningJob(input, made);
    await storeJob(redis, job);
    const { result } = await processor.process(job, runContext(context));
    return emails.result.parse(result);
  };
  return { server, send, processor, redis };
}

/** A job as its processor sees it; `serial` makes its id. */
export function runningJob(input: Record<string, unknown>, serial = 1, attempt = 1): RunningJob<EmailInput> {
  const id = `eml_${String(serial).padStart(26, '0')}`;
  const createdAt = new Date('2026-10-31T08:00:00Z');
  return { id, caller: 'test', attempt, createdAt, input: emails.input.parse(input), uploads: {} };
}

/** A run with `files` in storage by key, and `jobs` that can be found. */
export function runContext(
  given: Partial<RunContext> & { files?: Record<string, Buffer>; found?: FinishedJob } = {},
): RunContext {
  const stored = (key: string) => {
    const content = given.files?.[key];
    if (!content) throw new AppError('not_found', 'There is no such file.');
    return content;
  };
  return {
    signal: new AbortController().signal,
    progress: () => {},
    appendLog: async () => {},
    storage: {
      open: async (key) => Readable.from([stored(key)]),
      read: async (key) => stored(key),
      write: async () => Promise.reject(new Error('a mail writes no file')),
    },
    jobs: { find: async (id) => given.found ?? { id, state: 'missing', files: [] } },
    log,
    ...given,
  };
}

/** What another job's result says about a file. */
export const storedFile = (name: string, bytes = 4): StoredFile => ({
  key: `results/${reportId}/${name}`,
  name,
  type: 'application/pdf',
  bytes,
  sha256: '',
});

/** The AppError that a run rejects with. */
export async function errorOf(run: Promise<unknown>): Promise<AppError> {
  const thrown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error(`expected an AppError, got ${String(thrown)}`);
  return thrown;
}

/** The one mail that the server took. */
export function onlyMail({ mails }: TestSmtpServer) {
  const [received] = mails;
  if (mails.length !== 1 || !received) throw new Error(`expected one mail, got ${mails.length}`);
  return received;
}
