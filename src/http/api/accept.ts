import type { Express, Request, RequestHandler, Response } from 'express';
import type { Config } from '../../config/platform.ts';
import { AppError, type FieldError } from '../../errors.ts';
import { invalidRequest } from '../../fields/invalid-request.ts';
import type { JobContract, UploadRules } from '../../jobs/contract.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { PostedForm } from '../../kinds/page.ts';
import { uploadFolder, uploadKey } from '../../storage/keys.ts';
import { splitFormToken } from '../actions/form-token.ts';
import { isBrowserSession, requireScope } from '../auth/identify.ts';
import { createFieldReader } from '../fields.ts';
import type { TextFields } from '../form-texts.ts';
import { prefersHtml } from '../problem.ts';
import {
  type ChosenId,
  chooseFormId,
  chooseId,
  enqueueJob,
  type JobRequest,
  type QueueDeps,
  removeUpload,
} from './enqueue-job.ts';
import { holdRoom } from './hold-room.ts';
import type { JobFinder } from './job-finder.ts';
import { JSON_TYPES, readJsonBody } from './json-body.ts';
import { preferredWait, type Waiter } from './prefer.ts';
import { saveText } from './upload/save-file.ts';
import { readUpload } from './upload/upload.ts';

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
  const parseJson = readJsonBody(deps.config.JSON_MAX_BYTES);
  for (const contract of deps.contracts) {
    if (contract.accepts === 'none') continue;
    const handle = createAcceptHandler(contract, deps);
    app.post(`/v1/${contract.kind}`, requireScope(contract.kind), parseJson, handle);
  }
}

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

/**
 * Takes a JSON body, wherever it comes from: the API's route and the page's forms go the same way, those with their
 * `token`.
 */
export function acceptBody(contract: JobContract, deps: AcceptDeps) {
  const reader = createFieldReader(contract);
  return async (req: Request, res: Response, body: unknown, token?: string): Promise<void> => {
    const read = reader.readJson(body);
    if (contract.upload?.field && !contract.upload.isReferenced?.(read.input)) {
      throw invalidRequest([{ pointer: '/source', detail: 'must say where the file is, or send the file itself' }]);
    }
    assertFiles(contract, read.input, {});
    const job = { ...read, uploads: {} };
    const chosen = await (token ? chooseFormId(req, contract, deps, { token, job }) : chooseId(req, contract, deps));
    await queueJob(req, res, deps, { contract, chosen, job });
  };
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
  const readForm = createFormReader(contract, rules, deps, toBody);
  return async (req: Request, res: Response): Promise<void> => {
    const first = await chooseId(req, contract, deps);
    const storedBytes = Number(req.get('content-length') ?? 0);
    const letGo = await holdRoom(req, contract, deps, { chosen: first, jobs: 1, storedBytes });
    try {
      const asked = await readForm(req, first)
        .then(({ token, job }) =>
          token ? moveToForm(req, contract, deps, { first, token, job }) : { chosen: first, job },
        )
        .catch(async (error) => {
          await removeUpload(first, deps);
          throw error;
        });
      await queueJob(req, res, deps, { contract, ...asked });
    } finally {
      letGo();
    }
  };
}

/** Gives a form's job the id that follows from its token and content; its files, read by now, move there. */
async function moveToForm(
  req: Request,
  contract: JobContract,
  deps: AcceptDeps,
  { first, token, job }: { first: ChosenId; token: string; job: JobRequest },
): Promise<{ chosen: ChosenId; job: JobRequest }> {
  const chosen = await chooseFormId(req, contract, deps, { token, job });
  const entries = Object.entries(job.uploads);
  if (entries.length === 0) return { chosen, job };
  await deps.storage.move(uploadFolder(first.id, first.nonce), uploadFolder(chosen.id, chosen.nonce));
  const moved = entries.map(([field, file]) => [field, { ...file, key: uploadKey(chosen.id, chosen.nonce, field) }]);
  return { chosen, job: { ...job, uploads: Object.fromEntries(moved) } };
}

/** Makes the function that stores a form's files under the chosen id and validates its fields. */
function createFormReader(
  contract: JobContract,
  rules: UploadRules,
  { config, storage }: AcceptDeps,
  toBody?: (form: PostedForm) => Promise<unknown>,
) {
  const reader = createFieldReader(contract);
  return async (
    req: Request,
    { id: jobId, nonce }: ChosenId,
  ): Promise<{ token: string | undefined; job: JobRequest }> => {
    const target = { config, storage, rules, jobId, nonce };
    const { fields: sent, files } = await readUpload(req, target);
    const { token, typed: fields } = splitFormToken(req, sent);
    const uploads = { ...files };
    const keepText: PostedForm['keepText'] = async (field, filename, text) => {
      uploads[field] = await saveText(text, target, field, filename);
    };
    const read = toBody
      ? reader.readJson(await toBody({ fields, files, keepText }))
      : rules.jsonField
        ? reader.readJson(parseBody(fields, rules.jsonField))
        : reader.readTexts(fields);
    assertFiles(contract, read.input, uploads);
    return { token, job: { ...read, uploads } };
  };
}

/** The JSON body that came as a field of a form; throws invalid_request. */
function parseBody(fields: TextFields, name: string): unknown {
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
  const { field, jsonField, isReferenced, files: namesOf } = upload;
  const further = namesOf?.(input) ?? [];
  const isElsewhere = isReferenced?.(input) ?? false;
  const wanted = field && !isElsewhere ? [field, ...further] : further;
  const hint = jsonField ? `; if it is a field, put it into "${jsonField}"` : '';
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
    else faults.push({ pointer: `/${name}`, detail: `is a file that nothing refers to${hint}` });
  }
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Queues the job and answers. */
async function queueJob(
  req: Request,
  res: Response,
  deps: AcceptDeps,
  request: { contract: JobContract; chosen: ChosenId; job: JobRequest },
): Promise<void> {
  const { id } = request.chosen;
  const { job, replayed } = await enqueueJob(req, request.contract, deps, request);
  if (isBrowserSession(req) && prefersHtml(req)) {
    return res.redirect(303, replayed ? `/jobs/${id}?sent=again` : `/jobs/${id}`);
  }
  res.set({ Location: `/v1/jobs/${id}`, 'Cache-Control': 'no-store', Vary: 'Prefer' });
  if (replayed) res.set('Idempotency-Replayed', 'true');
  const seconds = preferredWait(req);
  const stored = seconds > 0 ? await deps.waiter.waitForEnd(req, job, seconds) : job;
  if (seconds > 0 && hasEnded(stored.state)) res.set('Preference-Applied', `wait=${seconds}`);
  else res.status(202).set('Retry-After', String(RETRY_AFTER_SECONDS));
  res.json(deps.finder.view(stored, req));
}
