import type { Redis } from 'ioredis';
import type { Dependency } from '../jobs/processor.ts';
import { queueKey, workerKey, workersKey } from '../redis/keys.ts';

/** Jobs of a kind by where they are; `failed` includes cancelled ones. */
export interface Counts {
  waiting: number;
  delayed: number;
  active: number;
  completed: number;
  failed: number;
  paused: boolean;
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
  /** The outside service that its kind needs (a mail relay), as this worker last saw it. */
  dependency?: Dependency | null;
}

/** Reads the counts of all kinds in one round trip. */
export async function readCounts(redis: Redis, kinds: readonly string[]): Promise<Record<string, Counts>> {
  const pipeline = redis.pipeline();
  for (const kind of kinds) {
    for (const list of ['wait', 'paused', 'active']) pipeline.llen(queueKey(kind, list));
    for (const set of ['delayed', 'completed', 'failed']) pipeline.zcard(queueKey(kind, set));
    pipeline.exists(queueKey(kind, 'meta-paused'));
  }
  const answers = unwrap<number>(await pipeline.exec());
  return Object.fromEntries(
    kinds.map((kind, index) => {
      const [wait = 0, held = 0, active = 0, delayed = 0, completed = 0, failed = 0, paused = 0] = answers.slice(
        index * 7,
      );
      return [kind, { waiting: wait + held, delayed, active, completed, failed, paused: paused === 1 }];
    }),
  );
}

/** Reads which kinds are paused, in one round trip. */
export async function readPausedKinds(redis: Redis, kinds: readonly string[]): Promise<ReadonlySet<string>> {
  const pipeline = redis.pipeline();
  for (const kind of kinds) pipeline.exists(queueKey(kind, 'meta-paused'));
  const answers = unwrap<number>(await pipeline.exec());
  return new Set(kinds.filter((_kind, index) => answers[index] === 1));
}

/** Reads the workers of all kinds that are alive. */
export async function readWorkers(redis: Redis, kinds: readonly string[]): Promise<WorkerFacts[]> {
  const named = redis.pipeline();
  for (const kind of kinds) named.zrange(workersKey(kind), 0, -1);
  const keys = unwrap<string[]>(await named.exec()).flatMap((ids, index) =>
    ids.map((id) => workerKey(kinds[index] as string, id)),
  );
  if (keys.length === 0) return [];
  const facts = redis.pipeline();
  for (const key of keys) facts.get(key);
  return unwrap<string | null>(await facts.exec()).flatMap((text) => (text ? [JSON.parse(text) as WorkerFacts] : []));
}

function unwrap<T>(answers: [Error | null, unknown][] | null): T[] {
  return (answers ?? []).map(([error, value]) => {
    if (error) throw error;
    return value as T;
  });
}
