import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../../clock.ts';
import { queueKey } from '../../redis/keys.ts';
import { createFetchSeats } from './fetch-seats.ts';
import { createPlaceCount } from './place-count.ts';
import { createTaker, type Returning, type TakenJob, type TakerDeps } from './taker.ts';

/** Bull asks on until it is told to pause, a moment after the places are closed. */
const CLOSED_MS = 100;

/** A worker's places: the next job for a free one, and runs that give theirs away while they fetch something. */
export interface Places {
  /** Takes the next job as soon as a place is free and somebody may have it; null once the places are closed. */
  next(): Promise<TakenJob | null>;
  /** Frees the place of a job that was given; call it when the job is in no list of running ones any more. */
  leave(id: string): void;
  /**
   * Frees the place of a job whose end has just been sent to Redis: what is asked for next follows on the same connection,
   * with no answer between. `following` tells what came.
   */
  passOn(id: string): void;
  /** Resolves with the job that came in the place of one that was passed on; null where that is none. */
  following(id: string): Promise<TakenJob | null>;
  /**
   * Does work that waits for others (a download) without the run's place, and resolves when it has one again. Rejects with
   * slots_full, before anything is done, when too many such runs are under way, else as the work or the signal does.
   */
  withoutPlace<T>(run: FetchingRun, work: () => Promise<T>): Promise<T>;
  /** Counts the places of all workers of the kind. */
  total(): Promise<number>;
  /** Takes nothing more; a job that is being taken is still given, and runs that have fetched get their places back. */
  close(): void;
}

/** A run that is to fetch something. */
export interface FetchingRun {
  id: string;
  caller: string;
  signal: AbortSignal;
  /** Its time limit does not count while it waits for a place. */
  limit: { pause(): void; resume(): void };
}

export interface PlacesDeps
  extends Pick<TakerDeps, 'redis' | 'bell' | 'kind' | 'token' | 'lockMs' | 'isolation' | 'onError'> {
  /** Places of this worker. */
  concurrency: number;
}

/** Makes a worker's places; the first `next` begins to take jobs. */
export function createPlaces(deps: PlacesDeps): Places {
  const { redis, kind, concurrency, onError } = deps;
  const seats = createFetchSeats();
  /** The jobs that were taken and have not left, fetching ones included. */
  const taken = new Set<string>();
  const hungry: ((job: TakenJob | null) => void)[] = [];
  const returning = new Map() as ReturningRuns;
  const countPlaces = createPlaceCount(redis, kind, concurrency);
  let closed = false;
  const isFull = () => taken.size - seats.count() >= concurrency;
  const taker = createTaker({
    ...deps,
    countPlaces,
    wanted() {
      if (isFull() || hungry.length + returning.size === 0) return null;
      const places = concurrency - (taken.size - seats.count());
      return { jobs: hungry.length, places, returning: [...returning.values()] };
    },
    admitBack(id) {
      seats.give(id);
      returning.get(id)?.admit();
      returning.delete(id);
    },
    admitJob(job) {
      taken.add(job.id);
      hungry.shift()?.(job);
    },
  });

  const admitOwn = () =>
    admitReturning(returning, isFull, (id) => {
      seats.give(id);
      redis.hdel(queueKey(kind, id), 'fetching').catch(onError);
    });
  const look = () => (closed ? admitOwn() : taker.look());

  const next = async (): Promise<TakenJob | null> => {
    if (closed) return delay(CLOSED_MS, null);
    const taking = new Promise<TakenJob | null>((resolve) => hungry.push(resolve));
    taker.look();
    return taking;
  };
  const leave = (id: string): void => {
    if (!taken.delete(id)) return;
    seats.give(id);
    look();
  };

  return {
    next,
    leave,
    ...createPassing((id) => {
      leave(id);
      return closed ? null : next();
    }),
    async withoutPlace(run, work) {
      seats.take(run.id, run.caller);
      await redis.hset(queueKey(kind, run.id), 'fetching', 1);
      taker.look();
      const fetched = await work();
      await comeBack(run, { returning, look });
      return fetched;
    },
    total: countPlaces,
    close() {
      closed = true;
      void taker.close().then(() => {
        for (const resolve of hungry.splice(0)) resolve(null);
        admitOwn();
      });
    },
  };
}

/** Once nothing else is taken, runs that have fetched get the places that there are, without being in a line. */
function admitReturning(returning: ReturningRuns, isFull: () => boolean, give: (id: string) => void): void {
  for (const [id, { admit }] of returning) {
    if (isFull()) return;
    returning.delete(id);
    give(id);
    admit();
  }
}

/** Keeps what came in the places of jobs that were passed on, until it is asked for. */
function createPassing(
  exchange: (id: string) => Promise<TakenJob | null> | null,
): Pick<Places, 'passOn' | 'following'> {
  const passedOn = new Map<string, Promise<TakenJob | null>>();
  return {
    passOn(id) {
      const next = exchange(id);
      if (next) passedOn.set(id, next);
    },
    async following(id) {
      const job = passedOn.get(id) ?? null;
      passedOn.delete(id);
      return job;
    },
  };
}

/** Enters a run among those that want their place back; resolves when it has one, and rejects as its signal does. */
async function comeBack({ id, signal, limit }: FetchingRun, { returning, look }: ComeBackDeps): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  returning.set(id, { id, sinceMs: now(), admit: resolve });
  limit.pause();
  look();
  try {
    await promise;
  } finally {
    limit.resume();
    signal.removeEventListener('abort', stop);
    returning.delete(id);
  }
}

/** Runs that have fetched and want their places back, by their ids. */
type ReturningRuns = Map<string, Returning & { admit(): void }>;

interface ComeBackDeps {
  returning: ReturningRuns;
  look: () => void;
}
