import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { bulkActionKey, bulkActionsKey, bulkBeginningKey, bulkRunningKey } from '../../redis/keys.ts';
import { addBulkActionScript, advanceBulkActionScript, finishBulkActionScript } from '../scripts/bulk-actions.ts';
import { releaseLockScript } from '../scripts/release-lock.ts';
import type { BulkFilter, WalkPosition } from './walk-jobs.ts';

/** What is done to many jobs at once. */
export const BULK_ACTIONS = ['cancel', 'erase', 'retry'] as const;
export type BulkVerb = (typeof BULK_ACTIONS)[number];

/** Actions of a caller that can be asked for; older ones are forgotten. */
const MOST_KEPT = 20;
const KEPT_SECONDS = 86_400;
/** Counting takes seconds at most; a process that dies in it holds the caller up for this long. */
const ACCEPTED_WITHIN_MS = 60_000;

/** An action on all jobs that a filter names. Times are milliseconds since the epoch. */
export interface BulkAction {
  id: string;
  /** Who asked for it. */
  caller: string;
  verb: BulkVerb;
  filter: BulkFilter;
  /** Jobs that matched when it was accepted. */
  total: number;
  /** Jobs that it has cancelled, erased or put back. */
  done: number;
  /** Where it goes on; null: at the beginning. */
  position: WalkPosition | null;
  createdAt: number;
  /** Null while it is under way. */
  finishedAt: number | null;
}

/** Keeps bulk actions in Redis: they outlive the process that does them. */
export interface BulkStore {
  /** Adds an action; a second time it does nothing. */
  add(action: BulkAction): Promise<void>;
  /** Claims that caller's next action for that token; false while another one is being accepted, in whichever process. */
  claim(caller: string, token: string): Promise<boolean>;
  /** Lets the next one of that caller be accepted; what another token has claimed by now stays so. */
  letGo(caller: string, token: string): Promise<void>;
  /** Null when there is none of that id (any more). */
  find(id: string): Promise<BulkAction | null>;
  /** Reads the action of that caller that is under way, if there is one. */
  findRunning(caller: string): Promise<BulkAction | null>;
  /** The ids of all that are under way. */
  running(): Promise<string[]>;
  /** Notes how many jobs more an action was done to, and where it goes on; null: where it was. */
  advance(action: BulkAction, done: number, position: WalkPosition | null): Promise<void>;
  finish(id: string): Promise<void>;
}

/** Makes the store. */
export function createBulkStore(redis: Redis): BulkStore {
  const find = async (id: string): Promise<BulkAction | null> => {
    const { action, done, position, finishedAt } = await redis.hgetall(bulkActionKey(id));
    if (action === undefined) return null;
    return {
      ...(JSON.parse(action) as BulkAction),
      done: Number(done ?? 0),
      position: position ? (JSON.parse(position) as WalkPosition) : null,
      finishedAt: finishedAt ? Number(finishedAt) : null,
    };
  };
  return {
    async add(action) {
      const { id, caller, createdAt } = action;
      const keys = [bulkActionKey(id), bulkActionsKey(caller), bulkRunningKey()];
      await addBulkActionScript(redis, keys, [id, JSON.stringify(action), createdAt, bulkActionKey(''), MOST_KEPT]);
    },
    async claim(caller, token) {
      const key = bulkBeginningKey(caller);
      return (await redis.set(key, token, 'PX', ACCEPTED_WITHIN_MS, 'NX')) === 'OK' || (await redis.get(key)) === token;
    },
    async letGo(caller, token) {
      await releaseLockScript(redis, [bulkBeginningKey(caller)], [token]);
    },
    find,
    async findRunning(caller) {
      const [newest] = await redis.zrevrange(bulkActionsKey(caller), 0, 0);
      const action = newest === undefined ? null : await find(newest);
      return action?.finishedAt === null ? action : null;
    },
    running: async () => (await redis.smembers(bulkRunningKey())).sort(),
    async advance({ id, total }, done, position) {
      const args = [done, total, position ? JSON.stringify(position) : ''];
      await advanceBulkActionScript(redis, [bulkActionKey(id)], args);
    },
    async finish(id) {
      await finishBulkActionScript(redis, [bulkActionKey(id), bulkRunningKey()], [id, now(), KEPT_SECONDS]);
    },
  };
}
