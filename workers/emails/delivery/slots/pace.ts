import { randomUUID } from 'node:crypto';
import { now } from '../../../../src/clock.ts';
import { createScript, ownKey, type Redis } from '../../../../src/redis/script.ts';

/** Mail servers count by the minute: what went in this time is the pace that was too much. */
const SEEN_MS = 60_000;
/** After so many minutes the pace is again what was too much; and it goes on rising. */
const BACK_MINUTES = 5;
/** Mails a minute: no pace is less, and so few tell nothing. */
const LEAST = 2;
/** What was not refused for so long is no limit any more. */
const FORGET_MS = 3_600_000;
/** How often what other processes have learned is read. */
const READ_EVERY_MS = 5000;

/** What was learned: so many mails a minute at that time (ms), and by how many more each minute since. */
interface Learned {
  perMinute: number;
  rise: number;
  at: number;
}

/**
 * Halves the pace at which mails were sent when the relay had enough: the learned one, or else what all processes sent within
 * the minute, or the rate that is set.
 * KEYS: 1 what is learned, 2 what processes sent. ARGV: 1 now, 2 this process, 3 what it sent within the minute, 4 the rate that
 * is set (a minute; 0 for none).
 * Returns what is learned, as JSON; '' for nothing.
 */
const slowScript = createScript(
  'heavyliftSlowMails',
  2,
  `
local now, set = tonumber(ARGV[1]), tonumber(ARGV[4])
local text = redis.call('GET', KEYS[1])
local last = text and cjson.decode(text)
local sent, others = tonumber(ARGV[3]), redis.call('HGETALL', KEYS[2])
for i = 1, #others, 2 do
  local count, at = string.match(others[i + 1], '^(%d+) (%d+)$')
  if others[i] ~= ARGV[2] and at and now - tonumber(at) < ${SEEN_MS} then sent = sent + tonumber(count) end
end
-- What is refused within the minute of the first refusal, or while nothing was sent, says nothing of the new pace.
if last and (now - last.at < ${SEEN_MS} or sent == 0) then return text end
local pace = last and last.perMinute + last.rise * (now - last.at) / 60000 or sent
if set > 0 then pace = math.min(pace, set) end
if pace < ${LEAST} then return '' end
local half = math.max(${LEAST}, pace / 2)
local learned = cjson.encode({ perMinute = half, rise = math.max(1, pace - half) / ${BACK_MINUTES}, at = now })
redis.call('SET', KEYS[1], learned, 'PX', ${FORGET_MS})
return learned`,
);

/**
 * The pace that a relay bears, over all hosts: it halves when the relay says that it gets too much, and comes back by as much
 * each minute. Nothing is known, and nothing asked of Redis for a mail, until a relay says so.
 */
export interface Pace {
  /** How many milliseconds lie between two mails now; 0 where nothing is known. */
  intervalMs(): number;
  /** Notes a mail that the relay took. */
  took(): void;
  /** Halves the pace, once for refusals that come together. Never rejects. */
  slow(): Promise<void>;
  /** Tells other processes what this one sent, and reads what they learned, when that is due. Never rejects. */
  refresh(): Promise<void>;
  /** What an operator should know, in a sentence; null for nothing. */
  note(): string | null;
}

/** Makes the pace of one relay; `setPerMinute`: the rate that is set for it, 0 for none. */
export function createPace(redis: Redis, relay: string, setPerMinute = 0): Pace {
  const learnedKey = ownKey('emails', `learned:${relay}`);
  const sentKey = ownKey('emails', `sent:${relay}`);
  const self = randomUUID();
  let learned: Learned | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  /** How many mails were taken, by the second; those of the last minute count. */
  const taken = new Map<number, number>();
  let told = 0;

  const second = () => Math.floor(performance.now() / 1000);
  const countTaken = (): number => {
    for (const at of taken.keys()) if (at <= second() - SEEN_MS / 1000) taken.delete(at);
    return [...taken.values()].reduce((sum, count) => sum + count, 0);
  };
  const perMinute = ({ perMinute: pace, rise, at }: Learned): number =>
    Math.max(LEAST, pace + (rise * Math.max(0, now() - at)) / 60_000);
  const read = (text: string | null) => {
    learned = text ? (JSON.parse(text) as Learned) : null;
  };

  return {
    intervalMs: () => (learned === null ? 0 : 60_000 / perMinute(learned)),
    took() {
      taken.set(second(), (taken.get(second()) ?? 0) + 1);
      if (taken.size > (2 * SEEN_MS) / 1000) countTaken();
    },
    async slow() {
      const args = [now(), self, countTaken(), setPerMinute];
      const text = await slowScript(redis, [learnedKey, sentKey], args).catch(() => null);
      if (typeof text === 'string') read(text || null);
    },
    async refresh() {
      if (performance.now() < readAt + READ_EVERY_MS) return;
      readAt = performance.now();
      const count = countTaken();
      const isNews = count > 0 || told > 0;
      told = count;
      try {
        if (isNews) {
          await redis
            .multi()
            .hset(sentKey, self, `${count} ${Math.round(now())}`)
            .pexpire(sentKey, SEEN_MS)
            .exec();
        }
        read(await redis.get(learnedKey));
      } catch {
        // What is known holds until it can be read.
      }
    },
    note() {
      if (learned === null) return null;
      const pace = Math.floor(perMinute(learned));
      return setPerMinute > 0 && pace >= setPerMinute
        ? null
        : `The mail relay wanted less mail: at most ${pace} a minute leave now, and more each minute.`;
    },
  };
}
