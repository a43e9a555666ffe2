import { now } from '../../../../src/clock.ts';
import type { DependencyHold } from '../../../../src/jobs/processor.ts';
import { MAKE_ROOM } from '../../../../src/redis/make-room.ts';
import { createScript, ownKey, type Redis } from '../../../../src/redis/script.ts';
import type { Trouble } from '../answers/smtp-error.ts';
import { callAll, callFirst, noteWaiting, type Rank, waitingKey } from './waiting-mails.ts';

/** Failures of the same sort in a row, over all hosts, after which no mail that it concerns is tried for a while. */
export const FAILURES_UNTIL_OPEN = 5;
/** Short: one mail tries after it, and each that fails doubles it. */
const FIRST_OPEN_MS = 2000;
/** Who wants less mail at a time is given time. */
const FIRST_OPEN_OF_RATE_MS = 15_000;
const LONGEST_OPEN_MS = 300_000;
/** What has not failed for so long starts from zero. */
const FORGET_MS = 3_600_000;
/** While one mail tries, the others ask again after this. */
const PROBE_WAIT_MS = 2000;
/** A caller whose mails wait, and who has tried longer ago than others, is waited for so long after the open time. */
const TURN_WAIT_MS = 35_000;
/** Whose mails asked within this wait: they come back within the longest open time, and a little. */
const WAITS_MS = LONGEST_OPEN_MS + 60_000;
/** Turns are kept of so many callers. */
const MOST_CALLERS = 1000;
/** Senders that an operator is shown of at a time; no caller's hide those of another one. */
const MOST_SHOWN = 100;

/**
 * Whose turn it is to try, of a breaker that all callers share: the one's who has tried longest ago, among those whose mails
 * wait. So no caller's bad mails keep it open for the others. Beside the breaker lies `:turns`: when each caller's mails last
 * asked (`a:<caller>`), and tried (`p:<caller>`).
 */
const TURNS = `
local function noteTurn(breaker, sort, caller, now)
  local key, field = breaker .. ':turns', sort .. caller
  if redis.call('HEXISTS', key, field) == 0 and redis.call('HLEN', key) >= ${2 * MOST_CALLERS} then return end
  redis.call('HSET', key, field, now)
  redis.call('PEXPIRE', key, ${FORGET_MS})
end
local function isTurn(breaker, caller, now, dueAt)
  if now >= dueAt + ${TURN_WAIT_MS} then return true end
  local all, tried, waits = redis.call('HGETALL', breaker .. ':turns'), {}, {}
  for i = 1, #all, 2 do
    local of = string.sub(all[i], 1, 2) == 'p:' and tried or waits
    of[string.sub(all[i], 3)] = tonumber(all[i + 1])
  end
  for other, askedAt in pairs(waits) do
    if askedAt > now - ${WAITS_MS} and (tried[other] or 0) < (tried[caller] or 0) then return false end
  end
  return true
end
`;

/**
 * Asks whether a mail may be tried by all of its breakers. The first job to ask after the open time whose caller's turn it is
 * is the probe; for all others the breaker stays open as long as the probe may take. A probe that asks again is let through again.
 * KEYS: the three breakers, the mails that wait for each. ARGV: 1 now, 2 how long a probe may take (ms), 3 the job's id, 4 how long others wait for it (ms),
 * 5 `1` to look only: then the job does not become the probe, 6 the caller, 7 how many of the breakers all callers share.
 * Returns the milliseconds to wait (0: go ahead), the number of the breaker, and why it is open.
 */
const enterScript = createScript(
  'heavyliftMailEnter',
  6,
  `${TURNS}
local now, longest, which = tonumber(ARGV[1]), 0, 0
for i = 1, 3 do
  local open = redis.call('HMGET', KEYS[i], 'until', 'probe')
  local wait = tonumber(open[1] or 0) - now
  local isProbe = open[2] == ARGV[3]
  if open[2] then wait = isProbe and 0 or math.min(wait, tonumber(ARGV[4])) end
  if open[1] and not isProbe and i <= tonumber(ARGV[7]) then
    if wait <= 0 and not isTurn(KEYS[i], ARGV[6], now, tonumber(open[1])) then wait = tonumber(ARGV[4]) end
    noteTurn(KEYS[i], 'a:', ARGV[6], now)
  end
  if wait > longest then longest, which = wait, i end
end
if longest > 0 then return { math.ceil(longest), which, redis.call('HGET', KEYS[which], 'why') or '' } end
if ARGV[5] == '1' then return { 0, 0, '' } end
for i = 1, 3 do
  redis.call('ZREM', KEYS[i + 3], ARGV[3])
  if redis.call('HEXISTS', KEYS[i], 'until') == 1 then
    redis.call('HSET', KEYS[i], 'until', now + ARGV[2], 'probe', ARGV[3])
    if i <= tonumber(ARGV[7]) then noteTurn(KEYS[i], 'p:', ARGV[6], now) end
  end
end
return { 0, 0, '' }`,
);

/**
 * Counts a failure. An attempt that fails while the breaker is open had started before and is not counted, the probe
 * apart: else a burst of failures would count as many.
 * KEYS: 1 the breaker, 2 what is shown of open ones. ARGV: 1 now, 2 the job's id, 3 failures until open, 4 first and 5
 * longest open time (ms), 6 when to forget (ms), 7 why, 8 how many are shown, 9 what it is about, 10 the sender, 11 `1` where a
 * look at the relay would have failed as well, 12 the caller. Returns how long the breaker opens (ms), 0 if it does not.
 */
const failScript = createScript(
  'heavyliftMailFail',
  2,
  `${MAKE_ROOM}
local openUntil = tonumber(redis.call('HGET', KEYS[1], 'until') or 0)
if openUntil > tonumber(ARGV[1]) and redis.call('HGET', KEYS[1], 'probe') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], 'probe')
local beyond = redis.call('HINCRBY', KEYS[1], 'failures', 1) - ARGV[3]
redis.call('PEXPIRE', KEYS[1], ARGV[6])
if beyond < 0 then return 0 end
local open = math.min(ARGV[4] * 2 ^ math.min(beyond, 20), tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'until', ARGV[1] + open, 'open', open, 'why', ARGV[7], 'look', ARGV[11])
local isKnown = ARGV[9] ~= 'sender' or redis.call('HEXISTS', KEYS[2], KEYS[1]) == 1
if isKnown or redis.call('HLEN', KEYS[2]) < tonumber(ARGV[8]) or makeRoom(KEYS[2], ARGV[12], 'at') then
  local shown = { why = ARGV[7], at = tonumber(ARGV[1]), about = ARGV[9], who = ARGV[10] }
  if ARGV[9] == 'sender' then shown.caller = ARGV[12] end
  redis.call('HSET', KEYS[2], KEYS[1], cjson.encode(shown))
end
return open`,
);

/**
 * Gives back what the job is the probe of: the next whose turn it is is the probe.
 * KEYS: the three breakers. ARGV: 1 the job's id, 2 now.
 */
const leaveScript = createScript(
  'heavyliftMailLeave',
  3,
  `
for i = 1, 3 do
  if redis.call('HGET', KEYS[i], 'probe') == ARGV[1] then
    redis.call('HDEL', KEYS[i], 'probe')
    redis.call('HSET', KEYS[i], 'until', ARGV[2])
  end
end`,
);

/**
 * Lets the next mail try at once, whoever's it is, where a look at the relay shows what the last failure was about. One that fails all the same
 * opens the breaker for longer, and as long as that no look counts again.
 * KEYS: the breaker. ARGV: 1 now. Answers 1 where it does.
 */
const letTryScript = createScript(
  'heavyliftMailLetTry',
  1,
  `
local now = tonumber(ARGV[1])
local at = redis.call('HMGET', KEYS[1], 'look', 'until', 'let', 'open')
if at[1] ~= '1' or not at[2] or (at[3] and at[3] + (at[4] or 0) > now) then return 0 end
redis.call('HDEL', KEYS[1], 'probe')
redis.call('HSET', KEYS[1], 'until', now - ${TURN_WAIT_MS}, 'let', now)
return 1`,
);

/**
 * Closes breakers, in one step with what is shown of them.
 * KEYS: what is shown of open ones, then the breakers. Answers how many there were.
 */
const succeedScript = createScript(
  'heavyliftMailSucceed',
  null,
  `
local closed = 0
for i = 2, #KEYS do
  if redis.call('DEL', KEYS[i]) == 1 then
    closed = closed + 1
    redis.call('HDEL', KEYS[1], KEYS[i])
    redis.call('DEL', KEYS[i] .. ':turns')
  end
end
return closed`,
);

/** Said of a breaker that was opened by a version that kept no reason. */
const UNTOLD = 'The mail relay takes no mail now.';

/** What is shown of an open breaker; a version before kept less. */
interface Shown {
  why: string;
  at: number;
  about?: BreakerName;
  who?: string;
  /** Whose sender it is. */
  caller?: string;
}

/** What a breaker is about. */
export type BreakerName = Trouble['about'];
const NAMES: readonly BreakerName[] = ['relay', 'rate', 'sender'];
/** How many of them all callers share: the first. */
const SHARED = 2;

/** A mail, as far as breakers know it. A sender counts for each caller by itself: no caller stops another's mails. */
export interface Attempt {
  jobId: string;
  caller: string;
  from: string;
}

/** A breaker that is open. */
export interface OpenBreaker {
  about: BreakerName;
  waitMs: number;
  /** The sentence that it was opened with. */
  why: string;
}

/**
 * Keeps mails of all hosts from what does not take them now: the relay, a sender that it refuses, more mail than it wants.
 * They wait, and use up no attempt.
 */
export interface Breaker {
  /** Asks whether the mail may be tried; resolves with the breaker that says no, null where none does. */
  enter(attempt: Attempt): Promise<OpenBreaker | null>;
  /** Looks whether the mail could be tried now, which does not make it the one that tries. */
  look(attempt: Attempt): Promise<OpenBreaker | null>;
  /** Lets another mail be the one that tries, where this one was and has not shown whether mails are taken. */
  leave(attempt: Attempt): Promise<void>;
  /** Counts a failure; resolves with how long (ms) that breaker is open now, 0 if it is not. */
  fail(attempt: Attempt, trouble: Pick<Trouble, 'about' | 'sentence' | 'isAtLook'>): Promise<number>;
  /**
   * Lists the mail among those that are called when that breaker, which is open, closes; they come back by themselves as well,
   * those of a rate in no other way.
   */
  wait(attempt: Attempt, about: BreakerName, rank: Rank): Promise<void>;
  /** Lets a mail try whether the relay takes mail again, before its time: a look has found there what was missing. */
  letTry(): Promise<void>;
  /** Closes these breakers of the mail, forgets the failures, and calls the mails that wait, but those of a rate. */
  succeed(attempt: Attempt, names: readonly BreakerName[]): Promise<void>;
  /** Lists why breakers of the last hour are open, for an operator: of each caller in turn, and that of the relay itself. */
  holds(): Promise<DependencyHold[]>;
}

/** Of what is never away: one mail that is put off keeps no other from being tried. */
export const NO_BREAKER: Breaker = {
  enter: async () => null,
  look: async () => null,
  leave: async () => {},
  fail: async () => 0,
  wait: async () => {},
  letTry: async () => {},
  succeed: async () => {},
  holds: async () => [],
};

/** Makes the breakers of one relay (`host:port`). `probeMs` is the longest that one try takes. */
export function createBreaker(redis: Redis, relay: string, probeMs: number): Breaker {
  const shownKey = ownKey('emails', `open:${relay}`);
  const relayKey = ownKey('emails', `relay:${relay}`);
  const keyOf = (name: BreakerName, { caller, from }: Attempt): string => {
    if (name === 'relay') return relayKey;
    return ownKey('emails', name === 'rate' ? `pace:${relay}` : `sender:${relay}:${caller}:${from.toLowerCase()}`);
  };
  const keysOf = (attempt: Attempt, names = NAMES): string[] => names.map((name) => keyOf(name, attempt));
  const ask = async (attempt: Attempt, looksOnly: 0 | 1): Promise<OpenBreaker | null> => {
    const { jobId, caller } = attempt;
    const args = [now(), probeMs, jobId, PROBE_WAIT_MS, looksOnly, caller, SHARED];
    const keys = keysOf(attempt);
    const answer = await enterScript(redis, [...keys, ...keys.map(waitingKey)], args);
    const [waitMs, which, why] = answer as [number, number, string];
    return waitMs > 0 ? { about: NAMES[which - 1] ?? 'relay', waitMs, why: why || UNTOLD } : null;
  };
  return {
    enter: (attempt) => ask(attempt, 0),
    look: (attempt) => ask(attempt, 1),
    async leave(attempt) {
      await leaveScript(redis, keysOf(attempt), [attempt.jobId, now()]);
    },
    async fail(attempt, { about, sentence, isAtLook = false }) {
      const firstMs = about === 'rate' ? FIRST_OPEN_OF_RATE_MS : FIRST_OPEN_MS;
      const times = [FAILURES_UNTIL_OPEN, firstMs, LONGEST_OPEN_MS, FORGET_MS];
      const { jobId, from, caller } = attempt;
      const args = [now(), jobId, ...times, sentence, MOST_SHOWN, about, from, isAtLook ? 1 : 0, caller];
      return Number(await failScript(redis, [keyOf(about, attempt), shownKey], args));
    },
    async wait(attempt, about, rank) {
      if (about !== 'rate') await noteWaiting(redis, keyOf(about, attempt), attempt.jobId, rank);
    },
    async letTry() {
      if ((await letTryScript(redis, [relayKey], [now()])) === 1) await callFirst(redis, relayKey);
    },
    async succeed(attempt, names) {
      if ((await succeedScript(redis, [shownKey, ...keysOf(attempt, names)], [])) === 0) return;
      // Who wants less mail at a time does not get all that waits.
      for (const name of names) if (name !== 'rate') void callAll(redis, keyOf(name, attempt)).catch(() => {});
    },
    async holds() {
      const shown = Object.entries(await redis.hgetall(shownKey)).map(([key, text]) => {
        return { key, ...(JSON.parse(text) as Shown) };
      });
      const old = shown.filter(({ at }) => at < now() - FORGET_MS).map(({ key }) => key);
      if (old.length > 0) await redis.hdel(shownKey, ...old);
      return inTurn(shown).flatMap(({ key, why, about, who }): DependencyHold[] => {
        if (old.includes(key)) return [];
        if (key === relayKey) return [{ about: 'relay', who: null, why }];
        return [about === 'rate' ? { about, who: null, why } : { about: 'sender', who: who ?? null, why }];
      });
    },
  };
}

/** Orders them so that each caller has its first before anybody's second. */
function inTurn<One extends { caller?: string }>(shown: readonly One[]): One[] {
  const rounds: One[][] = [];
  for (const own of Map.groupBy(shown, ({ caller }) => caller).values()) {
    for (const [round, one] of own.entries()) rounds[round] = [...(rounds[round] ?? []), one];
  }
  return rounds.flat();
}
