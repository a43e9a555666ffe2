import { now } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import type { RunContext } from '../../src/jobs/processor.ts';
import type { WebhookInput } from './job.ts';

/** The end is marked some milliseconds after its webhook is queued; after a crash it takes longer. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 15_000;

/**
 * Passes once the job shows the end that the webhook tells of. Throws AppError: waiting_for_job while it does not (no
 * attempt is used), and cancelled when it never will: the run before a crash was repeated and ended otherwise, or the
 * job was run again or erased.
 */
export async function awaitEnd(
  { event, job, end }: WebhookInput,
  queuedAt: Date,
  { jobs }: Pick<RunContext, 'jobs'>,
): Promise<void> {
  if (!end || job === undefined) return;
  const { state, createdAt, retries } = await jobs.find(job);
  if (state === 'missing' || createdAt !== end.createdAt) throw drop('is gone');
  if (retries !== end.retries) throw drop('was run again: its next end is told');
  if (state === 'pending') {
    const waitedMs = now() - queuedAt.getTime();
    const lookMs = Math.min(Math.max(FIRST_LOOK_MS, waitedMs / 4), LONGEST_LOOK_MS);
    throw new AppError('waiting_for_job', `The end of the job ${job} can not be read yet.`, {
      retryAfterSeconds: lookMs / 1000,
      waitingFor: [job],
    });
  }
  if (event.split('.')[1] !== state) throw drop(`ended as ${state} after all: that is told`);
}

const drop = (why: string) => new AppError('cancelled', `Not sent (any more): the job that it tells of ${why}.`);
