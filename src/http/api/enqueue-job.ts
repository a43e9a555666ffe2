import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { deriveJobId, randomJobId, randomNonce } from '../../jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../../jobs/options.ts';
import type { Log } from '../../log.ts';
import type { Enqueued } from '../../queue/producer/enqueue.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { AnswerLost } from '../../redis/errors.ts';
import { uploadFolder, uploadFolders, uploadKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { callerOf } from '../auth/identify.ts';
import { invalidRequest } from '../fields.ts';
import { fingerprintOf, readIdempotencyKey } from './idempotency.ts';
import { maySee } from './job-finder.ts';

/** From here on an input lies in storage: Redis keeps its memory for queues. */
const LARGE_INPUT_BYTES = 32_000;
const INPUT_FILE = 'input.json';

/** A job as it was asked for. */
export type JobRequest = Pick<Envelope, 'input' | 'options' | 'uploads'>;
type StoredRequest = JobRequest & Pick<Envelope, 'inputFile'>;

/** Seconds to ask what became of a job whose queueing was not answered. */
const SETTLE_TRIES = 600;

/** What queueing a job for a request takes. */
export interface QueueDeps {
  producer: Producer;
  storage: Storage;
  /** The deployment's secret: ids chosen by an Idempotency-Key are made with it. */
  secret: string;
  log: Log;
}

/** The job's id, and what tells this request from others that choose the same. */
export interface ChosenId {
  id: string;
  nonce: string;
  /** Whether the caller chose it by an Idempotency-Key. */
  repeatable: boolean;
  /** Whether the request has put files into storage under this id and nonce. */
  stored: boolean;
}

/** Chooses the id of a job; `part` says which of a batch it is (its path, its number). */
export function chooseId(
  req: Request,
  { kind, idPrefix }: JobContract,
  { secret }: QueueDeps,
  part: readonly [] | readonly [path: string, index: number] = [],
): ChosenId {
  const [path, ...index] = part;
  const nonce = randomNonce();
  const key = readIdempotencyKey(req);
  if (key === undefined) return { id: randomJobId(idPrefix), nonce, repeatable: false, stored: false };
  const id = deriveJobId(secret, idPrefix, [
    callerOf(req).name,
    path === undefined ? `/v1/${kind}` : `/v1/${kind}/${path}`,
    key,
    ...index,
  ]);
  return { id, nonce, repeatable: true, stored: false };
}

async function removeUpload({ id, nonce, stored }: ChosenId, { storage, log }: QueueDeps): Promise<void> {
  if (!stored) return;
  await storage.remove(uploadFolder(id, nonce)).catch((err) => log.warn({ err, job: id }, 'upload left behind'));
}

/** Whether the job was queued is not known: its upload is kept until Redis can tell, and goes when no job refers to it. */
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
 * Removes what the request stored when nothing came of it. `work` answers whether an earlier request had queued the
 * job already: that one has files of its own.
 */
export async function keepUnlessUnused(chosen: ChosenId, deps: QueueDeps, work: () => Promise<boolean>): Promise<void> {
  try {
    if (await work()) await removeUpload(chosen, deps);
  } catch (error) {
    if (error instanceof AnswerLost && chosen.stored) void settleUpload(chosen, deps);
    else await removeUpload(chosen, deps);
    throw error;
  }
}

/** A job may only refer to jobs that its caller can see. */
async function assertReferences(
  contract: JobContract,
  input: unknown,
  req: Request,
  producer: Producer,
): Promise<void> {
  for (const id of contract.references?.(input) ?? []) {
    const job = await producer.find(id);
    if (!job || !maySee(req, job.envelope)) {
      throw invalidRequest([{ pointer: '', detail: `There is no job ${id} to refer to` }]);
    }
  }
}

/** The job as Redis is to hold it: a large input lies in storage instead. */
async function moveLargeInput(job: JobRequest, chosen: ChosenId, storage: Storage): Promise<StoredRequest> {
  const text = JSON.stringify(job.input);
  if (text.length < LARGE_INPUT_BYTES) return job;
  chosen.stored = true;
  const key = uploadKey(chosen.id, chosen.nonce, INPUT_FILE);
  const written = await storage.put(key, Readable.from([Buffer.from(text)]));
  return {
    ...job,
    input: outlineOf(job.input),
    inputFile: { key, name: INPUT_FILE, type: 'application/json', ...written },
  };
}

/** What pages name a job by is in the short texts of its first two levels. */
function outlineOf(input: unknown, levels = 2): unknown {
  if (typeof input === 'string') return input.length <= 200 ? input : undefined;
  if (typeof input !== 'object' || input === null) return input;
  if (Array.isArray(input) || levels === 0) return undefined;
  return Object.fromEntries(Object.entries(input).map(([name, part]) => [name, outlineOf(part, levels - 1)]));
}

/** What the caller's key leaves of the kind: throws forbidden with the fields that go beyond it. */
function assertPermitted({ permit }: JobContract, input: unknown, req: Request): void {
  const errors = permit?.(input, callerOf(req)) ?? [];
  const [first] = errors;
  if (!first) return;
  throw new AppError('forbidden', `${first.pointer.slice(1)} ${first.detail}.`, { errors });
}

/** Queues the job under the chosen id, once it is sure that its caller may; `replayed` when an earlier request had. */
export async function enqueueJob(
  req: Request,
  contract: JobContract,
  { producer, storage, log }: QueueDeps,
  chosen: ChosenId,
  job: JobRequest,
): Promise<Enqueued> {
  const { id, nonce, repeatable } = chosen;
  assertPermitted(contract, job.input, req);
  await assertReferences(contract, job.input, req, producer);
  const mark = repeatable ? { nonce, fingerprint: fingerprintOf(job) } : {};
  const subjects = contract.subjects?.(job.input);
  const envelope: Envelope = {
    v: ENVELOPE_VERSION,
    caller: callerOf(req).name,
    ...mark,
    ...(subjects ? { subjects } : {}),
    ...(await moveLargeInput(job, chosen, storage)),
  };
  const enqueued = await producer.enqueue(contract.kind, id, envelope);
  log.debug({ job: id, caller: envelope.caller, replayed: enqueued.replayed }, 'job accepted');
  return enqueued;
}
