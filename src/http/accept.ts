import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Config } from '../config.ts';
import { AppError, type FieldFault } from '../errors.ts';
import type { JobContract, StoredFile, UploadRules } from '../jobs/define.ts';
import { deriveJobId, randomJobId, randomNonce } from '../jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../jobs/options.ts';
import type { Log } from '../log.ts';
import { AnswerLost, type Producer } from '../queue/producer.ts';
import { type Storage, uploadFolder, uploadFolders, uploadKey } from '../storage/index.ts';
import { callerOf, isBrowserSession, requireScope } from './auth.ts';
import { createFieldReader, invalidRequest, pointerOf, type TextFields } from './fields.ts';
import { fingerprintOf, readIdempotencyKey } from './idempotency.ts';
import { type JobFinder, maySee } from './job-finder.ts';
import { hasEnded } from './job-view.ts';
import { preferredWait, type Waiter } from './prefer.ts';
import { prefersHtml } from './problem.ts';
import { readUpload, saveText } from './upload.ts';

/** Asking for a job's state sooner than this makes no sense. */
const RETRY_AFTER_SECONDS = 1;

/** From here on an input lies in storage: Redis keeps its memory for queues. */
const LARGE_INPUT_BYTES = 32_000;
const INPUT_FILE = 'input.json';

type JobRequest = Pick<Envelope, 'input' | 'options' | 'uploads'>;
type StoredRequest = JobRequest & Pick<Envelope, 'inputFile'>;

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
  const parseJson = express.json({ limit: deps.config.JSON_MAX_BYTES, type: JSON_TYPES });
  for (const contract of deps.contracts) {
    if (contract.accepts === 'none') continue;
    const handle = createAcceptHandler(contract, deps);
    app.post(`/v1/${contract.kind}`, requireScope(contract.kind), parseJson, handle);
  }
}

const JSON_TYPES = ['application/json', 'application/*+json'];

function createAcceptHandler(contract: JobContract, deps: AcceptDeps): RequestHandler {
  const { accepts, upload } = contract;
  const acceptJson = accepts === 'json' || upload?.isReferenced ? acceptBody(contract, deps) : null;
  const acceptFiles = upload ? acceptUpload(contract, upload, deps) : null;
  return async (req, res) => {
    const isJson = req.body !== undefined || req.is(JSON_TYPES);
    if (acceptJson && isJson) return acceptJson(req, res, req.body);
    // A kind of uploads answers what it can't take itself: its list of types is longer.
    if (acceptFiles && (accepts === 'upload' || req.is('multipart/form-data'))) return acceptFiles(req, res);
    const types = upload ? 'application/json or multipart/form-data' : 'application/json';
    throw new AppError('unsupported_media_type', `The Content-Type must be ${types}.`);
  };
}

/** Takes a JSON body, wherever it comes from: the API's route and the page's forms go the same way. */
export function acceptBody(contract: JobContract, deps: AcceptDeps) {
  const reader = createFieldReader(contract);
  return async (req: Request, res: Response, body: unknown): Promise<void> => {
    const read = reader.readJson(body);
    if (contract.upload?.field && !contract.upload.isReferenced?.(read.input)) {
      throw invalidRequest([{ pointer: '/source', detail: 'must say where the file is, or send the file itself' }]);
    }
    assertFiles(contract, read.input, {});
    const chosen = chooseId(req, contract, deps);
    await keepUnlessUnused(chosen, deps, () => queueJob(req, res, contract, deps, chosen, { ...read, uploads: {} }));
  };
}

/** A page's form as it came: its texts, its files, and a way to turn a text into one more file. */
export interface PostedForm {
  fields: TextFields;
  files: Record<string, StoredFile>;
  keepText(field: string, filename: string, text: string): Promise<void>;
}

/**
 * Takes a form with files, or one file as the body: what the pages and the API's route send. A page's form has fields
 * of its own: `toBody` makes the JSON body of them.
 */
export function acceptUpload(
  contract: JobContract,
  rules: UploadRules,
  deps: AcceptDeps,
  toBody?: (form: PostedForm) => Promise<unknown>,
) {
  const { config, storage } = deps;
  const reader = createFieldReader(contract);
  return async (req: Request, res: Response): Promise<void> => {
    const chosen = chooseId(req, contract, deps);
    await keepUnlessUnused(chosen, deps, async () => {
      const { id: jobId, nonce } = chosen;
      chosen.stored = true;
      const target = { config, storage, rules, jobId, nonce };
      const { fields, files } = await readUpload(req, target);
      const keepText: PostedForm['keepText'] = async (field, filename, text) => {
        files[field] = await saveText(text, target, field, filename);
      };
      const read = toBody
        ? reader.readJson(await toBody({ fields, files, keepText }))
        : rules.jsonField
          ? reader.readJson(parseBody(fields, rules.jsonField))
          : reader.readTexts(fields);
      assertFiles(contract, read.input, files);
      return queueJob(req, res, contract, deps, chosen, { ...read, uploads: files });
    });
  };
}

/** The JSON body that came as a field of a form; throws invalid_request. */
function parseBody(fields: TextFields, name: string): unknown {
  const others = [...fields.keys()].filter((field) => field !== name);
  if (others.length > 0) {
    throw invalidRequest(
      others.map((other) => ({ pointer: pointerOf([other]), detail: `is not a known field: put it into "${name}"` })),
    );
  }
  const [text, ...more] = fields.get(name) ?? [];
  if (text === undefined || more.length > 0) {
    throw invalidRequest([{ pointer: `/${name}`, detail: 'must be given once: the JSON that says what is wanted' }]);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest([{ pointer: `/${name}`, detail: 'must be valid JSON' }]);
  }
}

/** The files that came must be those that the input speaks of. */
function assertFiles({ upload }: JobContract, input: unknown, files: Record<string, StoredFile>): void {
  if (!upload) return;
  const { field, isReferenced, files: namesOf } = upload;
  const further = namesOf?.(input) ?? [];
  const isElsewhere = isReferenced?.(input) ?? false;
  const wanted = field && !isElsewhere ? [field, ...further] : further;
  const faults: FieldFault[] = [];
  for (const name of wanted) {
    if (Object.hasOwn(files, name)) continue;
    const detail =
      name === field ? 'is missing: choose a file to upload' : 'is missing: send that file as a field of the form';
    faults.push({ pointer: `/${name}`, detail });
  }
  for (const name of Object.keys(files)) {
    if (wanted.includes(name)) continue;
    if (name === field)
      faults.push({ pointer: '/source', detail: `must not stand beside the file that was sent as "${field}"` });
    else faults.push({ pointer: `/${name}`, detail: 'is a file that nothing refers to' });
  }
  if (faults.length > 0) throw invalidRequest(faults);
}

/** The job's id, and what tells this request from others that choose the same. */
interface ChosenId {
  id: string;
  nonce: string;
  /** Whether the caller chose it by an Idempotency-Key. */
  repeatable: boolean;
  /** Whether the request has put files into storage under this id and nonce. */
  stored: boolean;
}

function chooseId(req: Request, { kind, idPrefix }: JobContract, { secret }: AcceptDeps): ChosenId {
  const nonce = randomNonce();
  const key = readIdempotencyKey(req);
  if (key === undefined) return { id: randomJobId(idPrefix), nonce, repeatable: false, stored: false };
  const id = deriveJobId(secret, idPrefix, [callerOf(req).name, `/v1/${kind}`, key]);
  return { id, nonce, repeatable: true, stored: false };
}

async function removeUpload({ id, nonce, stored }: ChosenId, { storage, log }: AcceptDeps): Promise<void> {
  if (!stored) return;
  await storage.remove(uploadFolder(id, nonce)).catch((err) => log.warn({ err, job: id }, 'upload left behind'));
}

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

/**
 * Removes what the request stored when nothing came of it. `work` answers whether an earlier request had queued the
 * job already: that one has files of its own.
 */
async function keepUnlessUnused(chosen: ChosenId, deps: AcceptDeps, work: () => Promise<boolean>): Promise<void> {
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

/** Queues the job and answers; true when an earlier request had queued it already. */
async function queueJob(
  req: Request,
  res: Response,
  contract: JobContract,
  { producer, storage, waiter, finder, log }: AcceptDeps,
  chosen: ChosenId,
  job: JobRequest,
): Promise<boolean> {
  const { id, nonce, repeatable } = chosen;
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
