import type { Redis } from 'ioredis';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import type { Envelope } from '../../jobs/options.ts';
import { newStoredJob } from '../../jobs/stored-job.ts';
import { callersKey, indexKey, jobKey, queueKey, tombstonesKey, usageKey } from '../../redis/keys.ts';
import { indexesOf } from '../listing/job-index.ts';
import { TooLate } from '../producer/add-together.ts';
import { type AddOptions, type Enqueued, findQueued, goneEarly } from '../producer/enqueue.ts';
import { addUploadScript } from '../scripts/jobs/add-upload.ts';
import { usageOf } from '../usage.ts';

const { kind } = UPLOADS;

/**
 * Adds the record of an upload whose file lies in storage, durably when this resolves; one with a nonce was given a
 * chosen id, and may be there. Throws idempotency_mismatch, what the grant refuses with, TooLate, and what Redis says.
 */
export async function addUpload(
  redis: Redis,
  { id }: { id: string },
  envelope: Envelope,
  { limits, grant }: AddOptions,
): Promise<Enqueued> {
  const data = JSON.stringify(envelope);
  const { redisBytes, storedBytes } = usageOf(envelope, Buffer.byteLength(data));
  const indexes = indexesOf(envelope);
  const keys = [
    jobKey(kind, id),
    queueKey(kind, 'completed'),
    ...[callersKey(kind), usageKey(kind), tombstonesKey(kind)],
    ...indexes.map((index) => indexKey(kind, index)),
  ];
  const most = grant?.limits.storedBytes ?? Number.POSITIVE_INFINITY;
  const answer = await addUploadScript(redis, keys, [
    ...[id, data, envelope.caller, JSON.stringify(indexes)],
    ...[Math.floor(limits?.deadlineMs ?? 0), limits?.aheadMs ?? 0, redisBytes, storedBytes],
    Number.isFinite(most) ? Math.floor(most) : '',
  ]);
  const [outcome, now, more = 0] = answer as [string, number, (string | number)?];
  if (outcome === 'late') throw new TooLate();
  if (outcome === 'gone') throw goneEarly(String(more), envelope);
  if (outcome === 'quota' && grant) throw grant.refuse('storedBytes', Number(more));
  if (outcome === 'there') {
    const there = await findQueued(redis, { kind, id }, envelope);
    if (!there) throw new Error(`${id} vanished while it was added`);
    return there;
  }
  const times = { createdAt: now, startedAt: now, finishedAt: now };
  return { job: newStoredJob({ id, kind, envelope, state: 'completed', ...times }), replayed: false };
}
