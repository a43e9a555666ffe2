import type { Redis } from 'ioredis';
import { now } from '../../clock.ts';
import { historyKey } from '../../redis/keys.ts';
import { addCounts, addFigures, type Figures, noFigures } from './figures.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
/** Longer ago than this the hours are read: minutes are kept an hour longer. */
const MINUTES_READ_MS = 25 * HOUR_MS;
/** So long after its end a step is read anew: what was counted in its last moment is there by then. */
const SETTLED_MS = 5000;
/** Steps that a process remembers. */
const MOST_REMEMBERED = 5000;
/** Hashes that are read in one round trip. */
const TOGETHER = 100;
/** Most steps of most kinds. */
const NOTHING: Figures = noFigures();

/** What happened in one step of time. */
export interface Step {
  /** Its beginning (ms); the last one may still go on. */
  at: number;
  figures: Figures;
}

/** Which time is asked for, and in which steps. */
export interface HistoryQuery {
  /** Steps before now, the one that goes on included. */
  steps: number;
  /** Whole minutes, or hours where it goes back for more than a day (ms). */
  stepMs: number;
}

/** What has happened to jobs: by minutes for a day, by hours for 31 days, and since the counting began. */
export interface History {
  /** Reads the steps of each kind, the oldest first. */
  read(query: HistoryQuery): Promise<Record<string, Step[]>>;
  /** Reads what has happened since ever; it never becomes less. */
  totals(): Promise<Record<string, Figures>>;
}

/** The hash of a minute's or an hour's counts. */
export const bucketKey = (kind: string, unitMs: number, at: number): string =>
  `${historyKey(kind)}:${unitMs === HOUR_MS ? 'hour' : 'minute'}:${Math.floor(at / unitMs)}`;

/** The beginnings of the minutes, or hours, of some time. */
export const unitsOf = (from: number, to: number, unitMs: number): number[] =>
  Array.from({ length: Math.round((to - from) / unitMs) }, (_, index) => from + index * unitMs);

/** Reads hashes, some in each round trip, in their order; one that is damaged has no fields. */
export async function* readHashes(redis: Redis, keys: readonly string[]): AsyncGenerator<Record<string, string>> {
  for (let first = 0; first < keys.length; first += TOGETHER) {
    const pipeline = redis.pipeline();
    for (const key of keys.slice(first, first + TOGETHER)) pipeline.hgetall(key);
    for (const [error, hash] of (await pipeline.exec()) ?? []) {
      if (error && !error.message.startsWith('WRONGTYPE')) throw error;
      yield error ? {} : (hash as Record<string, string>);
    }
  }
}

/** Makes the reader; steps that are over it reads once. */
export function createHistory(redis: Redis, kinds: readonly string[]): History {
  const remembered = new Map<string, Figures>();

  const readSteps = async (kind: string, { steps, stepMs }: HistoryQuery): Promise<Step[]> => {
    const askedAt = now();
    const last = Math.floor(askedAt / stepMs) * stepMs;
    const times = unitsOf(last - (steps - 1) * stepMs, last + stepMs, stepMs);
    const nameOf = (at: number) => `${kind} ${stepMs} ${at}`;
    const parts = times
      .filter((at) => !remembered.has(nameOf(at)))
      .flatMap((at) => partsOf(at, stepMs).map((part) => ({ ...part, step: at })));
    const read = new Map(parts.map(({ step }) => [step, NOTHING]));
    const keys = parts.map(({ at, unitMs }) => bucketKey(kind, unitMs, at));
    let index = 0;
    for await (const hash of readHashes(redis, keys)) {
      const step = parts[index]?.step ?? 0;
      const known = read.get(step) ?? NOTHING;
      if (Object.keys(hash).length > 0) read.set(step, addCounts(known === NOTHING ? noFigures() : known, hash));
      index += 1;
    }
    if (remembered.size > MOST_REMEMBERED) remembered.clear();
    for (const [at, figures] of read) {
      if (at + stepMs + SETTLED_MS < askedAt) remembered.set(nameOf(at), figures);
    }
    return times.map((at) => ({ at, figures: remembered.get(nameOf(at)) ?? read.get(at) ?? NOTHING }));
  };

  return {
    async read(query) {
      const read: [string, Step[]][] = [];
      for (const kind of kinds) read.push([kind, await readSteps(kind, query)]);
      return Object.fromEntries(read);
    },
    async totals() {
      const totals: Figures[] = [];
      const keys = kinds.map((kind) => `${historyKey(kind)}:totals`);
      for await (const hash of readHashes(redis, keys)) totals.push(addCounts(noFigures(), hash));
      return Object.fromEntries(kinds.map((kind, index) => [kind, totals[index] ?? NOTHING]));
    },
  };
}

/** The hours and minutes that a step is made of. */
function partsOf(at: number, stepMs: number): { at: number; unitMs: number }[] {
  const end = Math.min(at + stepMs, now() + MINUTE_MS);
  const minutesFrom = Math.ceil((now() - MINUTES_READ_MS) / HOUR_MS) * HOUR_MS;
  const between = Math.max(at, Math.min(minutesFrom, end));
  return [
    ...unitsOf(at, between, HOUR_MS).map((hour) => ({ at: hour, unitMs: HOUR_MS })),
    ...unitsOf(between, end, MINUTE_MS).map((minute) => ({ at: minute, unitMs: MINUTE_MS })),
  ];
}

/** Adds up steps. */
export const sumSteps = (steps: readonly Step[]): Figures =>
  steps.reduce((sum, { figures }) => addFigures(sum, figures), noFigures());
