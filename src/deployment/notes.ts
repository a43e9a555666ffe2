import { hostname } from 'node:os';
import { readTime } from '../redis/clock.ts';
import { scanKeys } from '../redis/cluster.ts';
import type { Redis } from '../redis/connect.ts';
import {
  callersPattern,
  deploymentFirstKeyKey,
  deploymentRefusedKey,
  deploymentRemadeKey,
  deploymentRestoredKey,
} from '../redis/keys.ts';
import type { Storage } from '../storage/storage.ts';

/** A refused process counts as there for so long after its last try. */
const REFUSED_MS = 60_000;
/** How long it is told that an id had to be written again, or a secret was made anew: over a weekend and some days. */
const RESTORED_MS = 7 * 24 * 3_600_000;
/** More files than these are not counted. */
const MOST_COUNTED = 10_000;

/** A process that did not start, since it is none of this deployment's. */
export interface Refusal {
  host: string;
  /** What differs: the id in its storage, its secret, or the version of the data, which is later than it knows. */
  reason: 'id' | 'secret' | 'version';
  /** The id in its storage; null where it has none. */
  storageId: string | null;
  /** Its last try, RFC 3339. */
  at: string;
}

/** An id that was missing on one side, beside data on the other, and was written there again. */
export interface Restored {
  side: 'redis' | 'storage';
  at: string;
  /** How many uploads and results lay in storage beside an empty Redis; counted up to 10,000. */
  files?: number;
}

/** What was lost and made anew; what the one before had opened is closed. */
export interface Remade {
  what: 'secret' | 'key';
  at: string;
}

/** What an operator should know of the deployment. */
export interface DeploymentNotes {
  remade: Remade[];
  restored: Restored[];
  refused: Refusal[];
}

/** Notes in Redis that a process of this host was refused; gone a minute after its last try. */
export async function noteRefusal(redis: Redis, refusal: Pick<Refusal, 'reason' | 'storageId'>): Promise<void> {
  const note: Refusal = { host: hostname(), ...refusal, at: await timeOf(redis) };
  const key = deploymentRefusedKey();
  await redis.multi().hset(key, note.host, JSON.stringify(note)).pexpire(key, REFUSED_MS).exec();
}

/**
 * Notes that the id was missing on that side, where the other side holds data: a new installation has lost nothing.
 * Answers whether it does.
 */
export async function noteRestored(
  redis: Redis,
  storage: Pick<Storage, 'list'>,
  side: Restored['side'],
): Promise<boolean> {
  const files = side === 'redis' ? await countFiles(storage) : 0;
  if (side === 'redis' ? files === 0 : !(await hasJobs(redis))) return false;
  const note: Restored = { side, at: await timeOf(redis), ...(files > 0 ? { files } : {}) };
  const key = deploymentRestoredKey();
  await redis.multi().hset(key, side, JSON.stringify(note)).pexpire(key, RESTORED_MS).exec();
  return true;
}

/** Notes that the secret or the first key was made anew. */
export async function noteRemade(redis: Redis, what: Remade['what']): Promise<void> {
  const note: Remade = { what, at: await timeOf(redis) };
  const key = deploymentRemadeKey();
  await redis.multi().hset(key, what, JSON.stringify(note)).pexpire(key, RESTORED_MS).exec();
}

/** Notes the digest of the first key; answers whether another one was noted before. */
export async function noteFirstKey(redis: Redis, digest: string): Promise<boolean> {
  const before = await redis.getset(deploymentFirstKeyKey(), digest);
  const isRemade = before !== null && before !== digest;
  if (isRemade) await noteRemade(redis, 'key');
  return isRemade;
}

/** Whether Redis holds a job of any kind. */
async function hasJobs(redis: Redis): Promise<boolean> {
  let isFound = false;
  await scanKeys(redis, callersPattern(), () => {
    isFound = true;
    return false;
  });
  return isFound;
}

/** Reads the notes that still count. */
export async function readNotes(redis: Redis): Promise<DeploymentNotes> {
  const [remade, restored, refused, now] = await Promise.all([
    redis.hvals(deploymentRemadeKey()),
    redis.hvals(deploymentRestoredKey()),
    redis.hvals(deploymentRefusedKey()),
    timeOf(redis),
  ]);
  const oldest = Date.parse(now) - REFUSED_MS;
  return {
    remade: remade.map((text) => JSON.parse(text) as Remade),
    restored: restored.map((text) => JSON.parse(text) as Restored),
    refused: refused.map((text) => JSON.parse(text) as Refusal).filter(({ at }) => Date.parse(at) > oldest),
  };
}

/** Redis' time: the hosts' clocks may differ. */
const timeOf = async (redis: Redis): Promise<string> => new Date(await readTime(redis)).toISOString();

/** Counts what jobs have in storage, as far as it matters. */
async function countFiles(storage: Pick<Storage, 'list'>): Promise<number> {
  let files = 0;
  for (const prefix of ['uploads', 'results']) {
    for await (const _entry of storage.list(prefix)) {
      files += 1;
      if (files === MOST_COUNTED) return files;
    }
  }
  return files;
}
