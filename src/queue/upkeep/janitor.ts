import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { JobContract } from '../../jobs/contract.ts';
import { idPrefixOf } from '../../jobs/id.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { queueKey } from '../../redis/keys.ts';
import { uploadFolders } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { eraseJob, REMEMBERED } from '../producer/control.ts';
import { kindOfId, lookUp } from '../read-job.ts';

const SWEEP_EVERY_MS = 2000;
/** One sweep removes at most so many records of a kind; the next goes on, at once when there were as many. */
const BATCH = 200;
/** Erased at the same time: Redis syncs its file once for all of them. */
const TOGETHER = 20;
const LOCK_KEY = 'heavylift:{janitor}:lock';
const LOCK_MS = 30_000;
/** An upload this old without a job was left behind by a crash between storing and queueing; a draft, by one in between. */
const ORPHAN_AGE_MS = 3_600_000;
const ORPHANS_EVERY_MS = 600_000;

export interface JanitorDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Storage;
  /** Ids of other jobs that hold copies of one, and are erased with it. */
  copiesOf?: (job: StoredJob) => string[];
  /** Ended jobs are kept this long. */
  resultTtlMs: number;
  /** Ended jobs kept at most, over all kinds. */
  maxRecords: number;
  /** Ids of erased jobs that are remembered for each kind; 100,000 unless told otherwise. */
  remembered?: number;
  log: Log;
}

/** Keeps what is stored bounded: one process at a time does it, in every deployment, also when nothing else happens. */
export interface Janitor {
  start(): void;
  /** One round; how many jobs it erased. */
  sweep(): Promise<number>;
  /** Removes uploads that no job refers to, and drafts of dead processes; how many. */
  sweepOrphans(olderThanMs?: number): Promise<number>;
  stop(): void;
}

export function createJanitor(deps: JanitorDeps): Janitor {
  const {
    redis,
    contracts,
    storage,
    copiesOf = () => [],
    resultTtlMs,
    maxRecords,
    remembered = REMEMBERED,
    log,
  } = deps;
  const find = async (id: string) => {
    const kind = kindOfId(contracts, id);
    return kind ? lookUp(redis, kind, id) : null;
  };
  const kinds = contracts.map(({ kind }) => kind);
  const stopped = new AbortController();
  const token = randomUUID();
  let orphansAt = 0;

  const eraseOne = async (kind: string, id: string, remember: number): Promise<boolean> => {
    const job = await lookUp(redis, kind, id);
    if (job) return eraseJob({ redis, storage, copiesOf, find }, job, { remember });
    // A name in a set without a record behind it: cleaned away.
    await Promise.all(['completed', 'failed'].map((set) => redis.zrem(queueKey(kind, set), id)));
    await redis.srem(queueKey(kind, 'erase'), id);
    return false;
  };

  const erase = async (kind: string, ids: string[], remember: number): Promise<number> => {
    let erased = 0;
    for (let first = 0; first < ids.length; first += TOGETHER) {
      const some = ids.slice(first, first + TOGETHER);
      erased += (await Promise.all(some.map((id) => eraseOne(kind, id, remember)))).filter(Boolean).length;
    }
    return erased;
  };

  const sweepExpired = async (kind: string): Promise<number> => {
    let erased = 0;
    for (const set of ['completed', 'failed']) {
      const ids = await redis.zrangebyscore(queueKey(kind, set), 0, Date.now() - resultTtlMs, 'LIMIT', 0, BATCH);
      erased += await erase(kind, ids, remembered);
    }
    return erased;
  };

  /** The oldest ended jobs over all kinds, as many as there are too many of. */
  const sweepExcess = async (): Promise<number> => {
    const sets = kinds.flatMap((kind) => ['completed', 'failed'].map((set) => ({ kind, key: queueKey(kind, set) })));
    const sizes = await Promise.all(sets.map(({ key }) => redis.zcard(key)));
    const excess = Math.min(BATCH, sizes.reduce((sum, size) => sum + size, 0) - maxRecords);
    if (excess <= 0) return 0;
    const oldest = await Promise.all(
      sets.map(async ({ kind, key }) => {
        const page = await redis.zrange(key, 0, excess - 1, 'WITHSCORES');
        return page.flatMap((id, index) => (index % 2 === 0 ? [{ kind, id, at: Number(page[index + 1]) }] : []));
      }),
    );
    const chosen = oldest
      .flat()
      .sort((a, b) => a.at - b.at)
      .slice(0, excess);
    let erased = 0;
    for (const [kind, jobs] of Map.groupBy(chosen, (one) => one.kind)) {
      erased += await erase(
        kind,
        jobs.map(({ id }) => id),
        remembered,
      );
    }
    return erased;
  };

  const janitor: Janitor = {
    async sweep() {
      let erased = 0;
      for (const kind of kinds) {
        erased += await erase(kind, await redis.smembers(queueKey(kind, 'erase')), 0);
        erased += await sweepExpired(kind);
      }
      return erased + (await sweepExcess());
    },
    async sweepOrphans(olderThanMs = ORPHAN_AGE_MS) {
      let removed = 0;
      // Drafts of a process that was killed while it wrote.
      for await (const { name, modifiedAt } of storage.list('tmp')) {
        if (modifiedAt > Date.now() - olderThanMs) continue;
        await storage.remove(`tmp/${name}`);
        removed += 1;
      }
      for await (const { name, modifiedAt } of storage.list('uploads')) {
        if (modifiedAt > Date.now() - olderThanMs) continue;
        const [id = ''] = name.split('-');
        const kind = idPrefixOf(id) ? kindOfId(contracts, id) : undefined;
        const job = kind ? await lookUp(redis, kind, id) : null;
        if (job && uploadFolders(job.envelope).includes(`uploads/${name}`)) continue;
        await storage.remove(`uploads/${name}`);
        removed += 1;
      }
      return removed;
    },
    start() {
      void (async () => {
        while (!stopped.signal.aborted) {
          await round().catch((err) => log.warn({ err }, 'sweep failed; the next one comes in a moment'));
          await delay(SWEEP_EVERY_MS, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
        }
      })();
    },
    stop: () => stopped.abort(),
  };

  // An answer that was lost may have been a yes: a lock that is ours already is taken for one.
  const lock = async () =>
    (await redis.set(LOCK_KEY, token, 'PX', LOCK_MS, 'NX')) !== null || (await redis.get(LOCK_KEY)) === token;

  const round = async () => {
    if (redis.status !== 'ready' || !(await lock())) return;
    try {
      let erased = 0;
      for (let swept = BATCH; swept >= BATCH && !stopped.signal.aborted; erased += swept) {
        swept = await janitor.sweep();
        await redis.pexpire(LOCK_KEY, LOCK_MS);
      }
      if (erased > 0) log.info({ erased }, 'ended jobs erased');
      if (Date.now() - orphansAt < ORPHANS_EVERY_MS) return;
      orphansAt = Date.now();
      const removed = await janitor.sweepOrphans();
      if (removed > 0) log.info({ removed }, 'orphaned uploads removed');
    } finally {
      if ((await redis.get(LOCK_KEY)) === token) await redis.del(LOCK_KEY);
    }
  };
  return janitor;
}
