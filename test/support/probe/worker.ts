import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { AppError } from '../../../src/errors.ts';
import { findJobFile } from '../../../src/jobs/job-file.ts';
import type { Processor } from '../../../src/jobs/processor.ts';
import { createLog } from '../../../src/log.ts';
import { createConsumer } from '../../../src/queue/worker/consumer.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { loadConfigOrExit } from '../../../workers/config.ts';
import { probes } from './job.ts';

/**
 * A worker of the probe kind. Each step of a run is a line in DATA_DIR/journal, `<job> <what> <pid>`, written before
 * the step: the tests' latch. A waiting job goes on when the file DATA_DIR/go exists. The worker dies as it tells a
 * job's end when DATA_DIR/die-at-end exists.
 */
const config = loadConfigOrExit();
const journal = join(config.DATA_DIR, 'journal');
const note = (id: string, what: string) => appendFileSync(journal, `${id} ${what} ${process.pid}\n`);

const processor: Processor<{ act: string; ms?: number; job?: string }, { attempt: number }> = {
  async process({ id, input, attempt }, { signal, progress, storage, jobs, acquireHeavySlot }) {
    note(id, 'begun');
    const done = async () => {
      const file = await storage.write('answer.txt', 'text/plain', Buffer.from(`attempt ${attempt}`));
      note(id, 'done');
      return { result: { attempt }, files: [file] };
    };
    switch (input.act) {
      case 'heavy':
      case 'wait':
        if (input.act === 'heavy') {
          await acquireHeavySlot?.();
          note(id, 'entered');
        }
        while (!existsSync(join(config.DATA_DIR, 'go'))) {
          await delay(20, undefined, { signal }).catch(() => {});
          if (signal.aborted) {
            note(id, `stopped:${(signal.reason as Partial<AppError>).code ?? 'lost'}`);
            throw new Error('the wait was cut short');
          }
        }
        return done();
      case 'deaf':
        return new Promise(() => {});
      case 'fail':
        throw new Error('a bug with a /secret/path in its message');
      case 'flaky':
        if (attempt < 3) throw new AppError('mail_deferred', 'Not this time.', { retryAfterSeconds: 0.05 });
        return done();
      case 'refuse':
        throw new AppError('image_unreadable', 'The image could not be decoded.');
      case 'crash':
        process.kill(process.pid, 'SIGKILL');
        return new Promise(() => {});
      case 'not-yet':
        if (!existsSync(join(config.DATA_DIR, 'go'))) {
          throw new AppError('waiting_for_job', 'The other job is not done.', { retryAfterSeconds: 0.05 });
        }
        return done();
      case 'after':
        await findJobFile({ job: input.job ?? '' }, { jobs });
        return done();
      case 'progress':
        for (let step = 1; step <= 4; step += 1) progress({ percent: step * 25, done: step, total: 4, unit: 'steps' });
        while (!existsSync(join(config.DATA_DIR, 'go'))) await delay(20);
        return done();
      default:
        if (input.ms) await delay(input.ms, undefined, { signal });
        return done();
    }
  },
};

const consumer = createConsumer({
  config,
  contract: probes as never,
  processor: processor as Processor,
  storage: await openStorage(config),
  contracts: [probes as never],
  async beforeFinish() {
    if (!existsSync(join(config.DATA_DIR, 'die-at-end'))) return;
    rmSync(join(config.DATA_DIR, 'die-at-end'));
    process.kill(process.pid, 'SIGKILL');
  },
  concurrency: config.IMAGES_CONCURRENCY,
  log: createLog(config.LOG_LEVEL, 'probes'),
});
closeWithGrace({ delay: config.DRAIN_SECONDS * 1000 + 8000, logger: false }, async ({ err }) => {
  if (err) process.exit(1);
  await consumer.drain(config.DRAIN_SECONDS * 1000);
});
consumer.start();
