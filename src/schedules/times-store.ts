import type { Guards } from '../redis/guards.ts';
import type { Redis } from '../redis/script.ts';
import {
  dueKeys,
  memberOf,
  scheduleDueKey,
  scheduleKey,
  scheduleLookKey,
  scheduleRunsKey,
  splitMember,
} from './keys.ts';
import { parseSchedule, type RunError, type Schedule, type ScheduleRun } from './schedule.ts';
import { noteRunsScript, takeDueScript, tryLaterScript } from './scripts/run-schedule.ts';

/** What tells a schedule from all others, and from one that is made under its name later; and the kind of what it makes. */
export type ScheduleName = Pick<Schedule, 'caller' | 'name' | 'madeAt' | 'kind'>;

/** What became of times, to be entered. */
export interface NotedRuns {
  runs: readonly ScheduleRun[];
  /** The due time that was read, and the one that follows it; absent where it is not about the due time. */
  moveOn?: { fromMs: number; toMs: number };
  /** Whether the work was refused for good; absent where nothing is to be counted. */
  isRefused?: boolean;
}

/** The times of the schedules of all callers: those that have come, and what became of them. */
export interface ScheduleTimes {
  /** Reads what became of its times, what was entered last first. */
  runs(caller: string, name: string, most: number): Promise<ScheduleRun[]>;
  /**
   * Takes up to so many schedules whose time has come, so that no other process looks at them for `forMs`. Answers them, and Redis'
   * time (ms).
   */
  takeDue(most: number, forMs: number): Promise<{ nowMs: number; schedules: Schedule[] }>;
  /** The job that a time (ms) made, kept or not; null where it made none that is known. */
  jobOf(schedule: ScheduleName, timeMs: number): Promise<string | null>;
  /** Enters times that are over; whether it moved on to the next. Nothing is done for one that was removed or made anew. */
  note(schedule: ScheduleName, noted: NotedRuns): Promise<boolean>;
  /** Notes that a time (`forMs`) could not be run yet, and in how many ms it is tried again. */
  tryLater(schedule: Schedule, tried: { forMs: number; why: RunError; waitMs: number }): Promise<void>;
  /** How many are not paused, and the earliest time (ms) that is to be run next; null where there is none. */
  readDue(): Promise<{ count: number; earliestMs: number | null }>;
}

/** Opens them over any connection to Redis. */
export function createScheduleTimes(redis: Redis, { read, write }: Guards): ScheduleTimes {
  return {
    runs: read(async (caller, name, most) => {
      const all = Object.values(await redis.hgetall(scheduleRunsKey(caller, name)));
      const runs = all.map((text) => JSON.parse(text) as ScheduleRun);
      // A time that was run by hand before it comes is not the last for as long as that.
      const byEntry = (one: ScheduleRun, other: ScheduleRun) =>
        other.atMs - one.atMs || other.scheduledMs - one.scheduledMs;
      return runs.sort(byEntry).slice(0, most);
    }),
    jobOf: read(async ({ caller, name }, timeMs) => {
      const text = await redis.hget(scheduleRunsKey(caller, name), String(timeMs));
      return text === null ? null : (JSON.parse(text) as ScheduleRun).job;
    }),
    takeDue: read(async (most, forMs) => {
      const [time, ...members] = (await takeDueScript(redis, [scheduleLookKey()], [most, forMs])) as string[];
      const found = await Promise.all(
        members.map((member) => {
          const { caller, name } = splitMember(member);
          return readSchedule(redis, caller, name);
        }),
      );
      return { nowMs: Number(time), schedules: found.filter((one) => one !== null) };
    }),
    note: write(async (_isRepeated, { caller, name, madeAt }, { runs, moveOn, isRefused }) => {
      const keys = [scheduleKey(caller, name), scheduleRunsKey(caller, name), ...dueKeys()];
      const counted = isRefused === undefined ? '' : Number(isRefused);
      const entries = runs.flatMap((run) => [run.scheduledMs, JSON.stringify(run)]);
      const args = [memberOf(caller, name), madeAt, moveOn?.fromMs ?? '', moveOn?.toMs ?? '', counted, ...entries];
      return (await noteRunsScript(redis, keys, args)) === 1;
    }),
    tryLater: write(async (_isRepeated, { caller, name, dueMs }, { forMs, why, waitMs }) => {
      const args = [memberOf(caller, name), dueMs ?? '', forMs, JSON.stringify(why), waitMs];
      await tryLaterScript(redis, [scheduleKey(caller, name), scheduleLookKey()], args);
    }),
    readDue: read(async () => {
      const [count, [, earliest]] = await Promise.all([
        redis.zcard(scheduleDueKey()),
        redis.zrange(scheduleDueKey(), 0, 0, 'WITHSCORES'),
      ]);
      return { count, earliestMs: earliest === undefined ? null : Number(earliest) };
    }),
  };
}

/** Reads a schedule; null when there is none. */
export const readSchedule = async (redis: Redis, caller: string, name: string): Promise<Schedule | null> =>
  parseSchedule(caller, name, await redis.hgetall(scheduleKey(caller, name)));
