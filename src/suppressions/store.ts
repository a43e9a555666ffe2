import { AppError } from '../errors.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { membersOf } from './erased-address.ts';
import { ALL_STREAMS, readRecord, writeEntry } from './record.ts';
import { addScript, MAX_ADDRESSES } from './scripts/add.ts';
import { forgetScript } from './scripts/forget.ts';
import { removeScript } from './scripts/remove.ts';
import type { NewSuppression, Suppression } from './suppression.ts';

/** Where a page of the list ends: the member shown last, and the time of its newest entry (ms). */
export interface ListPosition {
  at: number;
  member: string;
}

/** What came of a removal; `protected`: what receivers reported (bounce, complaint) needs `force`. */
export type Removal = 'removed' | 'protected' | 'none';

/** Addresses that get no mail, one list for the deployment. Its methods reject as the guards they were made with. */
export interface Suppressions {
  /**
   * Adds entries. A new entry replaces the one that its address and stream have, but a bounce or complaint is replaced
   * by another such only, unless forced. Resolves with the entries as they stand then; rejects with queue_full.
   */
  add(entries: readonly NewSuppression[], options?: { force?: boolean }): Promise<Suppression[]>;
  /** Finds what stops a mail of that stream, by address; the map lacks addresses that get the mail. */
  find(addresses: readonly string[], messageStream: string): Promise<Map<string, Suppression>>;
  /** Gets every entry of an address, the one for all mails first. */
  get(address: string): Promise<Suppression[]>;
  /** Lists the entries of up to `limit` addresses, the newest first. */
  list(after: ListPosition | null, limit: number): Promise<{ suppressions: Suppression[]; next: ListPosition | null }>;
  /** Removes the entry of one stream (null: the one for all mails; undefined: all entries). */
  remove(address: string, messageStream: string | null | undefined, options?: { force?: boolean }): Promise<Removal>;
  /** Replaces the address by a keyed hash of it: its entries still hold, and do not name the person any more. */
  forget(address: string): Promise<void>;
}

const recordsKey = (): string => ownKey('emails', 'suppressions');
/** The addresses of the records, by the time of their newest entry. */
const byTimeKey = (): string => ownKey('emails', 'suppressions:by-time');

/**
 * Opens the list over any connection to Redis. `secret` keys the hashes of erased addresses; `guards` are those of the
 * connection, where it has some.
 */
export function createSuppressions(redis: Redis, secret: string, guards: Guards = NO_GUARDS): Suppressions {
  const records = recordsKey();
  const keys = [records, byTimeKey()];
  const { read, write } = guards;

  const readRecords = read(async (addresses: readonly string[]): Promise<Suppression[][]> => {
    if (addresses.length === 0) return [];
    const members = addresses.map((address) => membersOf(address, secret));
    const texts = await redis.hmget(records, ...members.flat());
    return members.map(([plain, hashed], index) => [
      ...readRecord(plain, texts[2 * index]),
      ...readRecord(hashed, texts[2 * index + 1]),
    ]);
  });

  return {
    add: write(async (_isRepeated, entries, { force = false } = {}) => {
      if (entries.length === 0) return [];
      const args = entries.flatMap((entry) => {
        return [entry.address.toLowerCase(), entry.messageStream ?? ALL_STREAMS, writeEntry(entry)];
      });
      const texts = (await addScript(redis, keys, [force ? 1 : 0, ...args])) as string[] | null;
      if (!texts) throw listFull();
      return texts.flatMap((text, index) => readRecord(entries[index]?.address.toLowerCase() ?? '', text));
    }),
    async find(addresses, messageStream) {
      const lists = await readRecords(addresses);
      const found = lists.map((entries) =>
        entries.find((one) => one.messageStream === null || one.messageStream === messageStream),
      );
      return new Map(addresses.flatMap((address, index) => (found[index] ? [[address, found[index]]] : [])));
    },
    get: async (address) => (await readRecords([address]))[0] ?? [],
    list: read(async (after, limit) => {
      const page = await readMembers(redis, after, limit);
      const members = page.map(({ member }) => member);
      const texts = members.length > 0 ? await redis.hmget(records, ...members) : [];
      return {
        suppressions: members.flatMap((member, index) => readRecord(member, texts[index])),
        next: page.length === limit ? (page.at(-1) ?? null) : null,
      };
    }),
    remove: write(async (isRepeated, address, messageStream, { force = false } = {}) => {
      const stream = messageStream === undefined ? '' : (messageStream ?? ALL_STREAMS);
      const args = [force ? 1 : 0, stream, ...membersOf(address, secret)];
      const answer = await removeScript(redis, keys, args);
      const removal = (['none', 'removed', 'protected'] as const)[answer as 0 | 1 | 2];
      // The first try, which was not answered, has done it.
      return removal === 'none' && isRepeated ? 'removed' : removal;
    }),
    forget: write(async (_isRepeated, address) => {
      await forgetScript(redis, keys, membersOf(address, secret));
    }),
  };
}

const listFull = (): AppError =>
  new AppError('queue_full', `The suppression list is full: ${MAX_ADDRESSES} addresses are the limit.`, {
    retryAfterSeconds: 3600,
  });

/** Reads up to `limit` members behind a position, the newest first. */
async function readMembers(redis: Redis, after: ListPosition | null, limit: number): Promise<ListPosition[]> {
  const page: ListPosition[] = [];
  for (let offset = 0; page.length < limit; offset += limit) {
    const range = [byTimeKey(), after?.at ?? '+inf', '-inf', 'WITHSCORES', 'LIMIT', offset, limit] as const;
    const found = await redis.zrevrangebyscore(...range);
    for (let index = 0; index < found.length; index += 2) {
      const entry = { member: found[index] as string, at: Number(found[index + 1]) };
      // Members of one millisecond stand in descending order: those up to the position are passed over.
      if (!after || entry.at < after.at || entry.member < after.member) page.push(entry);
    }
    if (found.length < 2 * limit) break;
  }
  return page.slice(0, limit);
}
