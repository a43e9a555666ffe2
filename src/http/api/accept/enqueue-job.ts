import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import { OutcomeUnknown } from '../../../redis/errors.ts';
import { uploadFolder, uploadFolders } from '../../../storage/keys.ts';
import { type Asker, callerOf } from '../../auth/identify.ts';
import { assertAllowed } from './assert-allowed.ts';
import type { ChosenId } from './choose-id.ts';
import { holdRoom } from './files/hold-room.ts';
import { isLargeInput, storeInput } from './files/input-file.ts';
import { holdNeeds } from './files/references.ts';
import type { QueuedRequest } from './make-envelope.ts';
import { makeEnvelope, sealInput } from './make-envelope.ts';
import type { QueueDeps } from './queue-deps.ts';

/** Seconds to ask what became of a job whose queueing was not answered. */
const SETTLE_TRIES = 600;

/** Removes what a request stored under its id and nonce; logs what can't be removed. */
export async function removeUpload({ id, nonce, requestId }: ChosenId, { storage, log }: QueueDeps): Promise<void> {
  await storage
    .remove(uploadFolder(id, nonce))
    .catch((err) => log.warn({ err, job: id, requestId }, 'upload left behind'));
}

/**
 * Keeps the upload of a job that may be queued or not until Redis can tell, and removes it when no job refers to it.
 */
async function settleUpload(chosen: ChosenId, deps: QueueDeps): Promise<void> {
  for (let asked = 0; asked < SETTLE_TRIES; asked += 1) {
    await delay(1000, undefined, { ref: false });
    const job = await deps.producer.find(chosen.id).catch(() => undefined);
    if (job === undefined) continue;
    const kept = job !== null && uploadFolders(job.envelope).includes(uploadFolder(chosen.id, chosen.nonce));
    if (!kept) await removeUpload(chosen, deps);
    return;
  }
}

/**
 * Queues a job whose caller may have it. Rejects as the producer does, and with quota_exceeded; what lies in storage for
 * it stays there.
 */
export async function queueRequest(
  req: Asker,
  contract: JobContract,
  deps: QueueDeps,
  request: QueuedRequest,
): Promise<Enqueued> {
  const { chosen, inputText, needs, unfinished } = request;
  await holdNeeds(deps.producer, { kind: contract.kind, id: chosen.id }, needs);
  const envelope = makeEnvelope(req, contract, deps, request);
  const enqueue = async (anew: boolean) => {
    const grant = await deps.quotas.grant(callerOf(req), contract.kind, anew);
    return deps.producer.enqueue(contract.kind, chosen.id, envelope, { grant, inputText, unfinished });
  };
  const enqueued = await enqueue(false).catch((error) => {
    // Room may have come since the last look: nobody is refused by an old one.
    if (error instanceof AppError && error.code === 'quota_exceeded') return enqueue(true);
    throw error;
  });
  const { caller, requestId } = envelope;
  deps.log.debug({ job: chosen.id, requestId, caller, replayed: enqueued.replayed }, 'job accepted');
  return enqueued;
}

/**
 * Queues the job under the chosen id, once it is sure that its caller may; `replayed` when an earlier request had. What
 * the request stored is removed when nothing comes of it: when it is refused, or when the earlier one has files of its
 * own.
 */
export async function enqueueJob(
  req: Asker,
  contract: JobContract,
  deps: QueueDeps,
  {
    chosen,
    job,
    batch,
    beforeRemoval,
    flow,
    schedule,
  }: Pick<QueuedRequest, 'chosen' | 'job' | 'batch' | 'beforeRemoval' | 'flow' | 'schedule'>,
): Promise<Enqueued> {
  const { sealedInput, inputText } = sealInput(contract, deps, job);
  const isLarge = isLargeInput(inputText);
  const hasFiles = isLarge || Object.keys(job.uploads).length > 0;
  let letGo = () => {};
  try {
    await deps.storage.assertRoom();
    const allowed = await assertAllowed(req, contract, deps, job);
    if (isLarge) letGo = await holdRoom(req, contract, deps, { chosen, ...takenBy(inputText) });
    const inputFile = isLarge ? await storeInput(inputText, chosen, deps.storage) : undefined;
    const request = { chosen, job, batch, sealedInput, inputText, inputFile, flow, schedule, ...allowed };
    const enqueued = await deps.tokenPlaces.charge(req, () => queueRequest(req, contract, deps, request));
    await deps.tokenPlaces.accepted(req);
    if (enqueued.replayed && hasFiles) await removeUpload(chosen, deps);
    return enqueued;
  } catch (error) {
    if (hasFiles && error instanceof OutcomeUnknown) void settleUpload(chosen, deps);
    else if (hasFiles) {
      await beforeRemoval?.(error);
      await removeUpload(chosen, deps);
    }
    throw error;
  } finally {
    letGo();
  }
}

/** What a job with a large input takes. */
function takenBy(inputText: string) {
  const bytes = Buffer.byteLength(inputText);
  return { jobs: 1, inputBytes: bytes, storedBytes: bytes };
}
