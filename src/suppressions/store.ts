import { createHmac } from 'node:crypto';
import { AppError } from '../errors.ts';
import { createScript, ownKey, type Redis } from '../redis/script.ts';

/** Why mails to an address are stopped, the weakest first. */
export const SUPPRESSION_REASONS = ['manual', 'unsubscribe', 'bounce', 'complaint'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** One reason not to send to an address. */
export interface Suppression {
  /** Lower case; null when the person was erased: then only a hash of the address is kept, and it still holds. */
  address: string | null;
  /** The one stream that is stopped; null: every mail. */
  messageStream: string | null;
  reason: SuppressionReason;
  note: string | null;
  /** RFC 3339. */
  at: string;
}

/** A suppression to be entered; without `at` it holds from now. */
export type NewSuppression = Pick<Suppression, 'messageStream' | 'reason' | 'note'> & { address: string; at?: string };

/** A place in the list, newest first: the entry that was seen last. */
export interface ListPosition {
  at: number;
  member: string;
}

/** What came of lifting a suppression; `kept`: what receivers said (bounce, complaint) needs `force`. */
export type Lifted = 'lifted' | 'kept' | 'none';

/** Addresses that get no mail, one list for the deployment. What rejects when Redis is away is up to its maker. */
export interface Suppressions {
  /**
   * Enters them; for an address and stream that has an entry already the new one takes its place, but a bounce or
   * complaint gives way to another such only, unless forced. Answers the entries as they stand then.
   */
  add(entries: readonly NewSuppression[], options?: { force?: boolean }): Promise<Suppression[]>;
  /** What stops a mail of that stream to each address; addresses that nothing stops are not in it. */
  find(addresses: readonly string[], messageStream: string): Promise<Map<string, Suppression>>;
  /** Every entry of an address, the one for all mails first. */
  get(address: string): Promise<Suppression[]>;
  /** Entries of up to `limit` addresses, the newest first. */
  list(after: ListPosition | null, limit: number): Promise<{ suppressions: Suppression[]; next: ListPosition | null }>;
  /** Lifts the entry of one stream (null: the one for all mails; undefined: all entries). */
  lift(address: string, messageStream: string | null | undefined, options?: { force?: boolean }): Promise<Lifted>;
  /** Forgets the address and keeps a keyed hash of it: what the person asked for still holds, and tells of nobody. */
  forget(address: string): Promise<void>;
}

/** One hash, a record for each address: `{"<stream or *>": [reason, note, atMs]}`; and the addresses by their newest entry. */
const KEYS = [ownKey('emails', 'suppressions'), ownKey('emails', 'suppressions:by-time')];
const ALL = '*';
/** A person who left this many streams is done with all of them. */
const MAX_STREAMS = 100;
/** Addresses on the list; each takes about 300 bytes of Redis. */
const MAX_ADDRESSES = 1_000_000;

/** Arguments: force, then member, stream, entry for each. Answers each record's entry as it stands then. */
const addScript = createScript(
  'heavyliftSuppress',
  2,
  `
local force, answer = ARGV[1] == '1', {}
local heavy = { bounce = true, complaint = true }
if redis.call('HLEN', KEYS[1]) >= ${MAX_ADDRESSES} then return false end
for i = 2, #ARGV, 3 do
  local member, stream, entry = ARGV[i], ARGV[i + 1], cjson.decode(ARGV[i + 2])
  local record = cjson.decode(redis.call('HGET', KEYS[1], member) or '{}')
  local count = 0
  for _ in pairs(record) do count = count + 1 end
  if not record[stream] and count >= ${MAX_STREAMS} then stream = '${ALL}' end
  local old = record[stream]
  if force or not old or heavy[entry[1]] or not heavy[old[1]] then
    record[stream] = entry
    redis.call('HSET', KEYS[1], member, cjson.encode(record))
    local newest = 0
    for _, one in pairs(record) do newest = math.max(newest, one[3]) end
    redis.call('ZADD', KEYS[2], newest, member)
  end
  answer[#answer + 1] = cjson.encode({ [stream] = record[stream] })
end
return answer`,
);

/** Arguments: force, stream ('' for all), then members. Answers 0 = none, 1 = lifted, 2 = kept. */
const liftScript = createScript(
  'heavyliftLiftSuppression',
  2,
  `
local force, answer = ARGV[1] == '1', 0
local plan = {}
for i = 3, #ARGV do
  local text = redis.call('HGET', KEYS[1], ARGV[i])
  local record, left = cjson.decode(text or '{}'), 0
  for stream, entry in pairs(record) do
    if ARGV[2] == '' or ARGV[2] == stream then
      if not force and (entry[1] == 'bounce' or entry[1] == 'complaint') then return 2 end
      record[stream] = nil
      answer = 1
    else
      left = left + 1
    end
  end
  if text then plan[#plan + 1] = { ARGV[i], left, record } end
end
for _, one in ipairs(plan) do
  if one[2] > 0 then
    redis.call('HSET', KEYS[1], one[1], cjson.encode(one[3]))
  else
    redis.call('HDEL', KEYS[1], one[1])
    redis.call('ZREM', KEYS[2], one[1])
  end
end
return answer`,
);

/** Arguments: the address, its hash. Notes may hold the address (servers repeat it) and are dropped. */
const forgetScript = createScript(
  'heavyliftForgetSuppressed',
  2,
  `
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local record = cjson.decode(redis.call('HGET', KEYS[1], ARGV[2]) or '{}')
for stream, entry in pairs(cjson.decode(text)) do record[stream] = { entry[1], '', entry[3] } end
redis.call('HSET', KEYS[1], ARGV[2], cjson.encode(record))
redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0, ARGV[2])
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`,
);

type StoredEntry = [reason: SuppressionReason, note: string, atMs: number];

function readRecord(member: string, text: string | null | undefined): Suppression[] {
  const record = JSON.parse(text ?? '{}') as Record<string, StoredEntry>;
  return Object.entries(record)
    .map(([stream, [reason, note, atMs]]) => ({
      address: member.includes('@') ? member : null,
      messageStream: stream === ALL ? null : stream,
      reason,
      note: note || null,
      at: new Date(atMs).toISOString(),
    }))
    .toSorted((a, b) => (a.messageStream ?? '').localeCompare(b.messageStream ?? ''));
}

/**
 * The list over any connection to Redis; `secret` keys the hashes of erased addresses, `toError` puts Redis' errors into
 * the words of whoever asks.
 */
export function createSuppressions(
  redis: Redis,
  secret: string,
  toError: (cause: unknown) => unknown = (cause) => cause,
): Suppressions {
  const [recordsKey = '', timesKey = ''] = KEYS;
  const hashOf = (address: string) => createHmac('sha256', secret).update(`suppressed ${address}`).digest('base64url');
  const membersOf = (address: string): [string, string] => [address.toLowerCase(), hashOf(address.toLowerCase())];

  const ask = async <Answer>(question: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await question();
    } catch (cause) {
      throw toError(cause);
    }
  };

  /** The records of addresses, those kept as hashes included. */
  const read = async (addresses: readonly string[]): Promise<Suppression[][]> => {
    if (addresses.length === 0) return [];
    const texts = await ask(() => redis.hmget(recordsKey, ...addresses.flatMap(membersOf)));
    return addresses.map((address, index) => {
      const [known, hashed] = membersOf(address);
      return [...readRecord(known, texts[2 * index]), ...readRecord(hashed, texts[2 * index + 1])];
    });
  };

  return {
    async add(entries, { force = false } = {}) {
      if (entries.length === 0) return [];
      const args = entries.flatMap(({ address, messageStream, reason, note, at }) => {
        const stored: StoredEntry = [reason, note ?? '', at === undefined ? Date.now() : Date.parse(at)];
        return [address.toLowerCase(), messageStream ?? ALL, JSON.stringify(stored)];
      });
      const answers = (await ask(() => addScript(redis, KEYS, [force ? 1 : 0, ...args]))) as string[] | null;
      if (!answers) {
        throw new AppError('queue_full', `The suppression list is full: ${MAX_ADDRESSES} addresses are the limit.`, {
          retryAfterSeconds: 3600,
        });
      }
      return answers.flatMap((text, index) => readRecord(entries[index]?.address.toLowerCase() ?? '', text));
    },
    async find(addresses, messageStream) {
      const records = await read(addresses);
      const found = records.map((entries) =>
        entries.find((one) => one.messageStream === null || one.messageStream === messageStream),
      );
      return new Map(addresses.flatMap((address, index) => (found[index] ? [[address, found[index]]] : [])));
    },
    get: async (address) => (await read([address]))[0] ?? [],
    async list(after, limit) {
      const page: ListPosition[] = [];
      for (let offset = 0; page.length < limit; offset += limit) {
        const range = [timesKey, after?.at ?? '+inf', '-inf', 'WITHSCORES', 'LIMIT', offset, limit] as const;
        const found = await ask(() => redis.zrevrangebyscore(...range));
        for (let index = 0; index < found.length; index += 2) {
          const entry = { member: found[index] as string, at: Number(found[index + 1]) };
          // Entries of one millisecond stand in descending order: those up to the position are passed over.
          if (!after || entry.at < after.at || entry.member < after.member) page.push(entry);
        }
        if (found.length < 2 * limit) break;
      }
      const shown = page.slice(0, limit);
      const members = shown.map(({ member }) => member);
      const texts = members.length > 0 ? await ask(() => redis.hmget(recordsKey, ...members)) : [];
      return {
        suppressions: shown.flatMap(({ member }, index) => readRecord(member, texts[index])),
        next: shown.length === limit ? (shown.at(-1) ?? null) : null,
      };
    },
    async lift(address, messageStream, { force = false } = {}) {
      const stream = messageStream === undefined ? '' : (messageStream ?? ALL);
      const answer = await ask(() => liftScript(redis, KEYS, [force ? 1 : 0, stream, ...membersOf(address)]));
      return (['none', 'lifted', 'kept'] as const)[answer as 0 | 1 | 2];
    },
    forget: async (address) => void (await ask(() => forgetScript(redis, KEYS, membersOf(address)))),
  };
}
