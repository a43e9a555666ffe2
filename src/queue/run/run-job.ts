import type { Job } from 'bull';
import { now } from '../../clock.ts';
import { type AppError, type ErrorCode, toProblem } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { JobName } from '../../jobs/job-name.ts';
import { attemptsOf, type Envelope } from '../../jobs/options/options.ts';
import type { Outcome } from '../../jobs/processor.ts';
import { newStoredJob, type StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { resultKey, uploadFolders } from '../../storage/keys.ts';
import { cancelledError } from '../cancelled-error.ts';
import { isFlow } from '../flows/stop-flow.ts';
import { noteLaterJob } from '../host-reports.ts';
import { kindOfId } from '../read/read-job.ts';
import { addDependent } from '../upkeep/dependents.ts';
import type { TakenJob } from '../worker/taker.ts';
import { releaseHeavySlot } from './bounds/heavy-slots.ts';
import type { Pass } from './bounds/isolation.ts';
import { watchStandstill } from './bounds/standstill.ts';
import { completeByRun } from './complete-job.ts';
import { LockLost } from './lock-state.ts';
import { decideRetry, type RetryDecision, RunFailed } from './retry-decision.ts';
import type { Run, RunDeps } from './run.ts';
import { runProcessor } from './run-processor.ts';
import { claimRun, finishRun, forgetFaults, recordReturn, startRun } from './run-record.ts';

/**
 * Runs one job as Bull's handler: claims it, runs the processor, reports success or failure. Throws RunFailed, which
 * tells Bull when to run the job again. A run that lost its lock ends without a trace.
 */
export async function runJob(bullJob: Job, taken: TakenJob, deps: RunDeps): Promise<Outcome<unknown> | undefined> {
  const { pass } = taken;
  const run = await claim(bullJob, taken, deps);
  deps.active.set(run.record.jobId, run);
  try {
    await start(run, deps, pass);
    const outcome = await runProcessor(run, deps);
    if (isLockLost(run)) throw run.controller.signal.reason;
    await reportSuccess(run, deps, outcome);
    return outcome;
  } catch (thrown) {
    return await reportFailure(run, deps, thrown);
  } finally {
    run.standstill.stop();
    pass.leave();
    deps.active.delete(run.record.jobId);
    await releaseSlot(run, deps);
  }
}

/**
 * Claims the job where that was not done as it was taken; throws RunFailed when that fails: no attempt is used, since the run
 * has not started.
 */
async function claim(bullJob: Job, taken: TakenJob, deps: RunDeps): Promise<Run> {
  const { redis, contract, workerId } = deps;
  const jobId = String(bullJob.id);
  const { requestId } = (bullJob.data ?? {}) as Partial<Envelope>;
  const log = deps.log.child(requestId === undefined ? { job: jobId } : { job: jobId, requestId });
  const takenAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - takenAt);
  try {
    const record = await claimRun({ redis, kind: contract.kind, workerId, taken });
    const standstill = watchStandstill();
    return { bullJob, record, controller: new AbortController(), log, elapsedMs, standstill, isHeavy: false };
  } catch (thrown) {
    taken.pass.leave();
    const decision = decideRetry(thrown, { ...contract, attempts: Number.POSITIVE_INFINITY }, 1);
    logDecision(log, decision, { attempt: 1, ms: elapsedMs() });
    throw new RunFailed(decision);
  }
}

/** Starts a run that did not start with its claim, isolated where the job's worker has died before. */
async function start({ record, controller }: Run, { redis }: RunDeps, pass: Pass): Promise<void> {
  if (record.started) return;
  await pass.enter(record.crashes + record.stalls > 0);
  controller.signal.throwIfAborted();
  await startRun(redis, record);
}

async function reportSuccess(run: Run, deps: RunDeps, outcome: Outcome<unknown>): Promise<void> {
  await callBeforeFinish(run, deps, { state: 'completed', outcome });
  completeByRun(run, deps, outcome);
  deps.serviceTime.add(run.elapsedMs());
  run.log.info({ attempt: run.record.attempt, ms: run.elapsedMs() }, 'job completed');
}

/** Finishes the run and throws RunFailed; does nothing for a run that has lost its lock. */
async function reportFailure(run: Run, deps: RunDeps, thrown: unknown): Promise<undefined> {
  const { record, bullJob, log } = run;
  const attempts = attemptsOf((bullJob.data ?? {}) as Partial<Envelope>, deps.contract);
  const decide = (reason: unknown) => decideRetry(reason, { ...deps.contract, attempts }, record.attempt);
  const lock = thrown instanceof LockLost ? 'lost' : await finishRun(deps.redis, record, decide(thrown), deps.by);
  if (lock === 'lost') {
    leaveUntouched(bullJob);
    await noteReturn(run, deps);
    return undefined;
  }
  const decision = decide(lock === 'cancelled' ? cancelledError() : thrown);
  logDecision(log, decision, { attempt: record.attempt, ms: run.elapsedMs() });
  if (decision.delayMs < 0) {
    await reportEnd(run, deps, decision.error);
    throw new RunFailed(decision);
  }
  if (deps.contract.conducts) await forgetFaults(deps.redis, record, decision);
  if (decision.error.code === 'later_version') await tellLater(run, deps);
  const waitingFor = namesOf(decision.error.waitingFor, deps.contracts);
  if (waitingFor.length > 0) await addDependent(deps.redis, { kind: record.kind, id: record.jobId }, waitingFor);
  throw new RunFailed(decision, waitingFor);
}

/** Has operators told of a job that waits for workers of a later version. */
const tellLater = ({ record: { kind, jobId }, log }: Run, { redis }: RunDeps): Promise<void> =>
  noteLaterJob(redis, { kind, job: jobId }).catch((err) => log.debug({ err }, 'the later version was not noted'));

/** Tells that this worker is alive, whose run has lost its job: it was not the job that killed it. */
async function noteReturn({ record, standstill, log }: Run, { redis }: RunDeps): Promise<void> {
  const stoodStill = standstill.stoodStill();
  if (stoodStill) log.warn('this worker stood still: the job runs elsewhere');
  await recordReturn(redis, record, stoodStill).catch((err) => log.debug({ err }, 'the return was not recorded'));
}

async function reportEnd(run: Run, deps: RunDeps, error: AppError): Promise<void> {
  await removeFiles(run, deps, error);
  const state = error.code === 'cancelled' ? 'cancelled' : 'failed';
  await callBeforeFinish(run, deps, { state, error: toProblem(error) });
}

/**
 * Calls the hook before Bull marks the job finished: a crash between the two runs the job again rather than forget its
 * callback. Logs what the hook throws; the job ends all the same.
 */
async function callBeforeFinish(
  { bullJob, record, log }: Run,
  { beforeFinish, redis }: RunDeps,
  end: Pick<StoredJob, 'state'> & Partial<Pick<StoredJob, 'outcome' | 'error'>>,
): Promise<void> {
  const job = newStoredJob({
    id: record.jobId,
    kind: record.kind,
    envelope: bullJob.data as Envelope,
    attemptsMade: record.attempt,
    retries: record.retries,
    retriedAt: record.retriedAt,
    createdAt: bullJob.timestamp,
    startedAt: bullJob.processedOn ?? null,
    finishedAt: now(),
    ...end,
  });
  try {
    await beforeFinish?.(redis, job);
  } catch (err) {
    log.error({ err }, 'the callback of the job could not be queued');
  }
}

/** Removes the half result of a failed job, and an upload that no run could ever use. The rows of a flow are no result. */
async function removeFiles({ bullJob, record, log }: Run, { storage }: RunDeps, error: AppError): Promise<void> {
  const envelope = bullJob.data as Envelope;
  const uploads = error.uploadUseless ? uploadFolders(envelope) : [];
  const keys = [...(isFlow({ envelope }) ? [] : [resultKey(record.jobId)]), ...uploads];
  await Promise.all(keys.map((key) => storage.remove(key))).catch((err) => log.warn({ err }, 'files left behind'));
}

/** Releases the run's heavy slot; a run that lost its job leaves the slot to the run that has it now. */
async function releaseSlot(run: Run, { redis }: RunDeps): Promise<void> {
  if (!run.isHeavy || isLockLost(run)) return;
  const { kind, jobId } = run.record;
  await releaseHeavySlot(redis, kind, jobId).catch((err) => run.log.warn({ err }, 'heavy slot not released'));
}

const isLockLost = ({ controller }: Run): boolean => controller.signal.reason instanceof LockLost;

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

/** What keeps a job from running until an operator mends it. */
const OPERATORS_MATTER: readonly ErrorCode[] = ['upload_missing', 'later_version'];

function logDecision(log: Log, { error, delayMs }: RetryDecision, counts: { attempt: number; ms: number }): void {
  const facts = { ...counts, code: error.code, ...(delayMs >= 0 ? { againInMs: delayMs } : {}) };
  if (error.code === 'internal') log.error({ ...facts, err: error.cause ?? error }, 'job failed by a fault of ours');
  else if (delayMs < 0) log.warn({ ...facts, err: error.message }, 'job failed');
  else
    log[OPERATORS_MATTER.includes(error.code) ? 'warn' : 'info'](
      { ...facts, err: error.message },
      'job will run again',
    );
}
