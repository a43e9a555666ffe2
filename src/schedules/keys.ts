import { roomKey } from '../redis/keys.ts';

/** The room of schedules in Redis, and the word for one among those that hold an upload. */
export const SCHEDULES = 'schedules';

/** How a schedule is called among those of all callers. Neither name has a colon. */
export const memberOf = (caller: string, name: string): string => `${caller}:${name}`;

/** The caller and the name in that. */
export function splitMember(member: string): { caller: string; name: string } {
  const [caller = '', name = ''] = member.split(':');
  return { caller, name };
}

/** The hash of a schedule. */
export const scheduleKey = (caller: string, name: string): string =>
  roomKey(SCHEDULES, `schedule:${memberOf(caller, name)}`);

/** Its times that are over: a hash by the time (ms). */
export const scheduleRunsKey = (caller: string, name: string): string =>
  roomKey(SCHEDULES, `runs:${memberOf(caller, name)}`);

/** The set of the names of a caller's schedules. */
export const scheduleNamesKey = (caller: string): string => roomKey(SCHEDULES, `names:${caller}`);

/** The set of all callers that have schedules. */
export const scheduleCallersKey = (): string => roomKey(SCHEDULES, 'callers');

/** The schedules that are not paused, by the times that they are to be run at next (ms). */
export const scheduleDueKey = (): string => roomKey(SCHEDULES, 'due');

/** The same by when a process is to look at them: later than due where one does that now, or where it is tried again. */
export const scheduleLookKey = (): string => roomKey(SCHEDULES, 'look');

/** The last two: who takes a schedule out of one takes it out of both. */
export const dueKeys = (): string[] => [scheduleDueKey(), scheduleLookKey()];
