import { AppError } from '../../errors.ts';
import { type Guards, NO_GUARDS } from '../guards.ts';
import { ownedBodiesKey, ownedFactsKey, ownedPastKey, ownersForAllKey } from '../keys.ts';
import type { Redis } from '../script.ts';
import { putOwnedScript, removeOwnedScript } from './scripts.ts';

/** A version of a record; `at` in milliseconds since the epoch. */
export interface OwnedVersion {
  version: number;
  at: number;
  bytes: number;
}

/** What is known of a record without its body; the versions that are kept, oldest first. */
export interface OwnedFacts {
  caller: string;
  name: string;
  madeAt: number;
  versions: OwnedVersion[];
}

/** A record in one of its versions. */
export interface OwnedRecord<Body> extends OwnedFacts {
  version: number;
  changedAt: number;
  body: Body;
}

/** What a caller may have of one sort of records. */
export interface OwnedLimits {
  /** What they are called where there are too many: `brands`. */
  what: string;
  records: number;
  versions: number;
  bytes: number;
}

/** How a record is put. */
export interface PutOptions {
  /** Whether it serves all callers: an operator's does. */
  isForAll: boolean;
  /** The version that must be the newest; 0 where none may be there. */
  expected?: number | undefined;
}

/**
 * Records under names that belong to their callers, with the last versions of each. The methods reject as the guards they
 * were made with.
 */
export interface OwnedRecords<Body> {
  /** Lists the facts of a caller's records, by name. */
  list(caller: string): Promise<OwnedFacts[]>;
  /** Finds a caller's record in a version, or the newest; null where there is none. */
  find(caller: string, name: string, version?: number): Promise<OwnedRecord<Body> | null>;
  /**
   * Finds the record that a caller means by a name: its own, else that of a caller whose records serve all, as
   * `isOperator` says. Null where there is none.
   */
  resolve(caller: string, name: string, version?: number): Promise<OwnedRecord<Body> | null>;
  /** Puts a new version, unless it is as the newest. Rejects with conflict over a limit, and precondition_failed. */
  put(caller: string, name: string, given: PutOptions & { body: Body }): Promise<{ facts: OwnedFacts; isNew: boolean }>;
  /** Removes a record with all its versions; false where there was none. Rejects with precondition_failed. */
  remove(caller: string, name: string, expected?: number): Promise<boolean>;
}

/** Opens the records of a room over any connection to Redis. */
export function createOwnedRecords<Body>(
  redis: Redis,
  room: string,
  limits: OwnedLimits,
  { guards = NO_GUARDS, isOperator = () => false }: { guards?: Guards; isOperator?: (caller: string) => boolean } = {},
): OwnedRecords<Body> {
  const { read, write } = guards;
  const find = (caller: string, name: string, version?: number) =>
    readOwned<Body>(redis, room, { caller, name, version });
  return {
    list: read(async (caller) => {
      const all = Object.entries(await redis.hgetall(ownedFactsKey(room, caller)));
      return all
        .map(([name, text]) => ({ caller, name, ...(JSON.parse(text) as Pick<OwnedFacts, 'madeAt' | 'versions'>) }))
        .sort((one, other) => (one.name < other.name ? -1 : 1));
    }),
    find: read(find),
    resolve: read(async (caller, name, version) => {
      const own = await find(caller, name, version);
      if (own) return own;
      const has = async (owner: string) => (await redis.hexists(ownedFactsKey(room, owner), name)) === 1;
      // Whose name it is decides, also where that version is not kept: another's is another record.
      if (await has(caller)) return null;
      const owners = (await redis.smembers(ownersForAllKey(room))).filter(isOperator).sort();
      const theirs = await Promise.all(owners.map(has));
      const owner = owners.find((_owner, index) => theirs[index]);
      return owner === undefined ? null : find(owner, name, version);
    }),
    put: write(async (isRepeated, caller, name, { body, isForAll, expected }) => {
      const own = [ownedFactsKey(room, caller), ownedBodiesKey(room, caller)];
      const keys = [...own, ownersForAllKey(room), ownedPastKey(room, caller)];
      const bounds = [limits.records, limits.versions, limits.bytes];
      const args = [name, JSON.stringify(body), isForAll ? caller : '', expected ?? '', ...bounds];
      const [done, text = ''] = (await putOwnedScript(redis, keys, args)) as [string, string?];
      if (done === 'changed') throw changed(name);
      if (done === 'many' || done === 'large') throw tooMuch(caller, done, limits);
      const facts = { caller, name, ...(JSON.parse(text) as Pick<OwnedFacts, 'madeAt' | 'versions'>) };
      // Done again after an answer that was lost, it is as it was made.
      const isAsMade = isRepeated && facts.versions.at(-1)?.at === facts.madeAt;
      return { facts, isNew: done === 'made' || isAsMade };
    }),
    remove: write(async (isRepeated, caller, name, expected) => {
      const keys = [ownedFactsKey(room, caller), ownedBodiesKey(room, caller), ownedPastKey(room, caller)];
      const done = await removeOwnedScript(redis, keys, [name, expected ?? '']);
      if (done === 'changed') throw changed(name);
      return done === 'removed' || isRepeated;
    }),
  };
}

/** Times that a version is looked for which was removed between its facts and its body. */
const TRIES = 3;

/** Reads a record; null where there is none of that name, or not that version. */
export async function readOwned<Body>(
  redis: Redis,
  room: string,
  { caller, name, version }: { caller: string; name: string; version?: number | undefined },
): Promise<OwnedRecord<Body> | null> {
  for (let tried = 0; tried < TRIES; tried += 1) {
    const text = await redis.hget(ownedFactsKey(room, caller), name);
    if (text === null) return null;
    const { madeAt, versions } = JSON.parse(text) as Pick<OwnedFacts, 'madeAt' | 'versions'>;
    const meant = version === undefined ? versions.at(-1) : versions.find((one) => one.version === version);
    if (!meant) return null;
    const body = await redis.hget(ownedBodiesKey(room, caller), `${name}@${meant.version}`);
    if (body === null) continue;
    const read = JSON.parse(body) as Body;
    return { caller, name, madeAt, versions, version: meant.version, changedAt: meant.at, body: read };
  }
  return null;
}

const changed = (name: string): AppError =>
  new AppError('precondition_failed', `"${name}" has been changed or removed meanwhile: read it again.`);

const tooMuch = (caller: string, done: 'many' | 'large', { what, records, bytes }: OwnedLimits): AppError => {
  const limit = done === 'many' ? `${records} ${what}` : `${what} of ${bytes / 1e6} MB, former versions counted`;
  return new AppError('conflict', `The key "${caller}" has ${limit}, which is the limit: remove some first.`);
};
