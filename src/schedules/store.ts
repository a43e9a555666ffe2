import { AppError } from '../errors.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import type { Redis } from '../redis/script.ts';
import { createSealedTokens } from '../signing/sealed-token.ts';
import type { Secrets } from '../signing/secret.ts';
import {
  dueKeys,
  memberOf,
  scheduleCallersKey,
  scheduleKey,
  scheduleNamesKey,
  scheduleRunsKey,
  splitMember,
} from './keys.ts';
import type { PausedReason, Schedule, ScheduledWork, ScheduleSettings } from './schedule.ts';
import {
  pauseScheduleScript,
  putScheduleScript,
  removeScheduleScript,
  resumeScheduleScript,
} from './scripts/put-schedule.ts';
import { createScheduleTimes, readSchedule, type ScheduleName, type ScheduleTimes } from './times-store.ts';

const PURPOSE = 'schedules';

/** A schedule that is to be put. */
export interface GivenSchedule extends ScheduleSettings {
  work: ScheduledWork;
  /** The uploads and jobs that it holds. */
  holds: readonly string[];
  /** The next time (ms), where it is new or its timing is. */
  nextMs: number;
  /** Undefined leaves that as it is. */
  paused?: boolean | undefined;
  /** The version that must be there; 0 where none may be. */
  expected?: number | undefined;
  /** How many its caller may have. */
  max: number;
}

/** The schedules of all callers. The methods reject as the guards they were made with. */
export interface Schedules extends ScheduleTimes {
  /** Lists a caller's schedules, by name. */
  list(caller: string): Promise<Schedule[]>;
  /** Finds one; null when there is none. */
  find(caller: string, name: string): Promise<Schedule | null>;
  /** Makes it, or changes it. Rejects with conflict over the limit, and precondition_failed. */
  put(caller: string, name: string, given: GivenSchedule): Promise<{ schedule: Schedule; isNew: boolean }>;
  /** Removes it with its history; false when there was none. Rejects with precondition_failed. */
  remove(caller: string, name: string, expected?: number): Promise<boolean>;
  /** Pauses it, unless it is, or was made anew; whether that was done. */
  pause(schedule: ScheduleName, reason: PausedReason): Promise<boolean>;
  /** Pauses all of a caller's for that reason, but for those that are paused; how many. */
  pauseAll(caller: string, reason: PausedReason): Promise<number>;
  /** Lets it go on at that time (ms); whether it was paused. */
  resume(caller: string, name: string, nextMs: number): Promise<boolean>;
  /** Opens what it runs; null where no secret of the deployment opens it any more. */
  openWork(schedule: Schedule): ScheduledWork | null;
  /** The names of all callers that have schedules. */
  callers(): Promise<string[]>;
}

/** Opens them over any connection to Redis. */
export function createSchedules(redis: Redis, secrets: Secrets, guards: Guards = NO_GUARDS): Schedules {
  const { read, write } = guards;
  const sealed = createSealedTokens(secrets, PURPOSE);
  const find = (caller: string, name: string) => readSchedule(redis, caller, name);
  return {
    ...createScheduleTimes(redis, guards),
    list: read((caller) => readSchedules(redis, caller)),
    find: read(find),
    put: write(async (isRepeated, caller, name, given) => {
      const { cron, timeZone, missed, work, holds, nextMs, paused, expected, max } = given;
      const text = JSON.stringify(work.body);
      const args = [
        ...[name, caller, memberOf(caller, name), cron, timeZone, missed, work.kind],
        ...[sealed.seal([caller, name, text]), Buffer.byteLength(text), JSON.stringify(holds)],
        ...[expected ?? '', max, nextMs, paused === undefined ? '' : Number(paused)],
      ];
      const names = [scheduleNamesKey(caller), scheduleCallersKey()];
      const keys = [scheduleKey(caller, name), ...names, ...dueKeys(), scheduleRunsKey(caller, name)];
      const done = await putScheduleScript(redis, keys, args);
      if (done === 'changed') throw changed(name);
      const schedule = await find(caller, name);
      if (done === 'many' || !schedule) throw tooMany(max);
      return { schedule, isNew: done === 'made' || (isRepeated && schedule.version === 1) };
    }),
    remove: write(async (isRepeated, caller, name, expected) => {
      const own = [scheduleKey(caller, name), scheduleRunsKey(caller, name)];
      const keys = [...own, scheduleNamesKey(caller), scheduleCallersKey(), ...dueKeys()];
      const done = await removeScheduleScript(redis, keys, [name, caller, memberOf(caller, name), expected ?? '']);
      if (done === 'changed') throw changed(name);
      return done === 'removed' || isRepeated;
    }),
    pause: write(async (isRepeated, { caller, name, madeAt }, reason) => {
      return (
        (await pauseScheduleScript(redis, pauseKeys(caller, name), [reason, memberOf(caller, name), madeAt])) === 1 ||
        isRepeated
      );
    }),
    pauseAll: write((_isRepeated, caller, reason) => pauseSchedules(redis, caller, reason)),
    resume: write(async (isRepeated, caller, name, nextMs) => {
      const args = [memberOf(caller, name), nextMs];
      return (await resumeScheduleScript(redis, [scheduleKey(caller, name), ...dueKeys()], args)) === 1 || isRepeated;
    }),
    openWork({ caller, name, kind, sealedWork }) {
      const [whose, which, text] = sealed.open(sealedWork) ?? [];
      if (whose !== caller || which !== name) return null;
      return { kind, body: JSON.parse(String(text)) as unknown };
    },
    callers: read(() => redis.smembers(scheduleCallersKey())),
  };
}

/** Reads the schedules of a caller, by name. Rejects with what Redis says. */
export async function readSchedules(redis: Redis, caller: string): Promise<Schedule[]> {
  const names = (await redis.smembers(scheduleNamesKey(caller))).sort();
  const found = await Promise.all(names.map((name) => readSchedule(redis, caller, name)));
  return found.filter((schedule) => schedule !== null);
}

const pauseKeys = (caller: string, name: string): string[] => [
  scheduleKey(caller, name),
  ...dueKeys(),
  scheduleRunsKey(caller, name),
];

/** Pauses all schedules of a caller for that reason, but for those that are paused; how many. */
export async function pauseSchedules(redis: Redis, caller: string, reason: PausedReason): Promise<number> {
  const names = await redis.smembers(scheduleNamesKey(caller));
  const paused = await Promise.all(
    names.map((name) => pauseScheduleScript(redis, pauseKeys(caller, name), [reason, memberOf(caller, name), ''])),
  );
  return paused.filter((one) => one === 1).length;
}

/** Whether the schedule that holds a file under that id has it still. */
export async function scheduleHolds(redis: Redis, holderId: string, file: string): Promise<boolean> {
  const { caller, name } = splitMember(holderId);
  const schedule = await readSchedule(redis, caller, name);
  return schedule?.holds.includes(file) ?? false;
}

const changed = (name: string): AppError =>
  new AppError('precondition_failed', `"${name}" has been changed or removed meanwhile: read it again.`);

const tooMany = (max: number): AppError =>
  new AppError('conflict', `This key has ${max} schedules, which is the limit (MAX_SCHEDULES_PER_CALLER).`);
