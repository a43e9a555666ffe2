import type { Rate } from '../../../../src/config/values.ts';
import type { RunningJob } from '../../../../src/jobs/processor.ts';
import { queueKey } from '../../../../src/redis/keys.ts';
import { ownKey, type Redis } from '../../../../src/redis/script.ts';
import { type LanedMail, laneOf } from './lane.ts';
import { createPace, type Pace } from './pace.ts';
import { askForSlotsScript, callMailsScript } from './slot-scripts.ts';

const KIND = 'emails';
/** Waiting mails are looked at this often at most; where none is due for longer than the other, `look` is called again. */
const LOOK_AT_MOST_MS = 50;
const LOOK_AT_LEAST_MS = 1000;

/** A mail as rates know it. */
export type ThrottledMail = LanedMail &
  Pick<RunningJob<unknown>, 'id' | 'attempt' | 'retries' | 'caller' | 'createdAt'>;

/** Whether a mail has its slots, and in how many milliseconds they come, or it asks again if it was not called before. */
export interface SlotAnswer {
  isTaken: boolean;
  waitMs: number;
}

/** Spaces mails evenly, over all hosts. */
export interface Throttle {
  /** What is learned of the relay's own limits. */
  pace: Pace;
  /**
   * Takes slots for the attempt in the rates of these domains and of the relay, all in one step; an attempt that asks again
   * keeps those it has. A mail that gets none waits: it is promoted when its turn has come.
   */
  reserve(mail: ThrottledMail, domains: readonly string[]): Promise<SlotAnswer>;
}

export interface ThrottleDeps {
  redis: Redis;
  /** The relay's name (`host:port`). */
  relay: string;
  /** For all mails. */
  relayRate?: Rate | undefined;
  /** For the mails to each domain. */
  domainRate?: Rate | undefined;
  /** Told when a mail waits. */
  onWait?: () => unknown;
}

const keys = (): string[] => [ownKey(KIND, 'rates:due'), queueKey(KIND, 'delayed')];
const prefixes = (): string[] => [queueKey(KIND, ''), ownKey(KIND, 'rate:')];
const intervalMs = ({ count, seconds }: Rate): number => (seconds * 1000) / count;

/** Makes the throttle of one relay. */
export function createThrottle({ redis, relay, relayRate, domainRate, onWait }: ThrottleDeps): Throttle {
  const setMs = relayRate ? intervalMs(relayRate) : 0;
  const pace = createPace(redis, relay, relayRate ? 60_000 / setMs : 0);
  return {
    pace,
    async reserve(mail, domains) {
      const ofDomains = domainRate ? domains.map((domain) => [`domain:${domain}`, intervalMs(domainRate)]) : [];
      const relayMs = Math.max(setMs, pace.intervalMs());
      const rates = [...ofDomains, ...(relayMs > 0 ? [[`relay:${relay}`, relayMs]] : [])].flat();
      if (rates.length === 0) return { isTaken: true, waitMs: 0 };
      const { id, attempt, retries = 0, caller, createdAt } = mail;
      const asked = [...prefixes(), id, `${retries}.${attempt}`, laneOf(mail), caller, createdAt.getTime()];
      const [isTaken, waitMs] = (await askForSlotsScript(redis, keys(), [...asked, ...rates])) as [number, number];
      if (isTaken === 0) onWait?.();
      return { isTaken: isTaken === 1, waitMs };
    },
  };
}

/** Calls waiting mails when their slots are due. Those of all processes do the same: whoever looks first, calls. */
export interface SlotWatch {
  /** Looks at once, and then as often as mails wait, until none is due for a second; never rejects. */
  look(): Promise<void>;
  close(): void;
}

/** Makes the watch of a process. */
export function createSlotWatch(redis: Redis, onError: (error: unknown) => void): SlotWatch {
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | null = null;
  let isClosed = false;
  const callDue = async () => {
    try {
      const dueMs = Number(await callMailsScript(redis, keys(), prefixes()));
      if (isClosed || dueMs < 0 || dueMs >= LOOK_AT_LEAST_MS) return;
      timer = setTimeout(look, Math.max(LOOK_AT_MOST_MS, dueMs));
    } catch (error) {
      onError(error);
    }
  };
  const look = async () => {
    clearTimeout(timer);
    looking ??= callDue().finally(() => {
      looking = null;
    });
    await looking;
  };
  return {
    look,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
