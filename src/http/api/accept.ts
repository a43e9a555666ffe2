import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Config } from '../../config/load.ts';
import { AppError, type FieldError } from '../../errors.ts';
import type { JobContract, UploadRules } from '../../jobs/contract.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import { isBrowserSession, requireScope } from '../auth/identify.ts';
import { createFieldReader, invalidRequest, pointerOf, type TextFields } from '../fields.ts';
import { prefersHtml } from '../problem.ts';
import {
  type ChosenId,
  chooseId,
  enqueueJob,
  type JobRequest,
  keepUnlessUnused,
  type QueueDeps,
} from './enqueue-job.ts';
import type { JobFinder } from './job-finder.ts';
import { preferredWait, type Waiter } from './prefer.ts';
import { readUpload, saveText } from './upload.ts';

/** Asking for a job's state sooner than this makes no sense. */
const RETRY_AFTER_SECONDS = 1;

export interface AcceptDeps extends QueueDeps {
  config: Config;
  contracts: readonly JobContract[];
  waiter: Waiter;
  finder: Pick<JobFinder, 'view'>;
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
  const faults: FieldError[] = [];
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

/** Queues the job and answers; true when an earlier request had queued it already. */
async function queueJob(
  req: Request,
  res: Response,
  contract: JobContract,
  deps: AcceptDeps,
  chosen: ChosenId,
  job: JobRequest,
): Promise<boolean> {
  const { waiter, finder } = deps;
  const { id } = chosen;
  const { job: queued, replayed } = await enqueueJob(req, contract, deps, chosen, job);
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
