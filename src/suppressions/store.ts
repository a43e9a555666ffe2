import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { membersOf, plainMember } from './members.ts';
import { ALL_STREAMS, BOUNCE_HOLDS_MS, isPast, readLeftByLink, readRecord, writeEntry } from './record.ts';
import { addScript, MAX_ADDRESSES } from './scripts/add.ts';
import { forgetScript } from './scripts/forget.ts';
import { removeScript } from './scripts/remove.ts';
import type { NewSuppression, Owner, Suppression } from './suppression.ts';

/** Where a page of the list ends: the member shown last, and the time of its newest entry (ms). */
export interface ListPosition {
  at: number;
  member: string;
}

interface AddOptions {
  force?: boolean;
  shareOf?: Owner;
  isByLink?: boolean;
}

/** Whose entries are meant, `null` for those that hold for everybody; undefined: all there are. */
type Owners = readonly Owner[] | undefined;

/**
 * Addresses that get no mail. An entry holds for the caller that owns it, or for everybody. The methods reject as the
 * guards they were made with.
 */
export interface Suppressions {
  /**
   * Adds entries. A new entry replaces the one that its address and stream have, but a bounce or complaint is replaced
   * by another such only, unless forced. `shareOf`: the caller whose share of the list they take. `isByLink`: a person
   * enters them by the link of a mail, which replaces only what a link entered. Resolves with the entries as they stand
   * then; rejects with queue_full, also where the share is used up.
   */
  add(entries: readonly NewSuppression[], options?: AddOptions): Promise<Suppression[]>;
  /** Finds what stops a mail of that stream of a caller's, by address; the map lacks addresses that get the mail. */
  find(addresses: readonly string[], messageStream: string, caller: string): Promise<Map<string, Suppression>>;
  /** Gets every entry of an address, those for everybody and for all mails first. */
  get(address: string, owners: Owners): Promise<Suppression[]>;
  /** Lists the entries of up to `limit` addresses, the newest first. */
  list(after: ListPosition | null, limit: number): Promise<{ suppressions: Suppression[]; next: ListPosition | null }>;
  /** Removes the entry of one stream (null: the one for all mails; undefined: all entries); false when there was none. */
  remove(address: string, messageStream: string | null | undefined, owners: Owners): Promise<boolean>;
  /** Finds which streams an address left by the link of a mail; null stands for all. */
  findLeftByLink(address: string, owner: Owner): Promise<(string | null)[]>;
  /** Removes the entry of one stream (null: the one for all mails), where a link entered it. */
  removeLeftByLink(address: string, messageStream: string | null, owner: Owner): Promise<void>;
  /** Removes the bounces of an address that no longer hold by themselves. */
  liftPastBounces(address: string): Promise<void>;
  /**
   * Replaces the address by a keyed hash of it: its entries still hold, and do not name the person any more. Answers how
   * many owners had one.
   */
  forget(address: string, owners: Owners): Promise<number>;
}

const recordsKey = (): string => ownKey('emails', 'suppressions');
/** The addresses of the records, by the time of their newest entry. */
const byTimeKey = (): string => ownKey('emails', 'suppressions:by-time');

/** How many addresses each caller has on the list, by its name. */
const countsKey = (): string => ownKey('emails', 'suppressions:counts');

/**
 * Opens the list over any connection to Redis. The newest of `secrets` keys the hashes of erased addresses, by each of
 * them they are found; `guards` are those of the connection, where it has some.
 */
export function createSuppressions(redis: Redis, secrets: readonly string[], guards: Guards = NO_GUARDS): Suppressions {
  const records = recordsKey();
  const keys = [records, byTimeKey(), countsKey()];
  const { read, write } = guards;

  const allOwners = async (): Promise<Owner[]> => [null, ...(await redis.hkeys(countsKey()))];

  const readRecords = read(async (addresses: readonly string[], given: Owners): Promise<Suppression[][]> => {
    if (addresses.length === 0) return [];
    const owners = given ?? (await allOwners());
    const members = addresses.map((address) => owners.flatMap((owner) => membersOf(address, secrets, owner)));
    const texts = await redis.hmget(records, ...members.flat());
    let next = 0;
    return members.map((ofAddress) => ofAddress.flatMap((member) => readRecord(member, texts[next++])));
  });

  const toRemove = (address: string, owners: readonly Owner[]): string[] =>
    owners.flatMap((owner) => membersOf(address, secrets, owner).flatMap((member) => [member, owner ?? '']));

  return {
    add: write(async (_isRepeated, entries, { force = false, shareOf = null, isByLink = false } = {}) => {
      if (entries.length === 0) return [];
      const members = entries.map(({ address, caller }) => plainMember(address, caller));
      const args = entries.flatMap((entry, index) => {
        const stream = entry.messageStream ?? ALL_STREAMS;
        return [members[index] ?? '', stream, writeEntry(entry, isByLink), entry.caller ?? ''];
      });
      const answer = (await addScript(redis, keys, [force ? 1 : 0, shareOf ?? '', ...args])) as string[] | number;
      if (!Array.isArray(answer)) throw answer === 0 ? listFull() : shareFull();
      return answer.flatMap((text, index) => readRecord(members[index] ?? '', text));
    }),
    async find(addresses, messageStream, caller) {
      const lists = await readRecords(addresses, [null, caller]);
      const found = lists.map((entries) => {
        const fitting = entries.filter((one) => one.messageStream === null || one.messageStream === messageStream);
        return fitting.find(({ until }) => !isPast(until)) ?? fitting[0];
      });
      return new Map(addresses.flatMap((address, index) => (found[index] ? [[address, found[index]]] : [])));
    },
    get: async (address, owners) => (await readRecords([address], owners))[0] ?? [],
    list: read(async (after, limit) => {
      const page = await readMembers(redis, after, limit);
      const members = page.map(({ member }) => member);
      const texts = members.length > 0 ? await redis.hmget(records, ...members) : [];
      return {
        suppressions: members.flatMap((member, index) => readRecord(member, texts[index])),
        next: page.length === limit ? (page.at(-1) ?? null) : null,
      };
    }),
    remove: write(async (isRepeated, address, messageStream, owners) => {
      const stream = messageStream === undefined ? '' : (messageStream ?? ALL_STREAMS);
      const args = toRemove(address, owners ?? (await allOwners()));
      const removed = (await removeScript(redis, keys, [stream, '', ...args])) as number;
      // The first try, which was not answered, may have done it.
      return removed > 0 || isRepeated;
    }),
    findLeftByLink: read(async (address, owner) => {
      const texts = await redis.hmget(records, ...membersOf(address, secrets, owner));
      return texts.flatMap(readLeftByLink);
    }),
    removeLeftByLink: write(async (_isRepeated, address, messageStream, owner) => {
      await removeScript(redis, keys, [messageStream ?? ALL_STREAMS, 'link', ...toRemove(address, [owner])]);
    }),
    liftPastBounces: write(async (_isRepeated, address) => {
      await removeScript(redis, keys, ['', now() - BOUNCE_HOLDS_MS, ...toRemove(address, await allOwners())]);
    }),
    forget: write(async (_isRepeated, address, owners) => {
      const args = (owners ?? (await allOwners())).flatMap((owner) => {
        const [plain, hashed = ''] = membersOf(address, secrets, owner);
        return [plain, hashed, owner ?? ''];
      });
      return (await forgetScript(redis, keys, args)) as number;
    }),
  };
}

const listFull = (): AppError =>
  new AppError('queue_full', `The suppression list is full: ${MAX_ADDRESSES} addresses are the limit.`, {
    retryAfterSeconds: 3600,
  });

const shareFull = (): AppError =>
  new AppError(
    'queue_full',
    "This key's share of the suppression list is full: it may have half of what the others leave free.",
    { retryAfterSeconds: 3600 },
  );

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
