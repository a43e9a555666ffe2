import { now } from '../../clock.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { FLOWS_KIND } from '../../jobs/options/flow.ts';
import type { Redis } from '../../redis/connect.ts';
import { scheduleCallersKey } from '../../schedules/keys.ts';
import type { RunError, Schedule, ScheduledWork, ScheduleRun } from '../../schedules/schedule.ts';
import { readSchedules } from '../../schedules/store.ts';
import { lastTime, nextTimes } from '../../schedules/times/next-times.ts';
import type { ScheduleTimes } from '../../schedules/times-store.ts';

export interface InDoubtDeps {
  contracts: readonly JobContract[];
  /** The moment of the backup (RFC 3339). */
  since: string;
  /** Opens what a schedule runs; null where that can not be read. */
  openWork(schedule: Schedule): ScheduledWork | null;
  times: Pick<ScheduleTimes, 'jobOf' | 'note'>;
}

/**
 * Passes over the times that have come of schedules whose work sends something: another deployment may have run them since a moment.
 * They are entered as missed, with that reason, and each schedule goes on with its next time. Answers how many schedules that are.
 */
export async function passTimesInDoubt(redis: Redis, deps: InDoubtDeps): Promise<number> {
  let passed = 0;
  for (const caller of await redis.smembers(scheduleCallersKey())) {
    for (const schedule of await readSchedules(redis, caller)) if (await passOver(schedule, deps)) passed += 1;
  }
  return passed;
}

/** Whether there were such times of a schedule. */
async function passOver(schedule: Schedule, deps: InDoubtDeps): Promise<boolean> {
  const { dueMs } = schedule;
  const { times } = deps;
  const atMs = now();
  if (dueMs === null || dueMs > atMs || !sends(schedule, deps)) return false;
  const after = async (ms: number) => (await nextTimes(schedule, ms, 1))[0] ?? Number.MAX_SAFE_INTEGER;
  let fromMs = dueMs;
  // What was run by hand before its time came is known.
  while (fromMs <= atMs && (await times.jobOf(schedule, fromMs)) !== null) fromMs = await after(fromMs);
  const isMissed = fromMs <= atMs;
  const runs = isMissed ? [await missedRun(schedule, fromMs, { atMs, error: mayHaveRun(deps) })] : [];
  await times.note(schedule, { runs, moveOn: { fromMs: dueMs, toMs: await after(atMs) } });
  return isMissed;
}

/** The times of a schedule from one until now, as missed. */
async function missedRun(
  schedule: Schedule,
  scheduledMs: number,
  { atMs, error }: { atMs: number; error: RunError },
): Promise<ScheduleRun> {
  const untilMs = (await lastTime(schedule, scheduledMs, atMs)) ?? scheduledMs;
  const several = untilMs > scheduledMs ? { untilMs } : {};
  return { scheduledMs, ...several, atMs, outcome: 'missed', byHand: false, kind: schedule.kind, job: null, error };
}

/** Whether its work sends something, of a flow a step's; also where that can not be read. */
function sends(schedule: Schedule, { contracts, openWork }: InDoubtDeps): boolean {
  const isOutward = (kind: unknown) => contracts.find((one) => one.kind === kind)?.outward !== undefined;
  if (schedule.kind !== FLOWS_KIND) return isOutward(schedule.kind);
  const { steps } = (openWork(schedule)?.body ?? {}) as { steps?: { kind: string }[] };
  return steps?.some(({ kind }) => isOutward(kind)) ?? true;
}

const mayHaveRun = ({ since }: InDoubtDeps): RunError => ({
  code: 'missed',
  detail: `This deployment was restored as of ${since}, and the original may have run this time after that: run it by hand if not.`,
});
