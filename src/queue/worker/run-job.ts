import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from 'bull';
import type { Redis } from 'ioredis';
import type { Config } from '../../config/platform.ts';
import { AppError, toAppError, toProblem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { JobName } from '../../jobs/job-name.ts';
import { type Envelope, type JobOptions, openEnvelope } from '../../jobs/options.ts';
import type { Outcome, Processor } from '../../jobs/processor.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { resultKey, uploadFolders } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { recordEntry } from '../job-log.ts';
import { findFinishedJob, kindOfId } from '../read-job.ts';
import { enterWaiter } from '../upkeep/dependents.ts';
import { enterLane, leaveLane } from './heavy-slots.ts';
import type { Gate } from './isolation.ts';
import { createProgressWriter } from './progress.ts';
import { decideVerdict, RunFailed } from './retry-decision.ts';
import { beginRun, cancelledError, endRun, LockLost, openBooks, type RunBooks } from './run-record.ts';
import { createRunStorage } from './run-storage.ts';
import type { createServiceTime } from './service-time.ts';

/** A processor that ignores its signal is left behind after this; the job's verdict does not wait for it. */
const IGNORED_SIGNAL_MS = 3000;

/** A run under way; aborting its controller stops it, and the reason decides what becomes of the job. */
export interface ActiveRun {
  books: RunBooks;
  controller: AbortController;
  /** Set once it runs as a heavy one. */
  heavy?: true;
}

export interface RunDeps {
  config: Config;
  contract: JobContract;
  processor: Processor;
  storage: Storage;
  /** All kinds: jobs may refer to jobs of another. */
  contracts: readonly JobContract[];
  log: Log;
  redis: Redis;
  workerId: string;
  /** The worker's runs under way, by job id; this run enters and leaves it. */
  active: Map<string, ActiveRun>;
  serviceTime: ReturnType<typeof createServiceTime>;
  /** Hears of every job's end, before it is marked. */
  onEnded?: (redis: Redis, job: StoredJob) => Promise<void>;
  /** Where runs of this worker wait for a suspect to be alone. */
  gate: Gate;
}

/**
 * Runs one job as Bull's handler: books opened, time limited, outcome stored. Throws RunFailed, which tells Bull when
 * to run the job again. A run that lost its lock ends without a trace.
 */
export async function runJob(bullJob: Job, deps: RunDeps): Promise<Outcome<unknown> | undefined> {
  const { redis, contract, workerId, active, gate } = deps;
  const jobId = String(bullJob.id);
  const log = deps.log.child({ job: jobId });
  const begun = performance.now();
  const elapsedMs = () => Math.round(performance.now() - begun);

  const controller = new AbortController();
  let books: RunBooks | null = null;
  let leave: (() => void) | null = null;
  try {
    leave = gate.tryEnter();
    books = await openBooks(redis, contract.kind, jobId, workerId, leave !== null);
    active.set(jobId, { books, controller });
    if (!books.begun) {
      leave?.();
      leave = await gate.enter(books.crashes > 0);
      controller.signal.throwIfAborted();
      await beginRun(redis, books);
    }
    const outcome = await runProcessor(bullJob, books, controller, deps, log);
    if (controller.signal.reason instanceof LockLost) throw controller.signal.reason;
    await tellEnd(
      deps,
      bullJob,
      { state: 'completed', attemptsMade: books.runs, retries: books.retries, outcome },
      log,
    );
    deps.serviceTime.add(elapsedMs());
    log.info({ attempt: books.runs, ms: elapsedMs() }, 'job completed');
    return outcome;
  } catch (thrown) {
    let verdict = decideVerdict(thrown, contract, books?.runs ?? 1);
    const lock = thrown instanceof LockLost ? 'lost' : books ? await endRun(redis, books, verdict) : 'kept';
    if (lock === 'lost') {
      leaveUntouched(bullJob);
      return undefined;
    }
    if (lock === 'cancelled') verdict = decideVerdict(cancelledError(), contract, books?.runs ?? 1);
    logVerdict(log, verdict, books?.runs ?? 1, elapsedMs());
    const waitingFor = verdict.delayMs < 0 ? [] : namesOf(verdict.error.waitingFor, deps.contracts);
    if (waitingFor.length > 0) await enterWaiter(redis, { kind: contract.kind, id: jobId }, waitingFor);
    if (verdict.delayMs < 0) {
      await removeLeftovers(verdict.error, bullJob, deps, log);
      const counted = { attemptsMade: books?.runs ?? 1, retries: books?.retries ?? 0 };
      const state = verdict.error.code === 'cancelled' ? 'cancelled' : 'failed';
      await tellEnd(deps, bullJob, { ...counted, state, error: toProblem(verdict.error) }, log);
    }
    throw new RunFailed(verdict, waitingFor);
  } finally {
    leave?.();
    // A run that lost its job leaves the lane to the run that has it now.
    const left = active.get(jobId)?.heavy && !(controller.signal.reason instanceof LockLost);
    active.delete(jobId);
    if (left) await leaveLane(redis, contract.kind, jobId).catch((err) => log.warn({ err }, 'the lane was not left'));
  }
}

/**
 * Tells the hook how the job ends, before it is marked so: a crash between the two runs the job again rather than
 * forget who waits for it.
 */
async function tellEnd(
  { onEnded, contract, redis }: RunDeps,
  bullJob: Job,
  end: Pick<StoredJob, 'state' | 'attemptsMade' | 'retries'> & Partial<Pick<StoredJob, 'outcome' | 'error'>>,
  log: Log,
): Promise<void> {
  try {
    await onEnded?.(redis, {
      id: String(bullJob.id),
      kind: contract.kind,
      position: null,
      envelope: bullJob.data as Envelope,
      progress: null,
      createdAt: bullJob.timestamp,
      startedAt: bullJob.processedOn ?? null,
      finishedAt: Date.now(),
      outcome: null,
      error: null,
      waitingFor: [],
      waits: false,
      ...end,
    });
  } catch (err) {
    log.error({ err }, 'the end of the job could not be told');
  }
}

async function runProcessor(
  bullJob: Job,
  books: RunBooks,
  controller: AbortController,
  { contract, processor, storage, config, redis, contracts, active }: RunDeps,
  log: Log,
): Promise<Outcome<unknown>> {
  const { signal } = controller;
  const envelope = openEnvelope(bullJob.data);
  const expiresAt = expiryOf(envelope.options, contract, books.retriedAt ?? bullJob.timestamp);
  if (expiresAt && expiresAt.getTime() <= Date.now() && contract.expiresAfterMs === undefined) {
    throw new AppError('expired', `The job was useless after ${envelope.options.expiresAt} and had not run by then.`);
  }
  const timeoutMs = contract.timeoutMs(config);
  const timer = setTimeout(() => {
    controller.abort(new AppError('timed_out', `The job ran longer than the limit of ${timeoutMs / 1000} seconds.`));
  }, timeoutMs);
  const progress = createProgressWriter((value) => bullJob.progress(value));
  try {
    const running = processor.process(
      {
        id: books.jobId,
        caller: envelope.caller,
        attempt: books.runs,
        retries: books.retries,
        createdAt: new Date(bullJob.timestamp),
        ...(expiresAt ? { expiresAt } : {}),
        input: await readInput(envelope, storage),
        uploads: envelope.uploads,
      },
      {
        signal,
        progress: progress.report,
        storage: createRunStorage(storage, books.jobId, signal),
        jobs: { find: (id) => findFinishedJob(redis, contracts, id) },
        appendLog: (entry) => recordEntry(redis, contract.kind, books.jobId, entry),
        log,
        async acquireHeavySlot() {
          await enterLane(redis, contract.kind, books.jobId);
          const run = active.get(books.jobId);
          if (run) run.heavy = true;
        },
      },
    );
    return await Promise.race([running, ignoredSignal(signal)]);
  } catch (error) {
    // Whatever the processor made of its abort, the reason for it is what happened.
    throw signal.aborted ? signal.reason : error;
  } finally {
    clearTimeout(timer);
    await progress.stop();
  }
}

/** When a job becomes useless that was queued, or run again by hand, at `queuedAt` (ms); null for never. */
function expiryOf(
  { expiresAt, runAt }: JobOptions,
  { expiresAfterMs }: Pick<JobContract, 'expiresAfterMs'>,
  queuedAt: number,
): Date | null {
  if (expiresAt) return new Date(expiresAt);
  if (expiresAfterMs === undefined) return null;
  return new Date(Math.max(queuedAt, runAt ? Date.parse(runAt) : 0) + expiresAfterMs);
}

/** The input, from storage when it was too large for Redis. */
const readInput = async ({ input, inputFile }: Envelope, storage: Storage): Promise<unknown> =>
  inputFile ? JSON.parse((await storage.read(inputFile.key)).toString()) : input;

/** Rejects a while after the signal aborted, for a processor that does not listen to it. */
function ignoredSignal(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => delay(IGNORED_SIGNAL_MS, undefined, { ref: false }).then(() => reject(signal.reason)),
      {
        once: true,
      },
    );
  });
}

/** A failed job keeps no half result, and no upload that no run could ever use. */
async function removeLeftovers(error: AppError, bullJob: Job, { storage }: RunDeps, log: Log): Promise<void> {
  const uploads = error.uploadUseless ? uploadFolders(bullJob.data as Envelope) : [];
  const keys = [resultKey(String(bullJob.id)), ...uploads];
  await Promise.all(keys.map((key) => storage.remove(key))).catch((err) => log.warn({ err }, 'files left behind'));
}

const namesOf = (ids: string[], contracts: readonly JobContract[]): JobName[] =>
  ids.flatMap((id) => {
    const kind = kindOfId(contracts, id);
    return kind ? [{ kind, id }] : [];
  });

/**
 * Keeps Bull from writing anything for a run that lost its job: its next step would overwrite the failure reason and
 * attempt count of the run that has the job now.
 */
function leaveUntouched(bullJob: Job): void {
  const nothing = async () => null;
  Object.assign(bullJob, { moveToCompleted: nothing, moveToFailed: nothing });
}

function logVerdict(log: Log, { error, delayMs }: ReturnType<typeof decideVerdict>, attempt: number, ms: number) {
  const facts = { attempt, ms, code: error.code, ...(delayMs >= 0 ? { againInMs: delayMs } : {}) };
  const err = error.cause ?? error;
  if (error.code === 'internal') log.error({ ...facts, err }, 'job failed by a fault of ours');
  else if (delayMs < 0) log.warn({ ...facts, err: toAppError(error).message }, 'job failed');
  else log.info({ ...facts, err: error.message }, 'job will run again');
}
