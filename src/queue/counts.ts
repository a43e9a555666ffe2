import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import type { Dependency } from '../jobs/processor.ts';
import { type Mark, parseMark } from '../processes/mark.js';
import {
  cancelledKey,
  pausedByKey,
  pausedSinceKey,
  queueKey,
  queueKeys,
  workerKey,
  workersKey,
} from '../redis/keys.ts';
import { markCountsScript } from './scripts/mark-counts.ts';

/** Jobs of a kind by where they are. */
export interface Counts {
  waiting: number;
  delayed: number;
  active: number;
  completed: number;
  failed: number;
  cancelled: number;
  paused: boolean;
  /** Since when (ms); null while it is not, and where it is not known. */
  pausedSince: number | null;
  /** The name of the key that paused it; null like `pausedSince`. */
  pausedBy: string | null;
}

/** One worker process that was alive within the last seconds. */
export interface WorkerFacts {
  kind: string;
  id: string;
  host: string;
  pid: number;
  concurrency: number;
  running: number;
  /** Mean time of its recent jobs; null until it has done one. */
  meanMs: number | null;
  startedAt: string;
  /** Its name under supervisord (`images-0`); absent where a person started it. */
  process?: string;
  /** The version that it runs, as `codeVersion` says it. */
  version?: string;
  /** The memory that its process takes. */
  rssBytes?: number;
  /** The jobs that it has run longest, and for how long (ms). */
  jobs?: { id: string; runsMs: number }[];
  /** How long ago it gave its last sign of life (ms), when it was read. */
  signMs?: number;
  /** How far its machine's clock is ahead of the deployment's (ms). */
  skewMs?: number;
  /** The outside service that its kind needs (a mail relay), as this worker last saw it. */
  dependency?: Dependency | null;
}

/** Answers that make the counts of a kind. */
const ANSWERS = 10;

/** Reads the counts of all kinds in one round trip. */
export async function readCounts(redis: Redis, kinds: readonly string[]): Promise<Record<string, Counts>> {
  const pipeline = redis.pipeline();
  for (const kind of kinds) {
    for (const list of ['wait', 'paused', 'active']) pipeline.llen(queueKey(kind, list));
    for (const set of ['delayed', 'completed', 'failed']) pipeline.zcard(queueKey(kind, set));
    pipeline.scard(cancelledKey(kind));
    pipeline.exists(queueKey(kind, 'meta-paused'));
    pipeline.get(pausedSinceKey(kind));
    pipeline.get(pausedByKey(kind));
  }
  const answers = unwrap<number | string | null>(await pipeline.exec());
  return Object.fromEntries(kinds.map((kind, index) => [kind, toCounts(answers.slice(index * ANSWERS))]));
}

/** Writes a marker and reads the counts of all kinds in the same step: they are what was true there. */
export async function markCounts(
  redis: Redis,
  kinds: readonly string[],
  { key, value }: { key: string; value: string },
): Promise<Record<string, Counts>> {
  const keys = kinds.flatMap((kind) => [
    ...queueKeys(kind, 'wait', 'paused', 'active', 'delayed', 'completed', 'failed'),
    cancelledKey(kind),
    queueKey(kind, 'meta-paused'),
    pausedSinceKey(kind),
    pausedByKey(kind),
  ]);
  const answers = (await markCountsScript(redis, [key, ...keys], [value])) as (number | string)[];
  return Object.fromEntries(kinds.map((kind, index) => [kind, toCounts(answers.slice(index * ANSWERS))]));
}

function toCounts(answers: readonly (number | string | null)[]): Counts {
  const by = answers[9];
  const [wait = 0, held = 0, active = 0, delayed = 0, completed = 0, unsuccessful = 0, cancelled = 0, paused, since] =
    answers.slice(0, 9).map(Number);
  return {
    waiting: wait + held,
    delayed,
    active,
    completed,
    // A run that stops is counted as cancelled a moment before Bull has it among the failed.
    failed: Math.max(0, unsuccessful - cancelled),
    cancelled,
    paused: paused === 1,
    pausedSince: (paused === 1 && since) || null,
    pausedBy: paused === 1 && typeof by === 'string' ? by : null,
  };
}

/** Reads the workers of all kinds that are alive. */
export async function readWorkers(redis: Redis, kinds: readonly string[]): Promise<WorkerFacts[]> {
  const named = redis.pipeline();
  for (const kind of kinds) named.zrange(workersKey(kind), 0, -1, 'WITHSCORES');
  const signs = unwrap<string[]>(await named.exec()).flatMap((list, index) =>
    Array.from({ length: list.length / 2 }, (_, number) => ({
      key: workerKey(kinds[index] as string, list[2 * number] as string),
      at: Number(list[2 * number + 1]),
    })),
  );
  if (signs.length === 0) return [];
  const facts = redis.pipeline();
  for (const { key } of signs) facts.get(key);
  return unwrap<string | null>(await facts.exec()).flatMap((text, index) => {
    const signMs = Math.max(0, now() - (signs[index]?.at ?? now()));
    return text ? [{ ...(JSON.parse(text) as WorkerFacts), signMs }] : [];
  });
}

/** A worker that has shown no sign of life for a while, and has not said that it ends. */
export interface LostWorker {
  kind: string;
  /** What its process is known by, where it runs under supervisord. */
  mark: Mark | null;
  /** Its last sign of life (ms). */
  seenAt: number;
}

/** A sign of life comes every second. */
const LOST_AFTER_MS = 4000;

/** Reads the workers of the last minute that have ended without a word, or stand still. */
export async function readLostWorkers(redis: Redis, kinds: readonly string[]): Promise<LostWorker[]> {
  const lost = await Promise.all(
    kinds.map(async (kind): Promise<LostWorker[]> => {
      const signs = await redis.zrange(workersKey(kind), 0, now() - LOST_AFTER_MS, 'BYSCORE', 'WITHSCORES');
      return Array.from({ length: signs.length / 2 }, (_, index) => ({
        kind,
        mark: parseMark(signs[2 * index]),
        seenAt: Number(signs[2 * index + 1]),
      }));
    }),
  );
  return lost.flat();
}

function unwrap<T>(answers: [Error | null, unknown][] | null): T[] {
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value as T;
  });
}
