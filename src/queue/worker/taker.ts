import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { queueKey, queueKeys } from '../../redis/keys.ts';
import type { IsolationLock, Pass } from '../run/bounds/isolation.ts';
import { takeJobsScript } from '../scripts/line/take-jobs.ts';

/** How long a worker with a free place waits for the bell before it looks by itself. */
const LOOK_EVERY_SECONDS = 1;
const TRY_AGAIN_MS = 500;

/** A job as it was taken. */
export interface TakenJob {
  id: string;
  /** Its hash, after it was claimed for `run`; where an earlier run of the job is open, that one's name stands there. */
  fields: Record<string, string>;
  /** Names the run. */
  run: string;
  /** The run's way in beside others; it has entered where the run has started. */
  pass: Pass;
}

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
  isolation: IsolationLock;
  /** What the worker has use for now, and its free places: null while none of its places is free, or nobody wants it. */
  wanted(): { jobs: number; places: number; returning: readonly Returning[] } | null;
  admitBack(id: string): void;
  admitJob(job: TakenJob): void;
  onError: (error: unknown) => void;
}

type Wanted = NonNullable<ReturnType<TakerDeps['wanted']>>;

type Answer = [what: 'job' | 'back', id: string, hash: string[]];

/** Fills the free places of a worker as the kind's line says. */
export interface Taker {
  /** Looks whether something can be taken; call it when something is wanted that was not. */
  look(): void;
  /** Takes nothing more, and resolves when nothing is under way. */
  close(): Promise<void>;
}

/** Fills free places; false when nobody may have the rest of them. */
async function takeSome({ jobs, places, returning }: Wanted, deps: TakerDeps): Promise<boolean> {
  const { redis, kind, token, lockMs, isolation } = deps;
  const all = await deps.countPlaces();
  const run = `${token}/${Date.now().toString(36)}`;
  const passes = Array.from({ length: Math.min(jobs, places) }, () => isolation.createPass());
  const mayStart = passes.map((pass) => pass.tryEnter()).every(Boolean);
  const back = returning.flatMap(({ id, sinceMs }) => [id, sinceMs]);
  const args = [queueKey(kind, ''), token, lockMs, all, passes.length, places, run, mayStart ? 1 : 0, ...back];
  try {
    const keys = queueKeys(kind, 'active', 'wait', 'meta-paused');
    const taken = (await takeJobsScript(redis, keys, args)) as Answer[];
    for (const [what, id, hash] of taken) {
      if (what === 'back') deps.admitBack(id);
      else deps.admitJob({ id, fields: toFields(hash), run, pass: passes.shift() as Pass });
    }
    return taken.length === Math.min(places, jobs + returning.length);
  } finally {
    for (const pass of passes) pass.leave();
  }
}

/** Makes the taker; between its looks it waits for the kind's bell. */
export function createTaker(deps: TakerDeps): Taker {
  const { redis, kind, onError } = deps;
  const bellKey = queueKey(kind, 'bell');
  let closed = false;
  let taking: Promise<void> | null = null;
  let lookAgain = false;
  let isListening = false;

  const wanted = () => (closed ? null : deps.wanted());

  const takeAll = async (): Promise<void> => {
    do {
      // Runs that end together ask together.
      await setImmediate();
      lookAgain = false;
      for (let want = wanted(); want; want = wanted()) if (!(await takeSome(want, deps))) break;
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

/** The fields of a hash as Redis answers it: names and values in turn. */
function toFields(hash: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let index = 0; index < hash.length; index += 2) fields[hash[index] as string] = hash[index + 1] as string;
  return fields;
}
