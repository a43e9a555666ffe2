import { now } from '../../src/clock.ts';
import {
  BATCH_BODY_FIELD,
  BATCH_OPEN_FIELD,
  BATCH_OPEN_MS,
  BATCH_SCAN_FIELD,
  BATCH_STATES_FIELD,
  type BatchState,
  readBatchStates,
  writeBatchStates,
} from '../../src/endpoints/batch.ts';
import { AppError } from '../../src/errors.ts';
import type { JobFields } from '../../src/jobs/job-fields.ts';
import type { FinishedJob, RunContext, RunningJob } from '../../src/jobs/processor.ts';
import type { WebhookInput } from './job.ts';

/** Jobs that are looked at together. */
const TOGETHER = 50;
/** Between these all jobs of a batch are looked at: one that is erased by age is told as it ended. */
const SCAN_EVERY_MS = 600_000;
const LONGEST_LOOK_SECONDS = 300;

interface Known {
  ids: readonly string[];
  states: BatchState[];
  /** What the last look at those that ended found, by id. */
  ends: Map<string, Pick<FinishedJob, 'error' | 'files'>>;
}

/**
 * Passes once all jobs of the webhook's batch have ended; answers what is sent, the same in every attempt. Throws
 * waiting_for_job while one has not (no attempt is used), and cancelled where the batch has no job.
 */
export async function awaitBatch(
  { id, input, createdAt }: RunningJob<WebhookInput>,
  { jobs }: Pick<RunContext, 'jobs'>,
  { jobFields, base }: { jobFields: JobFields; base: string },
): Promise<string> {
  const ids = input.batch?.jobs ?? [];
  const fields = [BATCH_BODY_FIELD, BATCH_STATES_FIELD, BATCH_SCAN_FIELD, BATCH_OPEN_FIELD];
  const [made, text = null, scannedAt, openAt] = await jobFields.read(id, fields);
  if (made) return made;
  const closed = readBatchStates(text, ids.length);
  // One that was closed is open again while its request is repeated: the first may have died before all was queued.
  const openedAt = Math.max(closed ? 0 : createdAt.getTime(), Number(openAt ?? 0));
  const leftMs = openedAt + BATCH_OPEN_MS - now();
  if (leftMs > 0) throw wait([], leftMs / 1000);
  const known: Known = { ids, states: closed ?? ids.map(() => 'refused'), ends: new Map() };
  const isScan = now() - Number(scannedAt ?? 0) >= SCAN_EVERY_MS;
  // The last look is at all: one may have been run again.
  let pending = await look(known, jobs, isScan || !closed);
  pending ??= await look(known, jobs, true);
  const set = {
    [BATCH_STATES_FIELD]: writeBatchStates(known.states),
    ...(isScan ? { [BATCH_SCAN_FIELD]: String(now()) } : {}),
  };
  if (pending !== null) {
    await jobFields.change(id, { set });
    const waitedSeconds = (now() - createdAt.getTime()) / 1000;
    throw wait([pending], Math.min(Math.max(1, waitedSeconds / 8), LONGEST_LOOK_SECONDS));
  }
  const body = writeBody(input.batch, known, base);
  if (body === null) throw new AppError('cancelled', 'Not sent: no job of the batch was accepted.');
  await jobFields.change(id, { set: { ...set, [BATCH_BODY_FIELD]: body } });
  return body;
}

/** Looks at jobs whose end is not known, up to the first that is pending, or at all; answers the first pending one. */
async function look({ ids, states, ends }: Known, jobs: RunContext['jobs'], atAll: boolean): Promise<string | null> {
  let pending: string | null = null;
  const asked = ids.flatMap((id, index) => (atAll || states[index] === 'pending' ? [{ id, index }] : []));
  for (let first = 0; first < asked.length; first += TOGETHER) {
    const some = asked.slice(first, first + TOGETHER);
    const found = await Promise.all(some.map(({ id }) => jobs.find(id)));
    for (const [place, { id, index }] of some.entries()) {
      const job = found[place] as FinishedJob;
      states[index] = stateOf(job.state, states[index] as BatchState);
      ends.set(id, job);
      if (states[index] === 'pending') pending ??= ids[index] ?? null;
    }
    if (pending !== null && !atAll) break;
  }
  return pending;
}

/** One that is gone has ended as it was seen; one that was never there was refused. */
function stateOf(found: FinishedJob['state'], known: BatchState): BatchState {
  if (found !== 'missing' && found !== 'evicted') return found;
  return known === 'pending' ? 'erased' : known;
}

/** Writes what is sent; null where there is nothing to tell of. */
function writeBody(batch: WebhookInput['batch'], { ids, states, ends }: Known, base: string): string | null {
  const jobs = ids.flatMap((id, index) => {
    const state = states[index];
    if (state === undefined || state === 'refused') return [];
    const { error, files = [] } = ends.get(id) ?? {};
    return [{ id, state, ...(state === 'failed' && error ? { error } : {}), files: files.length }];
  });
  if (jobs.length === 0) return null;
  const count = (wanted: BatchState): number => jobs.filter(({ state }) => state === wanted).length;
  const counts = {
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    erased: count('erased'),
  };
  const { id, kind = '' } = batch ?? {};
  const links = { self: `${base}/v1/batches/${id}`, results: `${base}/v1/results.zip?batch=${id}` };
  // Those that were queued by the version before have no id.
  const named = id === undefined ? { kind } : { id, kind };
  const data = { ...named, total: jobs.length, counts, jobs, ...(id === undefined ? {} : { links }) };
  return JSON.stringify({ type: 'batch.completed', timestamp: new Date(now()).toISOString(), data });
}

const wait = (waitingFor: string[], retryAfterSeconds: number) =>
  new AppError('waiting_for_job', 'Jobs of the batch have not ended.', { retryAfterSeconds, waitingFor });
