import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { classifyRedisError } from '../redis/errors.ts';
import { type DeploymentParts, ForeignDeployment, type Joined, joinDeployment, StorageWithoutId } from './join.ts';
import { type DeploymentNotes, noteFirstKey, noteRefusal, noteRestored, readNotes } from './notes.ts';
import { LaterData } from './version.ts';

const TRY_EVERY_MS = 250;
/** Until then a web process of the same storage may write the id again. */
const WAITS_UNTOLD_MS = 5000;
/** How often who waits says so: a note is gone after a minute. */
const NOTE_EVERY_MS = 10_000;

/** Where the lost side of an id was, for the log. */
const RESTORED_SENTENCE = {
  redis: 'Redis had lost the id of this deployment while storage holds files: it was written again. Is Redis empty?',
  storage: 'storage had lost the id of this deployment while Redis holds jobs: it was written again. Is storage empty?',
};

const WAITS_FOR_STORAGE =
  'storage lacks the id of this deployment, and has had it: is the right folder mounted? Waiting until it is';

const KEY_REMADE =
  'the first key was made anew, since the file api-key was gone: whoever has the one before is refused now';

/** This process as a part of the deployment that its storage and Redis belong to. */
export interface Membership {
  /** The deployment's id; null until this process has joined. */
  id(): string | null;
  /**
   * Joins, and tries again for as long as storage or Redis can't be asked. Ends the process with exit status 1 when they
   * are not one deployment's, or were written by a later version.
   */
  join(): Promise<void>;
  /** Notes that a running Redis had lost the id, and gives it the secret's hash again. Never rejects. */
  noteLoss(): Promise<void>;
  /** Reads what an operator should know; rejects with queue_unavailable. */
  readNotes(): Promise<DeploymentNotes>;
}

/** What a member logs to, and the digest of the first key where it opens one. */
interface MemberParts extends DeploymentParts {
  firstKeyDigest?: string | null;
  log: Log;
}

/** Makes the membership of a process that has not joined yet. */
export function createMembership({ log, firstKeyDigest, ...parts }: MemberParts): Membership {
  const { redis, storage } = parts;
  let joined: Joined | null = null;
  let told = false;
  let nextNoteAt = performance.now() + WAITS_UNTOLD_MS;

  /** A worker with an empty storage would put its results where nobody finds them. */
  const noteWait = async () => {
    if (performance.now() < nextNoteAt) return;
    nextNoteAt = performance.now() + NOTE_EVERY_MS;
    log.warn(WAITS_FOR_STORAGE);
    await noteRefusal(redis, { reason: 'id', storageId: null }).catch(() => {});
  };

  const attempt = async () => {
    try {
      const found = await joinDeployment(parts);
      if (firstKeyDigest && (await noteFirstKey(redis, firstKeyDigest))) log.warn(KEY_REMADE);
      joined = found;
      if (joined.restored) log.warn({ deployment: joined.id }, RESTORED_SENTENCE[joined.restored]);
    } catch (error) {
      if (error instanceof ForeignDeployment || error instanceof LaterData) {
        log.fatal(`this process does not start: ${error.message}`);
        process.exit(1);
      }
      if (error instanceof StorageWithoutId) await noteWait();
      else if (!told)
        log.warn({ err: error }, 'storage and Redis can not be compared yet; trying again until they can');
      told ||= !(error instanceof StorageWithoutId);
      await delay(TRY_EVERY_MS);
    }
  };

  return {
    id: () => joined?.id ?? null,
    async join() {
      while (!joined) await attempt();
    },
    async noteLoss() {
      try {
        // The rest was lost with it: without our secret there, a stranger's would be the first.
        await joinDeployment(parts);
        const isLoss = await noteRestored(redis, storage, 'redis');
        if (isLoss) log.warn({ deployment: joined?.id }, RESTORED_SENTENCE.redis);
      } catch (err) {
        log.warn({ err }, 'the loss of the id in Redis could not be noted');
      }
    },
    readNotes: () =>
      readNotes(redis).catch((error: unknown) => {
        throw classifyRedisError(error);
      }),
  };
}
