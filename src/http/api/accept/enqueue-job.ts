import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import type { Config } from '../../../config/platform.ts';
import type { CallerSecrets } from '../../../delivery/caller-secrets.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { boundFacts } from '../../../jobs/facts.ts';
import { writeJobNames } from '../../../jobs/job-name.ts';
import { ENVELOPE_VERSION, type Envelope, type InputFile } from '../../../jobs/options.ts';
import type { Quotas } from '../../../keys/quotas.ts';
import type { Log } from '../../../log.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { OutcomeUnknown } from '../../../redis/errors.ts';
import { createSealedFields } from '../../../signing/sealed-fields.ts';
import { uploadFolder, uploadFolders } from '../../../storage/keys.ts';
import type { Storage } from '../../../storage/storage.ts';
import { callerOf, isBrowserSession, stillHolds } from '../../auth/identify.ts';
import { originOf } from '../../request-origin.ts';
import type { ChooseDeps, ChosenId } from './choose-id.ts';
import { holdRoom } from './hold-room.ts';
import { fingerprintOf } from './idempotency.ts';
import { isLargeInput, storeInput } from './input-file.ts';
import type { JobRequest } from './job-request.ts';
import { assertReferences, filesOf, holdNeeds, type Need, onlyOnce } from './references.ts';
import { shareOf } from './share.ts';

const MAX_TITLE_LENGTH = 200;

/** Seconds to ask what became of a job whose queueing was not answered. */
const SETTLE_TRIES = 600;

/** What queueing a job for a request takes. */
export interface QueueDeps extends ChooseDeps {
  config: Config;
  producer: Producer;
  storage: Storage;
  quotas: Quotas;
  callerSecrets: Pick<CallerSecrets, 'findMissing'>;
  /** What is wrong with a callbackUrl, as the kind that carries callbacks knows; null for nothing. */
  findCallbackFault(url: string): string | null;
  log: Log;
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

/** What the caller's key leaves of the kind: throws forbidden with the fields that go beyond it. */
function assertPermitted({ permit }: JobContract, input: unknown, req: Request): void {
  const errors = permit?.(input, callerOf(req)) ?? [];
  const [first] = errors;
  if (!first) return;
  throw new AppError('forbidden', `${first.pointer.slice(1)} ${first.detail}.`, { errors });
}

/** A job may only name secrets that its caller has. */
async function assertSecrets(contract: JobContract, input: unknown, req: Request, deps: QueueDeps): Promise<void> {
  const uses = contract.secretUses?.(input) ?? [];
  if (uses.length === 0) return;
  const missing = await deps.callerSecrets.findMissing(callerOf(req).name, [...new Set(uses.map(({ name }) => name))]);
  const faults = uses.filter(({ name }) => missing.includes(name));
  if (faults.length === 0) return;
  const detail = (name: string) => `names the secret "${name}", which is not there: PUT /v1/secrets/${name} keeps it`;
  throw invalidRequest(faults.map(({ pointer, name }) => ({ pointer, detail: detail(name) })));
}

/** Throws invalid_request for a callbackUrl that no webhook would ever be sent to. */
function assertCallback({ options }: JobRequest, { findCallbackFault }: QueueDeps): void {
  const fault = options.callbackUrl === undefined ? null : findCallbackFault(options.callbackUrl);
  if (fault) throw invalidRequest([{ pointer: '/callbackUrl', detail: fault }]);
}

/**
 * Whether the caller may ask for that job: answers what it names; rejects with unauthorized, forbidden, or what is
 * wrong with a field.
 */
export async function assertAllowed(
  req: Request,
  contract: JobContract,
  deps: QueueDeps,
  job: JobRequest,
): Promise<Need[]> {
  // An upload may have taken an hour.
  if (!(await stillHolds(req))) throw new AppError('unauthorized', 'The key was revoked while the request was read.');
  assertPermitted(contract, job.input, req);
  assertCallback(job, deps);
  await assertSecrets(contract, job.input, req, deps);
  return assertReferences(req, contract, job.input, deps);
}

/** What was asked for, without a trace of secret fields; a repeated request is compared by the secret of the first. */
const fingerprintFor = ({ secretFields }: JobContract, { secret }: ChosenId, job: JobRequest): string =>
  job.fingerprint ?? fingerprintOf({ ...job, input: createSealedFields([secret]).seal(job.input, secretFields) });

/** Seals the secret fields of a job's input; the same as JSON. */
export function sealInput({ secretFields }: JobContract, { secrets }: Pick<QueueDeps, 'secrets'>, job: JobRequest) {
  // The thread that has read it has sealed it.
  if (job.inputText !== undefined) return { sealedInput: job.input, inputText: job.inputText };
  const sealedInput: unknown = createSealedFields(secrets).seal(job.input, secretFields);
  return { sealedInput, inputText: JSON.stringify(sealedInput) };
}

/** Makes the record that is queued: the request, whose it is, and what pages and listings know it by. */
function makeEnvelope(req: Request, contract: JobContract, queued: QueuedRequest): Envelope {
  const { chosen, job, sealedInput, inputFile } = queued;
  const needs = onlyOnce(queued.needs);
  const { input, options, uploads } = job;
  const mark = chosen.repeatable ? { nonce: chosen.nonce, fingerprint: fingerprintFor(contract, chosen, job) } : {};
  const subjects = contract.subjects?.(input);
  const attempts = contract.attemptsOf?.(input);
  const files = { ...uploads, ...filesOf(needs) };
  const title = contract.title?.(input, files)?.slice(0, MAX_TITLE_LENGTH);
  const facts = boundFacts(contract.facts?.(input, files));
  return {
    v: ENVELOPE_VERSION,
    caller: callerOf(req).name,
    ...shareOf(callerOf(req)),
    ...originOf(req),
    ...mark,
    ...(isBrowserSession(req) ? { byForm: true } : {}),
    ...(subjects ? { subjects } : {}),
    ...(attempts === undefined ? {} : { attempts }),
    ...(title ? { title } : {}),
    ...(facts ? { facts } : {}),
    ...(inputFile ? { input: null, inputFile } : { input: sealedInput }),
    uploads,
    ...(needs.length > 0 ? { needs: writeJobNames(needs) } : {}),
    options,
  };
}

/** A job that may be queued: what it needs lies in storage. */
export interface QueuedRequest {
  chosen: ChosenId;
  job: JobRequest;
  /** The input, its secret fields sealed. */
  sealedInput: unknown;
  /** That input as JSON. */
  inputText: string;
  /** Where the input lies, if it is too large for Redis. */
  inputFile?: InputFile | undefined;
  /** The uploads and other jobs that it names. */
  needs: readonly Need[];
  /** Called when the job is refused, before its files are removed; does not reject. */
  beforeRemoval?: ((error: unknown) => Promise<void>) | undefined;
}

/**
 * Queues a job whose caller may have it. Rejects as the producer does, and with quota_exceeded; what lies in storage for
 * it stays there.
 */
export async function queueRequest(
  req: Request,
  contract: JobContract,
  deps: QueueDeps,
  request: QueuedRequest,
): Promise<Enqueued> {
  const { chosen, inputText, needs } = request;
  await holdNeeds(deps.producer, { kind: contract.kind, id: chosen.id }, needs);
  const envelope = makeEnvelope(req, contract, request);
  const enqueue = async (anew: boolean) => {
    const grant = await deps.quotas.grant(callerOf(req), contract.kind, anew);
    return deps.producer.enqueue(contract.kind, chosen.id, envelope, { grant, inputText });
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
  req: Request,
  contract: JobContract,
  deps: QueueDeps,
  { chosen, job, beforeRemoval }: Pick<QueuedRequest, 'chosen' | 'job' | 'beforeRemoval'>,
): Promise<Enqueued> {
  const { sealedInput, inputText } = sealInput(contract, deps, job);
  const isLarge = isLargeInput(inputText);
  const hasFiles = isLarge || Object.keys(job.uploads).length > 0;
  let letGo = () => {};
  try {
    await deps.storage.assertRoom();
    const needs = await assertAllowed(req, contract, deps, job);
    if (isLarge) letGo = await holdRoom(req, contract, deps, { chosen, ...takenBy(inputText) });
    const inputFile = isLarge ? await storeInput(inputText, chosen, deps.storage) : undefined;
    const enqueued = await queueRequest(req, contract, deps, { chosen, job, sealedInput, inputText, inputFile, needs });
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
