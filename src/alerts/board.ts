import { randomUUID } from 'node:crypto';
import { createJanitorLock } from '../queue/upkeep/janitor-lock.ts';
import { alertFailedKey, alertLeaseKey, alertSeenKey, alertStateKey } from '../redis/keys.ts';
import type { Redis } from '../redis/script.ts';
import type { FailedAlert } from '../verdict/facts.ts';
import type { Fault, Incident } from './incidents.js';

/** Whoever tells has this time to come back (ms). */
const LEASE_MS = 15_000;
/** What a process has seen counts for so long. */
const SEEN_MS = 15_000;
/** All of it goes when no process has come for so long. */
const KEPT_MS = 60_000;

/** What whoever tells leaves for the one who comes after it. */
export interface AlertState {
  /** What the ids of incidents are made of: another one after each that was resolved. */
  epoch: string;
  incidents: Incident[];
  /** The ids of those that were told as resolved, the last ones. */
  closed: string[];
}

/** What a process has seen. */
export interface Seen {
  at: number;
  faults: Fault[];
  /** What it has told while it had no Redis, also for a while after that; null where it has one. */
  alone: Pick<AlertState, 'incidents' | 'closed'> | null;
}

/** What the processes that judge know of each other. */
export interface Meeting {
  /** Whether this process tells for all. */
  isTeller: boolean;
  others: Seen[];
  /** Null where nobody has told anything yet. */
  state: AlertState | null;
  /** The ways that failed last. */
  failed: FailedAlert[];
}

/** Where the web processes agree on who tells, and what was told. */
export interface AlertBoard {
  /** Shows what this process has seen, and reads the rest. Null where Redis does not answer or takes nothing. */
  meet(seen: Seen): Promise<Meeting | null>;
  /** Keeps what was told, if this process still tells. Never rejects. */
  save(state: AlertState): Promise<void>;
  /** Lets another process tell. Never rejects. */
  leave(): Promise<void>;
  /** Keeps which ways failed. Never rejects. */
  saveFailed(failed: readonly FailedAlert[]): Promise<void>;
}

/** Makes it over a connection of `openProducerRedis`. */
export function createAlertBoard(redis: Redis): AlertBoard {
  const token = randomUUID();
  const lease = createJanitorLock(redis, alertLeaseKey(), LEASE_MS);

  return {
    async meet(seen) {
      if (redis.status !== 'ready') return null;
      try {
        const isTeller = await lease.acquire();
        // A Redis that is full takes the lease and nothing else: then each tells what it sees itself.
        const [, , [, all] = [], [, state] = [], [, failed] = []] =
          (await redis
            .pipeline()
            .hset(alertSeenKey(), token, JSON.stringify(seen))
            .pexpire(alertSeenKey(), KEPT_MS)
            .hgetall(alertSeenKey())
            .get(alertStateKey())
            .get(alertFailedKey())
            .exec()) ?? [];
        const entries = Object.entries((all ?? {}) as Record<string, string>);
        const others = entries.flatMap(([name, text]) => (name === token ? [] : [JSON.parse(text) as Seen]));
        return {
          isTeller,
          others: others.filter(({ at }) => Math.abs(seen.at - at) < SEEN_MS),
          state: parse<AlertState>(state),
          failed: parse<FailedAlert[]>(failed) ?? [],
        };
      } catch {
        return null;
      }
    },
    async save(state) {
      if (redis.status !== 'ready') return;
      try {
        if (await lease.acquire()) await redis.set(alertStateKey(), JSON.stringify(state));
      } catch {
        // It is in memory, and is kept with the next change.
      }
    },
    async leave() {
      if (redis.status !== 'ready') return;
      await Promise.all([lease.release(), redis.hdel(alertSeenKey(), token)]).catch(() => {});
    },
    async saveFailed(failed) {
      if (redis.status !== 'ready') return;
      const written =
        failed.length > 0 ? redis.set(alertFailedKey(), JSON.stringify(failed)) : redis.del(alertFailedKey());
      await written.catch(() => {});
    },
  };
}

const parse = <T>(text: unknown): T | null => (typeof text === 'string' ? (JSON.parse(text) as T) : null);
