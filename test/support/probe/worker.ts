import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { AppError } from '../../../src/errors.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import {
  type Outcome,
  type Processor,
  type RunContext,
  type RunningJob,
  withoutPlace,
} from '../../../src/jobs/processor.ts';
import { createLog } from '../../../src/log.ts';
import { startBeat, takePlace } from '../../../src/processes/place.ts';
import { createConsumer } from '../../../src/queue/worker/consumer.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { loadConfigOrExit } from '../../../workers/config.ts';
import { probes } from './job.ts';

/**
 * A worker of the probe kind. Each step of a run is a line in DATA_DIR/journal, `<job> <what> <pid>`, written before
 * the step: the tests' latch. A waiting job goes on when the file DATA_DIR/go exists, a single one when DATA_DIR/go-<id>
 * does, a stubborn one when DATA_DIR/go-<pid> does. The worker writes the job's id into
 * DATA_DIR/finishing before it finishes a job, and dies of that when DATA_DIR/die-at-end exists.
 */
const config = loadConfigOrExit();
const { place } = takePlace(process.argv.slice(2));
startBeat(place, config.DATA_DIR);
const journal = join(config.DATA_DIR, 'journal');
const note = (id: string, what: string) => appendFileSync(journal, `${id} ${what} ${process.pid}\n`);

interface Probe {
  act: string;
  ms?: number;
  job?: string;
}
type Act = (
  job: RunningJob<Probe>,
  context: RunContext,
  done: () => Promise<Outcome<{ attempt: number }>>,
) => Promise<Outcome<{ attempt: number }>>;

const isLetGo = (which?: string) => existsSync(join(config.DATA_DIR, which === undefined ? 'go' : `go-${which}`));

const wait: Act = async ({ id }, { signal }, done) => {
  while (!isLetGo()) {
    await delay(20, undefined, { signal }).catch(() => {});
    if (signal.aborted) {
      note(id, `stopped:${(signal.reason as Partial<AppError>).code ?? 'lost'}`);
      throw new Error('the wait was cut short');
    }
  }
  return done();
};

const ACTS: Record<string, Act> = {
  wait,
  async heavy(job, context, done) {
    await context.acquireHeavySlot?.();
    note(job.id, 'entered');
    return wait(job, context, done);
  },
  async fetch(job, context, done) {
    await withoutPlace(context, async () => {
      note(job.id, 'fetching');
      await wait(job, context, async () => ({ result: { attempt: job.attempt }, files: [] }));
    });
    return done();
  },
  deaf: () => new Promise(() => {}),
  async stubborn({ attempt }) {
    while (!isLetGo(String(process.pid))) await delay(20);
    return { result: { attempt }, files: [] };
  },
  async fail() {
    throw new Error('a bug with a /secret/path in its message');
  },
  async later() {
    throw new AppError('mail_deferred', 'The server said 452.', { retryAfterSeconds: 3600 });
  },
  async snoozed() {
    throw new AppError('mail_snoozed', 'The relay is away.', { retryAfterSeconds: 3600, waitingOn: 'relay' });
  },
  async flaky({ attempt }, _context, done) {
    if (attempt < 3) throw new AppError('mail_deferred', 'Not this time.', { retryAfterSeconds: 0.05 });
    return done();
  },
  async refuse() {
    throw new AppError('image_unreadable', 'The image could not be decoded.');
  },
  crash() {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => {});
  },
  async 'not-yet'(_job, _context, done) {
    if (isLetGo()) return done();
    throw new AppError('waiting_for_job', 'The other job is not done.', { retryAfterSeconds: 0.05 });
  },
  async after({ input }, { jobs }, done) {
    await findNamedFile({ job: input.job ?? '' }, { jobs });
    return done();
  },
  async 'after-late'({ id, input }, { jobs }, done) {
    const found = await findNamedFile({ job: input.job ?? '' }, { jobs }).catch((error: unknown) => error);
    note(id, 'looked');
    while (!isLetGo(id)) await delay(20);
    if (found instanceof Error) throw found;
    return done();
  },
  async progress(_job, { progress }, done) {
    for (let step = 1; step <= 4; step += 1) progress({ percent: step * 25, done: step, total: 4, unit: 'steps' });
    while (!isLetGo()) await delay(20);
    return done();
  },
  async done({ input }, { signal }, done) {
    if (input.ms) await delay(input.ms, undefined, { signal });
    return done();
  },
};

const processor: Processor<Probe, { attempt: number }> = {
  async process(job, context) {
    const { id, attempt, input } = job;
    note(id, 'started');
    const done = async () => {
      const file = await context.storage.write('answer.txt', 'text/plain', Buffer.from(`attempt ${attempt}`));
      note(id, 'done');
      return { result: { attempt }, files: [file] };
    };
    return (ACTS[input.act] as Act)(job, context, done);
  },
};

const consumer = createConsumer({
  secrets: ['a secret of the tests that is long enough'],
  config,
  contract: probes as never,
  processor: processor as Processor,
  storage: await openStorage(config),
  // A kind without workers, for what is counted over kinds.
  contracts: [probes as never, { ...probes, kind: 'others', idPrefix: 'oth' } as never],
  async beforeFinish(_redis, { id }) {
    appendFileSync(join(config.DATA_DIR, 'finishing'), `${id}\n`);
    if (!existsSync(join(config.DATA_DIR, 'die-at-end'))) return;
    rmSync(join(config.DATA_DIR, 'die-at-end'));
    process.kill(process.pid, 'SIGKILL');
  },
  concurrency: config.IMAGES_CONCURRENCY,
  place,
  log: createLog(config.LOG_LEVEL, 'probes'),
});
closeWithGrace({ delay: config.DRAIN_SECONDS * 1000 + 8000, logger: false }, async ({ err }) => {
  if (err) process.exit(1);
  await consumer.drain(config.DRAIN_SECONDS * 1000);
});
consumer.start();
