import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { queueKey, queueKeys } from '../../redis/keys.ts';
import { takeJobScript } from '../scripts/line/take-job.ts';

/** How long a worker with a free place waits for the bell before it looks by itself. */
const LOOK_EVERY_SECONDS = 1;
const TRY_AGAIN_MS = 500;

/** A job as it was taken: its id, and its hash as Redis answers it. */
export type TakenJob = readonly [id: string, hash: readonly string[]];

/** A run that has fetched and wants its place back, and since when (ms). */
export interface Returning {
  id: string;
  sinceMs: number;
}

export interface TakerDeps {
  redis: Redis;
  /** A connection that may block. */
  bell: () => Redis;
  kind: string;
  /** The worker's lock token, and how long a lock holds. */
  token: string;
  lockMs: number;
  /** Counts the places of all workers. */
  countPlaces: () => Promise<number>;
  /** What the worker has use for now: null while none of its places is free, or nobody wants it. */
  wanted(): { job: boolean; returning: readonly Returning[] } | null;
  admitBack(id: string): void;
  admitJob(job: TakenJob): void;
  onError: (error: unknown) => void;
}

/** Fills the free places of a worker, one at a time, as the kind's line says. */
export interface Taker {
  /** Looks whether something can be taken; call it when something is wanted that was not. */
  look(): void;
  /** Takes nothing more, and resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Makes the taker; between its looks it waits for the kind's bell. */
export function createTaker(deps: TakerDeps): Taker {
  const { redis, kind, token, lockMs, onError } = deps;
  const bellKey = queueKey(kind, 'bell');
  let closed = false;
  let taking: Promise<void> | null = null;
  let lookAgain = false;
  let isListening = false;

  const wanted = () => (closed ? null : deps.wanted());

  /** Fills one place; false when nobody may have it. */
  const takeOne = async (job: boolean, returning: readonly Returning[]): Promise<boolean> => {
    const keys = queueKeys(kind, 'active', 'wait', 'meta-paused');
    const back = returning.flatMap(({ id, sinceMs }) => [id, sinceMs]);
    const args = [queueKey(kind, ''), token, lockMs, await deps.countPlaces(), job ? 1 : 0, ...back];
    const answer = (await takeJobScript(redis, keys, args)) as ['job' | 'back' | 'gone', string, string[]?] | null;
    if (!answer) return false;
    const [what, id, hash = []] = answer;
    if (what === 'back') deps.admitBack(id);
    if (what === 'job') deps.admitJob([id, hash]);
    return true;
  };

  const takeAll = async (): Promise<void> => {
    do {
      lookAgain = false;
      for (let want = wanted(); want; want = wanted()) if (!(await takeOne(want.job, want.returning))) break;
    } while (lookAgain);
  };

  const take = (): Promise<void> => {
    lookAgain = true;
    taking ??= takeAll()
      .catch((error) => {
        onError(error);
        setTimeout(look, TRY_AGAIN_MS).unref();
      })
      .finally(() => {
        taking = null;
      });
    return taking;
  };

  const waitForBell = async (): Promise<void> => {
    try {
      const rung = await deps.bell().blpop(bellKey, LOOK_EVERY_SECONDS);
      // It was meant for a worker that has a free place.
      if (rung && !closed && !wanted()) await redis.lpush(bellKey, 1);
    } catch (error) {
      if (!closed) onError(error);
      await delay(TRY_AGAIN_MS, undefined, { ref: false });
    }
  };

  const listen = async (): Promise<void> => {
    isListening = true;
    while (wanted()) {
      await take();
      if (wanted()) await waitForBell();
    }
    isListening = false;
  };

  const look = () => void (isListening ? take() : listen());

  return {
    look,
    async close() {
      closed = true;
      await taking;
    },
  };
}
