import { Readable } from 'node:stream';
import { assertKnownData, DATA_VERSION, readStoredVersion } from '../../deployment/version.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import type { Log } from '../../log.ts';
import { scanKeys } from '../../redis/cluster.ts';
import type { Redis } from '../../redis/connect.ts';
import {
  callersKey,
  dataVersionKey,
  FIRST_VERSION,
  heavyRunningKey,
  heavyWaitingKey,
  jobKey,
  queueKey,
} from '../../redis/keys.ts';
import { DATA_VERSION_FILE } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { indexesOf } from '../listing/job-index.ts';
import { kindOfId } from '../read/read-job.ts';
import { adoptJobScript } from '../scripts/jobs/adopt-job.ts';

/** Jobs that are taken over in one round trip. */
const TOGETHER = 200;

export interface TakeOverDeps {
  redis: Redis;
  storage: Pick<Storage, 'read' | 'put'>;
  contracts: readonly JobContract[];
  log: Log;
}

/**
 * Takes the data of an earlier version over, where there is any; what was done is not done again, and processes may do
 * it side by side. Rejects with LaterData, and with the errors of Redis and storage.
 */
export async function takeOverData({ redis, storage, contracts, log }: TakeOverDeps): Promise<void> {
  await assertKnownData({ redis, storage });
  const taken = await takeOverFirstVersion(redis, contracts);
  if (taken > 0) log.info({ jobs: taken }, 'jobs of an earlier version taken over');
  if ((await redis.get(dataVersionKey())) === null) await redis.set(dataVersionKey(), DATA_VERSION);
  if ((await readStoredVersion(storage)) === null) {
    await storage.put(DATA_VERSION_FILE, Readable.from([Buffer.from(`${DATA_VERSION}\n`)]));
  }
}

/** Moves the indexes of the first version, which lay in a room of their own, beside the jobs; how many jobs had any. */
async function takeOverFirstVersion(redis: Redis, contracts: readonly JobContract[]): Promise<number> {
  let taken = 0;
  for (const caller of await redis.smembers(FIRST_VERSION.callersKey())) {
    const index = FIRST_VERSION.callerIndexKey(caller);
    const ids = await redis.zrange(index, 0, -1);
    for (let first = 0; first < ids.length; first += TOGETHER) {
      const adopted = await Promise.all(
        ids.slice(first, first + TOGETHER).map((id) => adoptJob(redis, contracts, { id, caller })),
      );
      taken += adopted.filter(Boolean).length;
    }
    await redis.del(index);
  }
  for (const { kind } of contracts) {
    await renameKey(redis, FIRST_VERSION.heavyRunningKey(kind), heavyRunningKey(kind));
    await renameKey(redis, FIRST_VERSION.heavyWaitingKey(kind), heavyWaitingKey(kind));
  }
  await removeKeys(redis, FIRST_VERSION.subjectIndexPattern());
  await redis.del(FIRST_VERSION.callersKey());
  return taken;
}

/** Enters one job into the indexes; false when it is gone, or no job of ours. */
async function adoptJob(
  redis: Redis,
  contracts: readonly JobContract[],
  { id, caller }: { id: string; caller: string },
): Promise<boolean> {
  const kind = kindOfId(contracts, id);
  const data = kind && (await redis.hget(jobKey(kind, id), 'data'));
  if (!kind || !data) return false;
  const indexes = indexesOf(JSON.parse(data) as Envelope);
  const keys = [jobKey(kind, id), callersKey(kind)];
  return (await adoptJobScript(redis, keys, [id, queueKey(kind, ''), caller, JSON.stringify(indexes)])) === 1;
}

async function renameKey(redis: Redis, from: string, to: string): Promise<void> {
  if ((await redis.exists(from)) === 1) await redis.renamenx(from, to);
  await redis.del(from);
}

async function removeKeys(redis: Redis, pattern: string): Promise<void> {
  await scanKeys(redis, pattern, async (keys) => {
    await Promise.all(keys.map((key) => redis.del(key)));
    return true;
  });
}
