import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Log } from '../../log.ts';
import { rollUpHistory } from '../history/roll-up.ts';
import { createLoop } from '../loop.ts';
import type { WithCallback } from './callbacks/callback-state.ts';
import { BATCH } from './erasing/evict.ts';
import { sweepOrphans } from './erasing/orphans.ts';
import { type SweepDeps, sweepJobs } from './erasing/sweep.ts';
import { createJanitorLock } from './janitor-lock.ts';
import { recountUsage } from './recount.ts';

const SWEEP_EVERY_MS = 2000;
/**
 * An upload or result this old without a job was left behind by a crash. They stay at least for
 * as long as results are kept: a Redis that was lost may be put back.
 */
const ORPHAN_AGE_MS = 3_600_000;
const ORPHANS_EVERY_MS = 600_000;
const TOMBSTONES = 100_000;
const RECOUNT_EVERY_MS = 60_000;
const ROLL_UP_EVERY_MS = 300_000;
/** The share of Redis' memory from which on ended jobs make way, unless it is given. */
const EVICT_SHARE = 0.7;

export interface JanitorDeps extends Omit<SweepDeps, 'derivedJobs' | 'withCallback' | 'tombstones' | 'evictShare'> {
  /** Ids of the jobs that were derived from one, and are erased with it. */
  derivedJobs?: (job: StoredJob) => string[];
  /** Reads the webhook that may hold a job; without it none does. */
  withCallback?: WithCallback;
  /** Tombstones kept for each kind; 100,000 unless given. */
  tombstones?: number;
  /** Above this share of Redis' memory ended jobs make way; 0.7 unless given. */
  evictShare?: number;
  log: Log;
}

/** Keeps what is stored bounded: one process at a time does it, in every deployment, also when nothing else happens. */
export interface Janitor {
  start(): void;
  /** One round; how many jobs it erased. */
  sweep(): Promise<number>;
  /** Removes uploads and results without a job, and drafts of dead processes; how many. */
  sweepOrphans(olderThanMs?: number): Promise<number>;
  /** Counts anew what the callers' jobs take; how many sums were wrong. */
  recount(): Promise<number>;
  stop(): void;
}

export function createJanitor(deps: JanitorDeps): Janitor {
  const { redis, log } = deps;
  const sweepDeps: SweepDeps = {
    ...deps,
    contracts: [...deps.contracts, UPLOADS],
    derivedJobs: deps.derivedJobs ?? (() => []),
    withCallback: deps.withCallback ?? (async (_redis, job) => job),
    tombstones: deps.tombstones ?? TOMBSTONES,
    evictShare: deps.evictShare ?? EVICT_SHARE,
  };
  const lock = createJanitorLock(redis);
  const orphanAgeMs = Math.max(ORPHAN_AGE_MS, deps.resultTtlMs);

  const sweepAll = async (signal: AbortSignal) => {
    let erased = 0;
    for (let swept = BATCH; swept >= BATCH && !signal.aborted; erased += swept) {
      swept = await sweepJobs(sweepDeps);
      await lock.renew();
    }
    if (erased > 0) log.info({ erased }, 'ended jobs erased');
  };

  const sweepOrphansNowAndThen = nowAndThen(ORPHANS_EVERY_MS, async () => {
    const removed = await sweepOrphans(deps, orphanAgeMs);
    if (removed > 0) log.info({ removed }, 'uploads and results without a job removed');
  });

  const recount = async (signal?: AbortSignal) => {
    let wrong = 0;
    for (const { kind } of sweepDeps.contracts) wrong += await recountUsage(redis, kind, signal);
    return wrong;
  };
  const recountNowAndThen = nowAndThen(RECOUNT_EVERY_MS, async (signal) => {
    const wrong = await recount(signal);
    if (wrong > 0) log.info({ wrong }, 'what callers have in use was counted anew');
  });
  const rollUpNowAndThen = nowAndThen(ROLL_UP_EVERY_MS, async () => {
    for (const { kind } of deps.contracts) await rollUpHistory(redis, kind);
  });

  const round = async (signal: AbortSignal) => {
    if (redis.status !== 'ready' || !(await lock.acquire())) return;
    try {
      await sweepAll(signal);
      await sweepOrphansNowAndThen(signal);
      await recountNowAndThen(signal);
      await rollUpNowAndThen(signal);
    } finally {
      await lock.release();
    }
  };

  const loop = createLoop({
    everyMs: SWEEP_EVERY_MS,
    run: round,
    onError: (err) => log.warn({ err }, 'sweep failed; the next one comes in a moment'),
  });
  return {
    start: loop.start,
    stop: loop.stop,
    sweep: () => sweepJobs(sweepDeps),
    recount,
    sweepOrphans: (olderThanMs = orphanAgeMs) => sweepOrphans(deps, olderThanMs),
  };
}

/** Makes work that is done at most so often, however often it is asked for. */
function nowAndThen(everyMs: number, work: (signal: AbortSignal) => Promise<void>) {
  let doneAt = 0;
  return async (signal: AbortSignal) => {
    if (Date.now() - doneAt < everyMs) return;
    doneAt = Date.now();
    await work(signal);
  };
}
