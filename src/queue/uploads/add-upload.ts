import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { newStoredJob } from '../../jobs/stored-job.ts';
import {
  callersKey,
  indexKey,
  jobKey,
  queueKey,
  tombstonesKey,
  UNFINISHED_INDEX,
  unfinishedIndex,
  usageKey,
} from '../../redis/keys.ts';
import { indexesOf } from '../listing/job-index.ts';
import { TooLate } from '../producer/add-together.ts';
import { type AddOptions, type Enqueued, findQueued, goneEarly } from '../producer/enqueue.ts';
import { addUploadScript } from '../scripts/uploads/add-upload.ts';
import { beginUploadScript } from '../scripts/uploads/begin-upload.ts';
import { usageOf } from '../usage.ts';

const { kind } = UPLOADS;

const RETRY_AFTER_SECONDS = 10;

/**
 * Adds the record of an upload whose file lies in storage, or is still to come, durably when this resolves; one with a nonce was
 * given a chosen id, and may be there. Throws idempotency_mismatch, what the grant refuses with, quota_exceeded where the caller
 * has too many that are still to come, TooLate, and what Redis says.
 */
export async function addUpload(
  redis: Redis,
  { id }: { id: string },
  envelope: Envelope,
  options: AddOptions,
): Promise<Enqueued> {
  const { receiving, caller } = envelope;
  const { limits, grant, unfinished } = options;
  const data = JSON.stringify(envelope);
  const { redisBytes, storedBytes } = usageOf(envelope, Buffer.byteLength(data));
  const most = grant?.limits.storedBytes ?? Number.POSITIVE_INFINITY;
  const listed = indexesOf(envelope);
  const unlisted = receiving ? [UNFINISHED_INDEX, unfinishedIndex(caller)] : [];
  const args = [
    ...[id, data, caller, JSON.stringify([...listed, ...unlisted])],
    ...[Math.floor(limits?.deadlineMs ?? 0), limits?.aheadMs ?? 0, redisBytes, storedBytes],
    Number.isFinite(most) ? Math.floor(most) : '',
  ];
  const own = [callersKey(kind), usageKey(kind), tombstonesKey(kind)];
  const indexKeys = [...unlisted, ...listed].map((index) => indexKey(kind, index));
  const answer = receiving
    ? await beginUploadScript(
        redis,
        [jobKey(kind, id), ...own, ...indexKeys],
        [...args, unfinished?.most ?? 1, unfinished?.expiresMs ?? 0],
      )
    : await addUploadScript(redis, [jobKey(kind, id), queueKey(kind, 'completed'), ...own, ...indexKeys], args);
  const [outcome, now, more = 0] = answer as [string, number, (string | number)?];
  if (outcome === 'late') throw new TooLate();
  if (outcome === 'gone') throw goneEarly(String(more), envelope);
  if (outcome === 'quota' && grant) throw grant.refuse('storedBytes', Number(more));
  if (outcome === 'many') throw tooMany(caller, Number(more));
  if (outcome === 'there') {
    const there = await findQueued(redis, { kind, id }, envelope);
    if (!there) throw new Error(`${id} vanished while it was added`);
    return there;
  }
  if (receiving)
    return { job: newStoredJob({ id, kind, envelope, state: 'waiting', createdAt: now }), replayed: false };
  const times = { createdAt: now, startedAt: now, finishedAt: now };
  return { job: newStoredJob({ id, kind, envelope, state: 'completed', ...times }), replayed: false };
}

function tooMany(caller: string, used: number): AppError {
  const way = 'finish or erase some, or wait until they expire';
  const message = `The key "${caller}" has ${used} unfinished uploads, and ${used} is the limit (unfinishedUploads): ${way}.`;
  const limit = { name: 'unfinishedUploads', used, max: used } as const;
  return new AppError('quota_exceeded', message, { limit, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
