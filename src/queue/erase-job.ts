import type { Redis } from 'ioredis';
import { toldKey } from '../endpoints/keys.ts';
import type { StoredJob } from '../jobs/stored-job.ts';
import {
  callersKey,
  cancelledKey,
  erasuresKey,
  jobKey,
  jobLockKey,
  jobLogKey,
  queueKey,
  queueKeys,
  tombstonesKey,
  usageKey,
} from '../redis/keys.ts';
import { inboxKey, resultKey, sharedInputFolder, uploadFolders } from '../storage/keys.ts';
import type { RemovingStorage } from '../storage/storage.ts';
import { DERIVING_KIND, dropDerivedOf, forgetDerivedOf } from './derived-files.ts';
import { eraseFlowJobs } from './flows/erase-flow.ts';
import { isFlow } from './flows/stop-flow.ts';
import { forgetHeavyJob } from './run/bounds/heavy-slots.ts';
import { eraseJobScript } from './scripts/jobs/erase-job.ts';
import { tombstoneText } from './tombstone.ts';
import { forgetDependent } from './upkeep/dependents.ts';
import { markGoing, releaseHolds, type Spared } from './upkeep/holds.ts';

export interface EraseDeps {
  redis: Redis;
  storage: RemovingStorage;
  /** Ids of the jobs that were derived from this one (its callbacks), hold copies of it, and go with it. */
  derivedJobs: (job: StoredJob) => string[];
  /** Reads a job by its id; null when there is none. */
  find: (id: string) => Promise<StoredJob | null>;
}

export interface EraseOptions extends Spared {
  /**
   * How many tombstones the kind keeps: this job's bare id becomes one, so that asking for it answers "it was here, and
   * is gone" (410). 0 leaves no trace.
   */
  tombstones?: number;
  /** For how long after its end (ms) the tombstone knows what was asked for: an idempotency key is not run again. */
  rememberedForMs?: number;
}

/**
 * Erases a job: its files, its data, its log, its entries in queue and index, and its derived jobs. Answers false while
 * it runs: then it is stopped, and the janitor erases it when it has; and where it is left alone.
 */
export async function eraseJob(
  deps: EraseDeps,
  job: StoredJob,
  { tombstones = 0, rememberedForMs = 0, ...spared }: EraseOptions = {},
): Promise<boolean> {
  const { redis, storage, derivedJobs, find } = deps;
  const { kind, id, state, envelope } = job;
  // Its jobs are kept as long as it is, and go with it.
  const eraseOne = (one: StoredJob) => eraseJob(deps, one, { tombstones, rememberedForMs });
  if (!(await markGoing(redis, { kind, id }, spared))) return false;
  if (isFlow(job) && !(await eraseFlowJobs({ redis, find, eraseOne }, job))) return false;
  const made = kind === DERIVING_KIND ? await dropDerivedOf(redis, storage, { kind, id }, tombstones === 0) : [];
  if (tombstones === 0) {
    const ids = [...derivedJobs(job), ...(await redis.zrange(toldKey(id), 0, -1)), ...made];
    for (const derived of await Promise.all(ids.map(find))) if (derived) await eraseJob(deps, derived);
  }
  if (kind === DERIVING_KIND) await forgetDerivedOf(redis, { kind, id });
  // Files first: what is left after a crash in between is still found by its record.
  if (state !== 'active') {
    if (envelope.receiving) await storage.growing.remove(envelope.receiving.key);
    await Promise.all([resultKey(id), inboxKey(id), ...uploadFolders(envelope)].map((key) => storage.remove(key)));
  }
  const keys = [
    jobKey(kind, id),
    jobLogKey(kind, id),
    jobLockKey(kind, id),
    ...queueKeys(kind, 'wait', 'paused', 'delayed', 'priority', 'active', 'completed', 'failed'),
    erasuresKey(kind),
    tombstonesKey(kind),
    callersKey(kind),
    cancelledKey(kind),
    usageKey(kind),
  ];
  const shared = sharedInputFolder(envelope);
  const erased = await eraseJobScript(redis, keys, [
    ...[id, queueKey(kind, ''), tombstones, state, shared ?? ''],
    rememberedForMs > 0 ? tombstoneText(job, rememberedForMs) : '',
  ]);
  if (erased === 0) return false;
  // A crash in between leaves a file that no job shares: it is found like an upload without a job.
  if (erased === 2 && shared !== null) await storage.remove(shared);
  await Promise.all([
    forgetDependent(redis, { kind, id }, job.waitingFor),
    forgetHeavyJob(redis, kind, id),
    releaseHolds(redis, { kind, id }, envelope),
  ]);
  return true;
}

/** Whether a running job is to be erased as soon as it has stopped. */
export const isToBeErased = async (redis: Redis, { kind, id }: StoredJob): Promise<boolean> =>
  (await redis.sismember(erasuresKey(kind), id)) === 1;
