import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { JobState } from '../../jobs/stored-job.ts';
import { queueKey } from '../../redis/keys.ts';
import { findIndexes, type IndexQuery, type JobIndex, newestFirst, type Position } from './job-index.ts';
import { type JobMatch, LOOKED_AT_ONCE, matchJobs, walkIndex } from './match-jobs.ts';

/** A page that is not full by then ends where it is; its cursor goes on. */
const SEARCHED_MS = 1800;
/** The longest that Redis is left to others alone between two steps. */
const REST_MS = 2;
/** As many jobs of the states asked for are looked at one by one, however many others there are. */
const FEW_JOBS = 2000;

type Query = IndexQuery & JobMatch;

/** What was found in one index, newest first, and how far it was looked at (null: to its end). */
interface Found {
  entries: Position[];
  reached: Position | null;
}

/**
 * Finds a page of the jobs of some indexes that match, newest first, and where the next page begins. Jobs of rare states are
 * found by the sets of these states; otherwise the indexes are walked, a small step at a time; between two of them
 * everybody else has Redis alone for as long as the step worked, or two milliseconds.
 */
export async function findListed(redis: Redis, query: Query): Promise<{ page: Position[]; next: Position | null }> {
  // One that has waited for others looks at little, and its next page goes on.
  const until = performance.now() + SEARCHED_MS;
  return query.text === undefined ? findPage(redis, query, until) : inTurn(() => findPage(redis, query, until));
}

async function findPage(
  redis: Redis,
  given: Query,
  until: number,
): Promise<{ page: Position[]; next: Position | null }> {
  const query = { ...given, states: given.states ?? statesOf(given) };
  const found = await Promise.all(
    query.kinds.map(async (kind) => {
      const indexes = await findIndexes(redis, kind, query);
      const rare = await readRare(redis, kind, query.states);
      const find = (index: JobIndex) => (rare ? findAmong(redis, kind, index, { query, rare }) : null);
      return Promise.all(indexes.map((index) => find(index) ?? walk(redis, kind, index, { query, until })));
    }),
  );
  const all = found.flat();
  // What lies behind the place that another index was not searched for is of a later page.
  const [frontier] = all.flatMap(({ reached }) => reached ?? []).sort(newestFirst);
  const sorted = all.flatMap(({ entries }) => entries).sort(newestFirst);
  const known = frontier ? sorted.filter((entry) => newestFirst(entry, frontier) <= 0) : sorted;
  const page = known.slice(0, query.limit);
  return { page, next: page.length === query.limit ? (page.at(-1) ?? null) : (frontier ?? null) };
}

/** The states that an error says: only jobs that ended with it have it. */
const statesOf = ({ error }: JobMatch): readonly JobState[] | undefined =>
  error && [error === 'cancelled' ? 'cancelled' : 'failed'];

/** Walks an index from its newest job on until a page is full, the time is over or there are no more. */
async function walk(
  redis: Redis,
  kind: string,
  index: JobIndex,
  { query, until }: { query: Query; until: number },
): Promise<Found> {
  const entries: Position[] = [];
  let { after } = query;
  for (;;) {
    const wanted = query.limit - entries.length;
    const step = await walkIndex(redis, kind, query, { ...query, index, after, wanted });
    entries.push(...step.entries);
    after = step.last ?? after;
    if (!step.goesOn) return { entries, reached: null };
    if (entries.length >= query.limit || performance.now() > until) return { entries, reached: after };
    await delay(Math.min(step.workedMs, REST_MS));
  }
}

/** Finds the jobs of an index among those of rare states. */
async function findAmong(
  redis: Redis,
  kind: string,
  index: JobIndex,
  { query, rare }: { query: Query; rare: readonly string[] },
): Promise<Found> {
  if (rare.length === 0) return { entries: [], reached: null };
  const { after, createdFrom = Number.NEGATIVE_INFINITY, createdTo = Number.POSITIVE_INFINITY, limit } = query;
  const scores = await redis.zmscore(index.key, ...rare);
  const listed = rare
    .flatMap((id, place) => (scores[place] === null ? [] : [{ id, createdAt: Number(scores[place]) }]))
    .filter(({ createdAt }) => createdAt >= createdFrom && createdAt <= createdTo)
    .filter((entry) => !after || newestFirst(after, entry) < 0)
    .sort(newestFirst);
  const entries: Position[] = [];
  for (let first = 0; first < listed.length && entries.length < limit; first += LOOKED_AT_ONCE) {
    const page = listed.slice(first, first + LOOKED_AT_ONCE);
    const ids = new Set(await matchJobs(redis, kind, query, { ids: page.map(({ id }) => id), index }));
    entries.push(...page.filter(({ id }) => ids.has(id)));
  }
  return { entries, reached: null };
}

/** Where the jobs of a state lie, beside their indexes. Failed and cancelled ones lie together, and are told apart later. */
const PLACES: Readonly<Record<JobState, readonly (readonly ['set' | 'list', (kind: string) => string])[]>> = {
  waiting: [
    ['list', (kind) => queueKey(kind, 'wait')],
    ['list', (kind) => queueKey(kind, 'paused')],
  ],
  delayed: [['set', (kind) => queueKey(kind, 'delayed')]],
  active: [['list', (kind) => queueKey(kind, 'active')]],
  completed: [['set', (kind) => queueKey(kind, 'completed')]],
  failed: [['set', (kind) => queueKey(kind, 'failed')]],
  cancelled: [['set', (kind) => queueKey(kind, 'failed')]],
};
const COUNT = { set: 'zcard', list: 'llen' } as const;

/** The ids of the jobs in these states, where they are few; null where they are not, or any state is asked for. */
async function readRare(redis: Redis, kind: string, states: readonly JobState[] | undefined): Promise<string[] | null> {
  if (!states) return null;
  const places = states.flatMap((state) => PLACES[state].map(([sort, keyOf]) => ({ sort, key: keyOf(kind) })));
  const counts = await Promise.all(places.map(({ sort, key }) => redis[COUNT[sort]](key)));
  if (counts.reduce((sum, count) => sum + count, 0) > FEW_JOBS) return null;
  const read = {
    set: (key: string) => redis.zrange(key, 0, -1),
    list: (key: string) => redis.lrange(key, 0, -1),
  };
  const ids = await Promise.all(places.map(({ sort, key }) => read[sort](key)));
  return [...new Set(ids.flat())];
}

let last: Promise<unknown> = Promise.resolve();

/** Searches one after the other in this process, so that many of them hold up nobody else. */
function inTurn<T>(search: () => Promise<T>): Promise<T> {
  const turn = last.then(search);
  last = turn.catch(() => {});
  return turn;
}
