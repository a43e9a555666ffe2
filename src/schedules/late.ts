import type { Redis } from '../redis/script.ts';
import { scheduleDueKey, splitMember } from './keys.ts';
import { readSchedule } from './times-store.ts';

/** A web process that runs looks every second: what is late by this much is run by none. */
const LATE_MS = 120_000;
/** Of more they are not read one by one. */
const MOST_READ = 100;

/** A schedule whose time has passed, and that nothing has run. */
export interface LateSchedule {
  caller: string;
  name: string;
  dueMs: number;
}

/**
 * Reads the schedules that are late, the latest first, up to a hundred; without those whose time is tried again, for want of room. `at` is
 * the deployment's time (ms). Rejects with what Redis says.
 */
export async function readLate(redis: Redis, at: number): Promise<LateSchedule[]> {
  const members = await redis.zrangebyscore(scheduleDueKey(), '-inf', at - LATE_MS, 'LIMIT', 0, MOST_READ);
  const found = await Promise.all(
    members.map((member) => {
      const { caller, name } = splitMember(member);
      return readSchedule(redis, caller, name);
    }),
  );
  return found.flatMap((schedule) => {
    if (!schedule || schedule.trying || schedule.dueMs === null || schedule.dueMs > at - LATE_MS) return [];
    return [{ caller: schedule.caller, name: schedule.name, dueMs: schedule.dueMs }];
  });
}
