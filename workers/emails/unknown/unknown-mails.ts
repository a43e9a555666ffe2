import { now } from '../../../src/clock.ts';
import { hasEnded, type StoredJob } from '../../../src/jobs/stored-job.ts';
import { inDoubtKey } from '../../../src/redis/keys.ts';
import { createScript, type Redis } from '../../../src/redis/script.ts';
import { shownRecipients } from '../job.ts';

const KIND = 'emails';
/** So many are listed at most; the oldest go first. */
const MOST = 10_000;
/** So many are looked at for one page; few of them are known by now. */
const MOST_LOOKED_AT = 1000;

/** A mail that may or may not have arrived. */
export interface UnknownMail {
  job: StoredJob;
  /** When it ended so, RFC 3339. */
  at: string;
  /** The recipients of whom that is not known. */
  recipients: string[];
}

/** A part of the list, and what asks for the next one; null at its end. */
export interface UnknownPage {
  mails: UnknownMail[];
  next: string | null;
}

/** The mails that may or may not have arrived. Only their ids are kept, and no longer than the jobs. */
export interface UnknownMails {
  /** Enters a mail, before its job ends; twice is once. */
  add(job: string): Promise<void>;
  /** Takes out a mail of which it is known now. */
  remove(job: string): Promise<void>;
  /** Lists them, the newest first, from behind `after`, which another page gave. */
  list(find: (id: string) => Promise<StoredJob | null>, limit: number, after?: string): Promise<UnknownPage>;
}

/** Enters a job. KEYS: those in doubt. ARGV: id, when (ms), how many are kept. */
const enterScript = createScript(
  'heavyliftEnterInDoubt',
  1,
  `
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[3] - 1)`,
  { atFullMemory: true },
);

/** Opens the list over any connection to Redis. */
export function openUnknownMails(redis: Redis): UnknownMails {
  const key = inDoubtKey(KIND);

  /** The place of the first one behind that position, which may be listed no more. */
  const placeAfter = async (after: string | undefined): Promise<number> => {
    const { at, id } = readPosition(after) ?? {};
    if (at === undefined || id === undefined) return 0;
    const rank = await redis.zrevrank(key, id);
    return rank === null ? redis.zcount(key, `(${at}`, '+inf') : rank + 1;
  };

  return {
    async add(job) {
      await enterScript(redis, [key], [job, now(), MOST]);
    },
    async remove(job) {
      await redis.zrem(key, job);
    },
    async list(find, limit, after) {
      const mails: UnknownMail[] = [];
      let place = await placeAfter(after);
      for (let looked = 0; looked < MOST_LOOKED_AT; looked += 1) {
        const [id, score] = await redis.zrevrange(key, place, place, 'WITHSCORES');
        if (id === undefined) return { mails, next: null };
        if (mails.length === limit) break;
        const job = await find(id);
        const recipients = job ? unknownRecipients(job) : [];
        if (job && recipients.length > 0) mails.push({ job, at: new Date(Number(score)).toISOString(), recipients });
        // Known by now, or gone with its job: the next one has its place.
        if (recipients.length === 0 && (!job || hasEnded(job.state))) await redis.zrem(key, id);
        else place += 1;
      }
      return { mails, next: positionOf(mails.at(-1)) };
    },
  };
}

/** Lists the recipients of an ended mail of whom nobody knows whether they got it. */
export const unknownRecipients = (job: StoredJob): string[] =>
  shownRecipients(job)
    .filter(({ state }) => state === 'unknown')
    .map(({ address }) => address);

const positionOf = (mail: UnknownMail | undefined): string | null =>
  mail ? `${Date.parse(mail.at)}-${mail.job.id}` : null;

/** Reads a position that a page gave; null for a text that is none. */
export function readPosition(text: string | undefined): { at: number; id: string } | null {
  const [, at, id] = /^(\d{1,15})-([A-Za-z0-9_-]{1,100})$/.exec(text ?? '') ?? [];
  return at && id ? { at: Number(at), id } : null;
}
