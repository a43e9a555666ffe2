import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { JobContract } from '../jobs/define.ts';
import { deriveJobId, randomJobId, randomNonce } from '../jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../jobs/options.ts';
import type { Log } from '../log.ts';
import { AnswerLost, type Producer } from '../queue/producer.ts';
import { type Storage, uploadFolder, uploadFolders } from '../storage/index.ts';
import { callerOf, isBrowserSession, requireScope } from './auth.ts';
import { createFieldReader, type FieldReader, invalidRequest } from './fields.ts';
import { fingerprintOf, readIdempotencyKey } from './idempotency.ts';
import { type JobFinder, maySee } from './job-finder.ts';
import { hasEnded } from './job-view.ts';
import { preferredWait, type Waiter } from './prefer.ts';
import { prefersHtml } from './problem.ts';
import { readUpload } from './upload.ts';

/** Asking for a job's state sooner than this makes no sense. */
const RETRY_AFTER_SECONDS = 1;

/** Seconds to ask what became of a job whose queueing was not answered. */
const SETTLE_TRIES = 600;

export interface AcceptDeps {
  config: Config;
  contracts: readonly JobContract[];
  producer: Producer;
  storage: Storage;
  waiter: Waiter;
  finder: Pick<JobFinder, 'view'>;
  /** The deployment's secret: ids chosen by an Idempotency-Key are made with it. */
  secret: string;
  log: Log;
}

/**
 * `POST /v1/<kind>` for every kind that takes jobs: validate, store the upload, queue the job, answer 202. The routes
 * stand on the app itself: this is the one path where a router of its own would be felt.
 */
export function addAcceptRoutes(app: Express, deps: AcceptDeps): void {
  for (const contract of deps.contracts) {
    if (contract.accepts === 'none') continue;
    const read = contract.accepts === 'upload' ? acceptUpload(contract, deps) : acceptJson(contract, deps);
    app.post(`/v1/${contract.kind}`, requireScope(contract.kind), ...read);
  }
}

const JSON_TYPES = ['application/json', 'application/*+json'];

function acceptJson(contract: JobContract, deps: AcceptDeps): RequestHandler[] {
  const accept = acceptBody(contract, deps);
  const parse = express.json({ limit: deps.config.JSON_MAX_BYTES, type: JSON_TYPES });
  const handle: RequestHandler = async (req, res) => {
    // The parser has looked at the type already; what it left alone is looked at again to say why.
    if (req.body === undefined && !req.is(JSON_TYPES)) {
      throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
    }
    await accept(req, res, req.body);
  };
  return [parse, handle];
}

/** Takes a JSON body, wherever it comes from: the API's route and the page's forms go the same way. */
export function acceptBody(contract: JobContract, deps: AcceptDeps) {
  const reader = createFieldReader(contract);
  return async (req: Request, res: Response, body: unknown): Promise<void> => {
    const read = reader.readJson(body);
    if (contract.upload && !contract.upload.isReferenced?.(read.input)) {
      throw invalidRequest([{ pointer: '/source', detail: 'must say where the file is, or send the file itself' }]);
    }
    await assertReferences(contract, read.input, req, deps.producer);
    await queueJob(req, res, contract, deps, chooseId(req, contract, deps), { ...read, uploads: {} });
  };
}

function acceptUpload(contract: JobContract, deps: AcceptDeps): RequestHandler[] {
  const reader = createFieldReader(contract);
  const acceptReference = contract.upload?.isReferenced ? acceptBody(contract, deps) : null;
  const parse = express.json({ limit: deps.config.JSON_MAX_BYTES, type: JSON_TYPES });
  const handle: RequestHandler = async (req, res) => {
    if (acceptReference && req.is(JSON_TYPES)) return acceptReference(req, res, req.body);
    const chosen = chooseId(req, contract, deps);
    try {
      const { read, file, field } = await readUploadedJob(req, contract, deps, reader, chosen);
      const replayed = await queueJob(req, res, contract, deps, chosen, { ...read, uploads: { [field]: file } });
      // The job of the first request has a file of its own.
      if (replayed) await removeUpload(chosen, deps);
    } catch (error) {
      if (error instanceof AnswerLost) void settleUpload(chosen, deps);
      else await removeUpload(chosen, deps);
      throw error;
    }
    return undefined;
  };
  return acceptReference ? [parse, handle] : [handle];
}

/** The job's id, and what tells this request from others that choose the same. */
interface ChosenId {
  id: string;
  nonce: string;
  /** Whether the caller chose it by an Idempotency-Key. */
  repeatable: boolean;
}

function chooseId(req: Request, { kind, idPrefix }: JobContract, { secret }: AcceptDeps): ChosenId {
  const nonce = randomNonce();
  const key = readIdempotencyKey(req);
  if (key === undefined) return { id: randomJobId(idPrefix), nonce, repeatable: false };
  const id = deriveJobId(secret, idPrefix, [callerOf(req).name, `/v1/${kind}`, key]);
  return { id, nonce, repeatable: true };
}

const removeUpload = ({ id, nonce }: ChosenId, { storage, log }: AcceptDeps): Promise<void> =>
  storage.remove(uploadFolder(id, nonce)).catch((err) => log.warn({ err, job: id }, 'upload left behind'));

/** Whether the job was queued is not known: its upload is kept until Redis can tell, and goes when no job refers to it. */
async function settleUpload(chosen: ChosenId, deps: AcceptDeps): Promise<void> {
  for (let asked = 0; asked < SETTLE_TRIES; asked += 1) {
    await delay(1000, undefined, { ref: false });
    const job = await deps.producer.find(chosen.id).catch(() => undefined);
    if (job === undefined) continue;
    const kept = job !== null && uploadFolders(job.envelope).includes(uploadFolder(chosen.id, chosen.nonce));
    if (!kept) await removeUpload(chosen, deps);
    return;
  }
}

async function readUploadedJob(
  req: Request,
  contract: JobContract,
  { config, storage }: AcceptDeps,
  reader: FieldReader,
  { id, nonce }: ChosenId,
) {
  const { upload: rules } = contract;
  if (!rules) throw new Error(`${contract.kind} takes no upload`);
  const { fields, file } = await readUpload(req, { config, storage, rules, jobId: id, nonce });
  const read = reader.readTexts(fields);
  if (rules.isReferenced?.(read.input)) {
    throw invalidRequest([
      { pointer: '/source', detail: `must not stand beside the file that was sent as "${rules.field}"` },
    ]);
  }
  return { read, file, field: rules.field };
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

/** Queues the job and answers; true when an earlier request had queued it already. */
async function queueJob(
  req: Request,
  res: Response,
  contract: JobContract,
  { producer, waiter, finder, log }: AcceptDeps,
  { id, nonce, repeatable }: ChosenId,
  job: Pick<Envelope, 'input' | 'options' | 'uploads'>,
): Promise<boolean> {
  const mark = repeatable ? { nonce, fingerprint: fingerprintOf(job) } : {};
  const subjects = contract.subjects?.(job.input);
  const envelope: Envelope = {
    v: ENVELOPE_VERSION,
    caller: callerOf(req).name,
    ...mark,
    ...(subjects ? { subjects } : {}),
    ...job,
  };
  const { job: queued, replayed } = await producer.enqueue(contract.kind, id, envelope);
  log.debug({ job: id, caller: envelope.caller, replayed }, 'job accepted');
  if (isBrowserSession(req) && prefersHtml(req)) {
    res.redirect(303, `/jobs/${id}`);
    return replayed;
  }
  res.set({ Location: `/v1/jobs/${id}`, 'Cache-Control': 'no-store', Vary: 'Prefer' });
  if (replayed) res.set('Idempotency-Replayed', 'true');
  const seconds = preferredWait(req);
  const stored = seconds > 0 ? await waiter.waitForEnd(req, queued, seconds) : queued;
  if (seconds > 0 && hasEnded(stored.state)) {
    res.set('Preference-Applied', `wait=${seconds}`).json(finder.view(stored));
    return replayed;
  }
  res.status(202).set('Retry-After', String(RETRY_AFTER_SECONDS)).json(finder.view(stored));
  return replayed;
}
