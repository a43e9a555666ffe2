import { toAppError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { PausedReason, RunError, Schedule, ScheduleRun } from './schedule.ts';
import type { Schedules } from './store.ts';
import { lastTime, nextTimes } from './times/next-times.ts';

/** A time that passed so long ago was missed; before that it is only late: a restart misses nothing. */
export const GRACE_MS = 60_000;
/** For so long a time is tried that could not be run: the queue was full, a quota used up. */
const TRIED_FOR_MS = 3_600_000;
/** A key that is not there may be in a moment: processes with other settings start one after the other. */
const KEY_TRIED_FOR_MS = 60_000;
/** A process that takes a schedule and dies leaves it to the others after this. */
const TAKEN_FOR_MS = 5000;
/** Schedules that are looked at together. */
const TOGETHER = 10;
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 60_000;

/** Asks for the work of a schedule at a time (ms), on behalf of its caller: the same job whenever it is asked. Rejects as a POST would. */
export type AskForRun = (schedule: Schedule, timeMs: number) => Promise<{ job: string }>;

export interface RunnerDeps {
  schedules: Pick<Schedules, 'takeDue' | 'jobOf' | 'note' | 'tryLater' | 'pause'>;
  ask: AskForRun;
  log: Log;
}

/** What is to be done about the times of a schedule that have come. */
export interface Decision {
  /** The time that is run; null for none. */
  runMs: number | null;
  /** The first and the last of those that were missed. */
  missed: { fromMs: number; untilMs: number } | null;
  /** The time after all of them. */
  nextMs: number;
}

/**
 * Decides what is done about a schedule whose due time has come: the last time that has come is run, unless it was missed and is to be
 * skipped; those before it were missed.
 */
export async function decide(schedule: Schedule, dueMs: number, nowMs: number): Promise<Decision> {
  const { missed, trying } = schedule;
  const last = (await lastTime(schedule, dueMs, nowMs)) ?? dueMs;
  const isMissed = nowMs - last > GRACE_MS && trying?.forMs !== last;
  const runMs = isMissed && missed === 'skip' ? null : last;
  const before = last > dueMs ? await lastTime(schedule, dueMs, last - 1) : null;
  const untilMs = runMs === null ? last : before;
  const [nextMs = Number.MAX_SAFE_INTEGER] = await nextTimes(schedule, Math.max(nowMs, last), 1);
  return { runMs, missed: untilMs === null ? null : { fromMs: dueMs, untilMs }, nextMs };
}

/**
 * Makes the step that runs all schedules whose time has come. The work is asked for first, under an id that follows from the time; then the
 * due time moves on, if nobody has moved it meanwhile. Wherever a process dies, another one comes to the same job.
 */
export function createScheduleRunner({ schedules, ask, log }: RunnerDeps): (signal: AbortSignal) => Promise<void> {
  /** Runs one whose time has come. */
  const run = async (schedule: Schedule, nowMs: number): Promise<void> => {
    const { dueMs } = schedule;
    if (dueMs === null || dueMs > nowMs) return;
    const { runMs, missed, nextMs } = await decide(schedule, dueMs, nowMs);
    const runs = missed ? [missedRun(schedule, missed, nowMs)] : [];
    const moveOn = { fromMs: dueMs, toMs: nextMs };
    if (runMs === null) {
      await schedules.note(schedule, { runs, moveOn });
      return;
    }
    if ((await schedules.jobOf(schedule, runMs)) !== null) {
      // By hand, or by a process that died: also where the job was erased since.
      await schedules.note(schedule, { runs, moveOn });
      return;
    }
    const entry = { scheduledMs: runMs, atMs: nowMs, byHand: false, kind: schedule.kind };
    const outcome = await tryRun(schedule, runMs);
    if ('job' in outcome) {
      runs.push({ ...entry, outcome: 'accepted', job: outcome.job, error: null });
      await schedules.note(schedule, { runs, moveOn, isRefused: false });
      return;
    }
    const { error, triedForMs, pauses } = outcome;
    const facts = { schedule: schedule.name, caller: schedule.caller, code: error.code };
    const waited = schedule.trying?.forMs === runMs ? nowMs - schedule.trying.sinceMs : 0;
    if (waited < triedForMs) {
      // Of those before it nothing is entered yet: all of them come up again.
      const waitMs = Math.min(Math.max(FIRST_WAIT_MS, waited), LONGEST_WAIT_MS);
      await schedules.tryLater(schedule, { forMs: runMs, why: error, waitMs });
      log.debug(facts, 'a schedule could not be run yet');
      return;
    }
    log.warn(facts, 'a schedule could not be run');
    runs.push({ ...entry, outcome: triedForMs > 0 && !pauses ? 'missed' : 'refused', job: null, error });
    await schedules.note(schedule, { runs, moveOn, isRefused: true });
    if (pauses) await schedules.pause(schedule, pauses);
  };

  /** Asks for the work of a time; answers why it could not be had, and for how long it is tried again. */
  const tryRun = async (
    schedule: Schedule,
    timeMs: number,
  ): Promise<{ job: string } | { error: RunError; triedForMs: number; pauses: PausedReason | null }> => {
    try {
      return await ask(schedule, timeMs);
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal') log.error({ err: thrown, schedule: schedule.name }, 'a schedule could not be run');
      const { code, message: detail, retryable } = error;
      if (code === 'unauthorized') {
        return { error: { code, detail }, triedForMs: KEY_TRIED_FOR_MS, pauses: 'key_revoked' };
      }
      const pauses = code === 'forbidden' ? code : null;
      return { error: { code, detail }, triedForMs: retryable ? TRIED_FOR_MS : 0, pauses };
    }
  };

  return async (signal) => {
    for (let more = true; more && !signal.aborted; ) {
      const { nowMs, schedules: due } = await schedules.takeDue(TOGETHER, TAKEN_FOR_MS);
      const done = await Promise.allSettled(due.map((schedule) => run(schedule, nowMs)));
      const failed = done.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      more = due.length === TOGETHER;
    }
  };
}

const NOT_RUNNING: RunError = { code: 'missed', detail: 'Heavylift was not running when this time came.' };

const missedRun = (
  { kind, trying }: Schedule,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
  nowMs: number,
): ScheduleRun => ({
  scheduledMs: fromMs,
  atMs: nowMs,
  outcome: 'missed',
  byHand: false,
  kind,
  job: null,
  ...(untilMs > fromMs ? { untilMs } : {}),
  error: trying && trying.forMs >= fromMs && trying.forMs <= untilMs ? trying.why : NOT_RUNNING,
});
