import { createHmac, randomBytes } from 'node:crypto';
import { AppError } from '../errors.ts';
import type { Redis } from '../redis/connect.ts';
import { deploymentIdKey, deploymentSecretsKey, deploymentStoredKey } from '../redis/keys.ts';
import { createScript } from '../redis/script.ts';
import type { Storage } from '../storage/storage.ts';
import { noteRefusal, noteRemade, noteRestored } from './notes.ts';
import { assertKnownData, LaterData } from './version.ts';

/** Where storage keeps the deployment's id. */
export const DEPLOYMENT_FILE = 'deployment/id';
/** In a storage that a deployment's files are being moved to: its id. */
export const MOVING_FILE = 'deployment/moving';
/** What stands behind the id in a storage that its files were moved away from. */
export const MOVED = ' moved to ';
/** What is said of one whose files have not all come yet. */
const MOVING = ' still moving there (heavylift storage move)';

/** What a process compares before it starts. */
export interface DeploymentParts {
  redis: Redis;
  storage: Storage;
  /** The secrets of this process, the current one first. */
  secrets: readonly string[];
  /** Whether it waits for an id that storage has lost, in place of writing it again: its storage may not be mounted yet. */
  waitsForStorage?: boolean;
}

/** A deployment as a process has joined it. */
export interface Joined {
  id: string;
  /** The side that had lost the id beside data on the other one; it was written there again. */
  restored: 'redis' | 'storage' | null;
}

/** Storage, Redis and the secret of a process are not one deployment's; the message says both ids. */
export class ForeignDeployment extends Error {
  override readonly name = 'ForeignDeployment';
}

/** Storage has no id, and had one: it was emptied, or is another one. */
export class StorageWithoutId extends Error {
  override readonly name = 'StorageWithoutId';
}

/**
 * Compares in one step and writes only where all agree.
 * KEYS: 1 the id, 2 the hashes of secrets, 3 whether storage had the id. ARGV: 1 the id for a new deployment,
 * 2 storage's id or '', then the hashes of this process's secrets.
 * Returns what came of it (joined, made, id, secret), Redis' id, and whether storage had it before.
 */
const joinScript = createScript(
  'heavyliftJoinDeployment',
  3,
  `
local id = redis.call('GET', KEYS[1])
local had = redis.call('EXISTS', KEYS[3])
if id and ARGV[2] ~= '' and id ~= ARGV[2] then return {'id', id, had} end
local known = redis.call('SCARD', KEYS[2]) == 0
for i = 3, #ARGV do known = known or redis.call('SISMEMBER', KEYS[2], ARGV[i]) == 1 end
if not known then return {'secret', id or '', had} end
for i = 3, #ARGV do redis.call('SADD', KEYS[2], ARGV[i]) end
if id then return {'joined', id, had} end
id = ARGV[2] ~= '' and ARGV[2] or ARGV[1]
redis.call('SET', KEYS[1], id)
return {'made', id, had}`,
);

/**
 * Joins the deployment that storage and Redis belong to; the first process makes it. An id that one side has lost is
 * written there again, or, in storage, rejects with StorageWithoutId for who waits. Rejects with ForeignDeployment, and with
 * LaterData where a later version has written the data, both noted in Redis, and with the errors of storage and Redis.
 */
export async function joinDeployment({
  redis,
  storage,
  secrets,
  waitsForStorage = false,
}: DeploymentParts): Promise<Joined> {
  const stored = await readStored(storage);
  // Nobody's place, whatever Redis has.
  if (stored?.includes(' ')) await refuse(redis, 'id', (await redis.get(deploymentIdKey())) ?? '', stored);
  const keys = [deploymentIdKey(), deploymentSecretsKey(), deploymentStoredKey()];
  const args = [newDeploymentId(), stored ?? '', ...secrets.map(hashSecret)];
  const [outcome, id, had] = (await joinScript(redis, keys, args)) as [string, string, number];
  if (outcome === 'id' || outcome === 'secret') await refuse(redis, outcome, id, stored);
  if (stored === null && had === 1 && waitsForStorage) throw new StorageWithoutId(`storage lacks the id ${id}`);
  await assertKnownData({ redis, storage }).catch(async (error: unknown) => {
    if (error instanceof LaterData) await noteRefusal(redis, { reason: 'version', storageId: stored });
    throw error;
  });
  if (stored === null) await writeStored(storage, redis, id);
  await redis.set(deploymentStoredKey(), 1);
  const lost = outcome === 'made' && stored !== null ? 'redis' : stored === null && had === 1 ? 'storage' : null;
  return { id, restored: lost && (await noteRestored(redis, storage, lost)) ? lost : null };
}

/** Makes an id for a new deployment. */
export const newDeploymentId = (): string => `dep_${randomBytes(8).toString('hex')}`;

/** Whether a process with these secrets is let in by what Redis knows of them. */
export async function knowsSecrets(redis: Redis, secrets: readonly string[]): Promise<boolean> {
  const known = await redis.smembers(deploymentSecretsKey());
  return known.length === 0 || secrets.some((secret) => known.includes(hashSecret(secret)));
}

/** A secret as Redis may know it: who reads it can sign nothing. */
const hashSecret = (secret: string): string =>
  createHmac('sha256', secret).update('heavylift deployment').digest('base64url');

/**
 * Takes these secrets for the deployment's, although none of its processes knows them: the one they know was lost. Noted
 * in Redis.
 */
export async function acceptSecrets(redis: Redis, secrets: readonly string[]): Promise<void> {
  const key = deploymentSecretsKey();
  await redis
    .multi()
    .del(key)
    .sadd(key, ...secrets.map(hashSecret))
    .exec();
  await noteRemade(redis, 'secret');
}

/** Reads the id in storage, and what a move says of it; null where there is none. */
async function readStored(storage: Storage): Promise<string | null> {
  const id = await readIfThere(storage, DEPLOYMENT_FILE);
  if (id !== null) return id;
  const moving = await readIfThere(storage, MOVING_FILE);
  return moving === null ? null : moving + MOVING;
}

async function readIfThere(storage: Storage, key: string): Promise<string | null> {
  try {
    return (await storage.read(key)).toString().trim();
  } catch (error) {
    if (error instanceof AppError && error.code === 'not_found') return null;
    throw error;
  }
}

/** Writes the id into storage and reads it back: a process of another deployment may have been faster. */
async function writeStored(storage: Storage, redis: Redis, id: string): Promise<void> {
  await storage.put(
    DEPLOYMENT_FILE,
    (async function* () {
      yield Buffer.from(`${id}\n`);
    })(),
  );
  const stored = await readStored(storage);
  if (stored !== id) await refuse(redis, 'id', id, stored);
}

async function refuse(redis: Redis, reason: 'id' | 'secret', id: string, stored: string | null): Promise<never> {
  await noteRefusal(redis, { reason, storageId: stored });
  const ids = `storage says ${stored ?? 'none'}, Redis says ${id || 'none'}`;
  throw new ForeignDeployment(
    reason === 'id'
      ? `storage and Redis belong to different deployments (the id: ${ids}); mend DATA_DIR, STORAGE_URL or REDIS_URL`
      : `the secret of this process is none of the deployment's (the id: ${ids}); ` +
          'give it the DEPLOYMENT_SECRET or the DATA_DIR of the other processes; if their secret is lost for good, let ' +
          'this one take its place by bin/heavylift accept-secret',
  );
}
