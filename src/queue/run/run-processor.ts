import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { type Envelope, openEnvelope } from '../../jobs/options/options.ts';
import type { Outcome, RunContext, RunningJob } from '../../jobs/processor.ts';
import { expiryOf } from '../../jobs/retention/expiry.ts';
import { createSealedFields } from '../../signing/sealed-fields.ts';
import { readInput } from '../../storage/read-input.ts';
import { appendLog } from '../job-log.ts';
import { findFinishedJob, kindOfId } from '../read/read-job.ts';
import { keepForLink } from '../upkeep/holds.ts';
import { acquireHeavySlot } from './bounds/heavy-slots.ts';
import { inputRoom } from './bounds/input-room.ts';
import { createProgressWriter } from './progress.ts';
import type { Run, RunDeps } from './run.ts';
import { createRunStorage, findUpload } from './run-storage.ts';

/** A processor that ignores its signal is left behind after this; the report does not wait for it. */
const IGNORED_SIGNAL_MS = 3000;

/**
 * Runs the kind's processor within the time limit; answers its outcome. Throws the reason of the abort when the run was
 * stopped, expired for a job that came too late, slots_full when there is no room for its input, else what the processor threw.
 */
export async function runProcessor(run: Run, deps: RunDeps): Promise<Outcome<unknown>> {
  const { bullJob, controller } = run;
  const { signal } = controller;
  // A job whose data is of another version is refused below.
  const bytes = (bullJob.data as Partial<Envelope> | null)?.inputFile?.bytes ?? 0;
  const leaveRoom = await inputRoom.enter(bytes, signal);
  const limit = createTimeLimit(deps.contract.timeoutMs(deps.config), controller);
  const progress = createProgressWriter((value) => bullJob.progress(value));
  try {
    const job = await toRunningJob(run, deps);
    const running = deps.processor.process(job, createRunContext(run, deps, { progress: progress.report, limit }));
    return await Promise.race([running, rejectIfIgnored(signal)]);
  } catch (error) {
    // Whatever the processor made of its abort, the reason for it is what happened.
    throw signal.aborted ? signal.reason : error;
  } finally {
    limit.pause();
    leaveRoom();
    await progress.stop();
  }
}

/** A limit of a run's time, which does not count while it is paused. */
interface TimeLimit {
  pause(): void;
  resume(): void;
}

/** Aborts the run with timed_out once it has had its time. */
function createTimeLimit(timeoutMs: number, controller: AbortController): TimeLimit {
  let leftMs = timeoutMs;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  const abort = () =>
    controller.abort(new AppError('timed_out', `The job ran longer than the limit of ${timeoutMs / 1000} seconds.`));
  const limit: TimeLimit = {
    pause() {
      clearTimeout(timer);
      leftMs -= performance.now() - startedAt;
    },
    resume() {
      startedAt = performance.now();
      timer = setTimeout(abort, leftMs);
    },
  };
  limit.resume();
  return limit;
}

/** The job as its processor sees it; throws expired, and invalid_request for a job of another version. */
async function toRunningJob(
  { bullJob, record }: Run,
  { contract, storage, secrets }: RunDeps,
): Promise<RunningJob<unknown>> {
  const envelope = openEnvelope(bullJob.data);
  const expiresAt = expiryOf(envelope.options, contract, record.retriedAt ?? bullJob.timestamp);
  if (expiresAt && expiresAt.getTime() <= now() && contract.expiresAfterMs === undefined) {
    throw new AppError('expired', `The job was useless after ${envelope.options.expiresAt} and had not run by then.`);
  }
  return {
    id: record.jobId,
    caller: envelope.caller,
    ...(envelope.options.priority ? { priority: envelope.options.priority } : {}),
    ...(envelope.traceparent ? { traceparent: envelope.traceparent } : {}),
    attempt: record.attempt,
    retries: record.retries,
    createdAt: new Date(bullJob.timestamp),
    ...(expiresAt ? { expiresAt } : {}),
    input: createSealedFields(secrets).open(
      await findUpload(envelope.inputFile?.key ?? '', readInput(envelope, storage)),
      contract.secretFields,
    ),
    uploads: envelope.uploads,
    ...(envelope.brand ? { brand: envelope.brand } : {}),
    ...(envelope.plan ? { plan: envelope.plan } : {}),
  };
}

function createRunContext(
  run: Run,
  deps: RunDeps,
  { progress, limit }: { progress: RunContext['progress']; limit: TimeLimit },
): RunContext {
  const { record, controller, log, bullJob } = run;
  const { contract, storage, redis, contracts } = deps;
  const { signal } = controller;
  return {
    signal,
    progress,
    storage: createRunStorage(storage, record.jobId, signal),
    jobs: {
      find: (id) => findFinishedJob(redis, contracts, id),
      async keepForLink(id, untilMs) {
        const kind = kindOfId(contracts, id);
        if (kind !== undefined) await keepForLink(redis, { kind, id }, untilMs);
      },
    },
    appendLog: (entry) => appendLog(redis, contract.kind, record.jobId, entry),
    log,
    async acquireHeavySlot() {
      await acquireHeavySlot(redis, contract.kind, record.jobId);
      run.isHeavy = true;
    },
    withoutPlace(work) {
      const { caller } = openEnvelope(bullJob.data);
      return deps.places.withoutPlace({ id: record.jobId, caller, signal, limit }, work);
    },
  };
}

/** Rejects a while after the signal aborted, for a processor that does not listen to it. */
function rejectIfIgnored(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const rejectLater = () => delay(IGNORED_SIGNAL_MS, undefined, { ref: false }).then(() => reject(signal.reason));
    signal.addEventListener('abort', rejectLater, { once: true });
  });
}
