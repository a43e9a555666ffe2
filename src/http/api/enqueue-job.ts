import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import { AppError } from '../../errors.ts';
import { invalidRequest } from '../../fields/invalid-request.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { boundFacts } from '../../jobs/facts.ts';
import { deriveJobId, randomJobId, randomNonce } from '../../jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../../jobs/options.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import type { Log } from '../../log.ts';
import type { Enqueued } from '../../queue/producer/enqueue.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { OutcomeUnknown } from '../../redis/errors.ts';
import { uploadFolder, uploadFolders, uploadKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import { callerOf } from '../auth/identify.ts';
import { originOf } from '../request-origin.ts';
import { fingerprintOf, readIdempotencyKey } from './idempotency.ts';
import { maySee } from './job-finder.ts';

/** From here on an input lies in storage: Redis keeps its memory for queues. */
const LARGE_INPUT_BYTES = 32_000;
const INPUT_FILE = 'input.json';
const MAX_TITLE_LENGTH = 200;

/** A job as it was asked for; its uploads lie in storage under its id and nonce. */
export type JobRequest = Pick<Envelope, 'input' | 'options' | 'uploads'> & {
  /** Of an input that was read in a thread: its JSON; such an input is null where it is large. */
  inputText?: string;
  /** Its fingerprint, where one is needed. */
  fingerprint?: string | undefined;
};

/** Seconds to ask what became of a job whose queueing was not answered. */
const SETTLE_TRIES = 600;

/** What queueing a job for a request takes. */
export interface QueueDeps {
  producer: Producer;
  storage: Storage;
  /** The deployment's secret: ids chosen by an Idempotency-Key are made with it. */
  secret: string;
  /** What is wrong with a callbackUrl, as the kind that carries callbacks knows; null for nothing. */
  findCallbackFault(url: string): string | null;
  log: Log;
}

/** The job's id, and what tells this request from others that choose the same. */
export interface ChosenId {
  id: string;
  nonce: string;
  /** Whether the caller chose it by an Idempotency-Key. */
  repeatable: boolean;
  /** The request's name, for the log. */
  requestId: string | undefined;
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
  const { requestId } = originOf(req);
  const key = readIdempotencyKey(req);
  if (key === undefined) return { id: randomJobId(idPrefix), nonce, repeatable: false, requestId };
  const id = deriveJobId(secret, idPrefix, [
    callerOf(req).name,
    path === undefined ? `/v1/${kind}` : `/v1/${kind}/${path}`,
    key,
    ...index,
  ]);
  return { id, nonce, repeatable: true, requestId };
}

/**
 * Chooses the id of a job that a form of the pages asks for: the same form with the same content is the same job, and
 * another content is another one.
 */
export function chooseFormId(
  req: Request,
  { kind, idPrefix }: JobContract,
  { secret }: Pick<QueueDeps, 'secret'>,
  { token, job }: { token: string; job: JobRequest },
): ChosenId {
  const id = deriveJobId(secret, idPrefix, ['form', callerOf(req).name, `/v1/${kind}`, token, fingerprintOf(job)]);
  return { id, nonce: randomNonce(), repeatable: true, requestId: originOf(req).requestId };
}

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

/** Puts an input that is too large for Redis into storage; `text` is the input as JSON. */
async function storeInput(text: string, { id, nonce }: ChosenId, storage: Storage): Promise<StoredFile> {
  const key = uploadKey(id, nonce, INPUT_FILE);
  const written = await storage.put(key, Readable.from([Buffer.from(text)]));
  return { key, name: INPUT_FILE, type: 'application/json', ...written };
}

/** What the caller's key leaves of the kind: throws forbidden with the fields that go beyond it. */
function assertPermitted({ permit }: JobContract, input: unknown, req: Request): void {
  const errors = permit?.(input, callerOf(req)) ?? [];
  const [first] = errors;
  if (!first) return;
  throw new AppError('forbidden', `${first.pointer.slice(1)} ${first.detail}.`, { errors });
}

/** Throws invalid_request for a callbackUrl that no webhook would ever be sent to. */
function assertCallback({ options }: JobRequest, { findCallbackFault }: QueueDeps): void {
  const fault = options.callbackUrl === undefined ? null : findCallbackFault(options.callbackUrl);
  if (fault) throw invalidRequest([{ pointer: '/callbackUrl', detail: fault }]);
}

/** Makes the record that is queued: the request, whose it is, and what pages and listings know it by. */
async function makeEnvelope(req: Request, queued: QueuedRequest, { storage }: QueueDeps): Promise<Envelope> {
  const { contract, chosen, job, inputText } = queued;
  const { input, options, uploads } = job;
  const mark = chosen.repeatable ? { nonce: chosen.nonce, fingerprint: fingerprintOf(job) } : {};
  const subjects = contract.subjects?.(input);
  const title = contract.title?.(input, uploads)?.slice(0, MAX_TITLE_LENGTH);
  const facts = boundFacts(contract.facts?.(input, uploads));
  const stored = isLarge(inputText)
    ? { input: null, inputFile: await storeInput(inputText, chosen, storage) }
    : { input };
  return {
    v: ENVELOPE_VERSION,
    caller: callerOf(req).name,
    ...originOf(req),
    ...mark,
    ...(subjects ? { subjects } : {}),
    ...(title ? { title } : {}),
    ...(facts ? { facts } : {}),
    ...stored,
    uploads,
    options,
  };
}

/** What `enqueueJob` queues. */
export interface QueuedRequest {
  contract: JobContract;
  chosen: ChosenId;
  job: JobRequest;
  /** The input as JSON. */
  inputText: string;
}

/** Whether an input, as JSON, lies in storage. */
export const isLarge = (inputText: string): boolean => inputText.length >= LARGE_INPUT_BYTES;

/**
 * Queues the job under the chosen id, once it is sure that its caller may; `replayed` when an earlier request had. What
 * the request stored is removed when nothing comes of it: when it is refused, or when the earlier one has files of its
 * own.
 */
export async function enqueueJob(
  req: Request,
  contract: JobContract,
  deps: QueueDeps,
  { chosen, job }: Pick<QueuedRequest, 'chosen' | 'job'>,
): Promise<Enqueued> {
  const inputText = job.inputText ?? JSON.stringify(job.input);
  const hasFiles = isLarge(inputText) || Object.keys(job.uploads).length > 0;
  try {
    assertPermitted(contract, job.input, req);
    assertCallback(job, deps);
    await assertReferences(contract, job.input, req, deps.producer);
    const envelope = await makeEnvelope(req, { contract, chosen, job, inputText }, deps);
    const enqueued = await deps.producer.enqueue(contract.kind, chosen.id, envelope);
    const { caller, requestId } = envelope;
    deps.log.debug({ job: chosen.id, requestId, caller, replayed: enqueued.replayed }, 'job accepted');
    if (enqueued.replayed && hasFiles) await removeUpload(chosen, deps);
    return enqueued;
  } catch (error) {
    if (hasFiles && error instanceof OutcomeUnknown) void settleUpload(chosen, deps);
    else if (hasFiles) await removeUpload(chosen, deps);
    throw error;
  }
}
