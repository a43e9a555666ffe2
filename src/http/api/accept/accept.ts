import type { Express, Request, RequestHandler, Response } from 'express';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import { bodyWays } from '../../../jobs/body-ways.ts';
import type { JobContract, UploadRules } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { hasEnded } from '../../../jobs/stored-job.ts';
import type { PostedForm } from '../../../kinds/page.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import { uploadFolder, uploadKey } from '../../../storage/keys.ts';
import { splitFormToken } from '../../actions/form-token.ts';
import { isBrowserSession, requireScope } from '../../auth/identify.ts';
import { tokenOf } from '../../auth/token.ts';
import { createFieldReader } from '../../fields.ts';
import type { TextFields } from '../../form-texts.ts';
import { LOOP_JSON_BYTES } from '../../large-json/large-json.ts';
import { prefersHtml } from '../../problem.ts';
import { linkTo, sendOn } from '../../public-path.ts';
import { selfOf } from '../flow-paths.ts';
import { JSON_TYPES, LargeBody, readAnyJsonBody } from '../json-body.ts';
import { preferredWait, type Waiter } from '../prefer.ts';
import { receivedFiles, type Upload } from '../upload/multipart.ts';
import { assertFiles, assertReferenced } from '../upload/needed-files.ts';
import { saveText } from '../upload/save-file.ts';
import { limitRules } from '../upload/token-rules.ts';
import { readUpload } from '../upload/upload.ts';
import { tooLarge, type UploadTarget } from '../upload/upload-target.ts';
import { type BatchDeps, createFormAcceptor } from './batch/batch.ts';
import type { BatchForm } from './batch/form.ts';
import { leadToBatch } from './batch/page.ts';
import { assertWay } from './body/body-way.ts';
import {
  findEarlier,
  openLargeBody,
  type ReadRequest,
  readLargeJob,
  storedIn,
  toLargeBody,
} from './body/large-request.ts';
import { parseJson } from './body/parse-json.ts';
import { type ChosenId, chooseFormId, chooseId } from './choose-id.ts';
import { enqueueJob, removeUpload } from './enqueue-job.ts';
import { holdRoom } from './files/hold-room.ts';
import { keepForForm, splitKept, takeKept } from './files/kept-files.ts';
import type { JobRequest } from './job-request.ts';
import type { QueuedRequest } from './make-envelope.ts';
import { fixFields, withTokenOptions } from './tokens/token-fields.ts';

/** Asking for a job's state sooner than this makes no sense. */
const RETRY_AFTER_SECONDS = 1;

export interface AcceptDeps extends BatchDeps {
  waiter: Waiter;
}

/**
 * `POST /v1/<kind>` for every kind that takes jobs: validate, store the upload, queue the job, answer 202. The routes
 * stand on the app itself: this is the one path where a router of its own would be felt.
 */
export function addAcceptRoutes(app: Express, deps: AcceptDeps): void {
  const readJson = readAnyJsonBody(deps.config.JSON_MAX_BYTES, deps);
  for (const contract of deps.contracts) {
    if (contract.accepts === 'none') continue;
    const handle = createAcceptHandler(contract, deps);
    app.post(`/v1/${contract.kind}`, requireScope(contract.kind), readJson, handle);
    const [, ...others] = bodyWays(contract);
    for (const way of others) {
      app.post(`/v1/${contract.kind}/${way}`, requireScope(contract.kind), assertWay(way), readJson, handle);
    }
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

/** What a job without files of its own takes of an upload token. */
const ONE_JOB = { files: 0, jobs: 1, bytes: 0 };

/** Makes the path of the page that shows a job to the person who posted it. */
type PageOf = (id: string) => string;

const jobPage: PageOf = (id) => `/jobs/${id}`;

/**
 * Takes a JSON body, wherever it comes from: the API's route and the page's forms go the same way, those with their
 * `token`; a person is led to the job's page, or to what `pageOf` says.
 */
export function acceptBody(contract: JobContract, deps: AcceptDeps, pageOf: PageOf = jobPage) {
  const reader = createFieldReader(contract);
  const acceptLarge = async (req: Request, res: Response, body: LargeBody, token?: string): Promise<void> => {
    const chosen = await chooseId(req, contract, deps);
    const isRepeatable = chosen.repeatable || token !== undefined;
    const wanted = { body, fingerprintSecret: isRepeatable ? chosen.secret : null };
    const read = await readLargeJob(req, contract, deps, wanted).catch((error) => findEarlier(error, chosen, deps));
    if ('replayed' in read) return sendJob(req, res, deps, { ...read, pageOf });
    const form = token && (await chooseFormId(req, contract, deps, { token, job: read.job }));
    const asked = { chosen: form || chosen, ...read, job: withTokenOptions(req, read.job), pageOf };
    await deps.tokenPlaces.during(req, asked.chosen, ONE_JOB, () => queueJob(req, res, deps, asked));
  };
  return async (req: Request, res: Response, given: unknown, token?: string): Promise<void> => {
    if (given instanceof LargeBody) return acceptLarge(req, res, given, token);
    const body = fixFields(req, contract, given, deps.secrets);
    const wants = storedIn(req, contract, [body]);
    if (wants) return acceptLarge(req, res, await toLargeBody(req, body, wants, deps), token);
    const read = withTokenOptions(req, reader.readJson(body));
    assertReferenced(contract, read.input);
    assertFiles(contract, read.input, {});
    const job = { ...read, uploads: {} };
    const chosen = await (token ? chooseFormId(req, contract, deps, { token, job }) : chooseId(req, contract, deps));
    await deps.tokenPlaces.during(req, chosen, ONE_JOB, () =>
      queueJob(req, res, deps, { contract, chosen, job, pageOf }),
    );
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
  const { batch } = contract;
  const many = batch?.files && !toBody ? createFormAcceptor(contract, batch, deps) : null;
  const accept = async (req: Request, res: Response, first: ChosenId): Promise<void> => {
    const storedBytes = Number(req.get('content-length') ?? 0);
    const mayBeMany = isBrowserSession(req) && prefersHtml(req) && req.is('multipart/form-data');
    const jobs = many && mayBeMany ? 0 : 1;
    const letGo = await holdRoom(req, contract, deps, { chosen: first, jobs, storedBytes });
    try {
      const form = many && mayBeMany ? await many.read(req, first) : null;
      if (many && form && form.items.length > 1) {
        return leadToBatch(res, await many.queue(req, form, first), { form, notices: deps.notices });
      }
      const asked = await readForm(req, first, form)
        .then(async ({ token, ...read }) =>
          token
            ? { ...read, ...(await moveToForm(req, contract, deps, { first, token, job: read.job })) }
            : { chosen: first, ...read },
        )
        .catch(async (error) => {
          await keepForForm(req, deps, { error, stored: receivedFiles(req) });
          await removeUpload(first, deps);
          return findEarlier(error, first, deps);
        });
      if ('replayed' in asked) return await sendJob(req, res, deps, asked);
      const beforeRemoval = (error: unknown) => keepForForm(req, deps, { error, stored: asked.job.uploads });
      await queueJob(req, res, deps, { ...asked, beforeRemoval });
    } finally {
      letGo();
    }
  };
  return async (req: Request, res: Response): Promise<void> => {
    const first = await chooseId(req, contract, deps);
    await deps.tokenPlaces.during(req, first, ONE_JOB, () => accept(req, res, first));
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
  deps: AcceptDeps,
  toBody?: (form: PostedForm) => Promise<unknown>,
) {
  const { config, storage, receiving } = deps;
  const reader = createFieldReader(contract);
  return async (
    req: Request,
    { id: jobId, nonce, repeatable, secret }: ChosenId,
    form: BatchForm | null,
  ): Promise<ReadRequest & { token: string | undefined }> => {
    const target = { config, storage, receiving, rules: limitRules(req, rules), jobId, nonce };
    const { fields: sent, files } = await readOne(req, target, form);
    await deps.tokenPlaces.change(req, takenBy(files));
    const { token, typed } = splitFormToken(req, sent);
    const { kept, typed: fields } = splitKept(req, typed);
    const taken = await takeKept(req, contract, deps, { target, kept, came: files });
    const uploads = { ...files, ...taken };
    const keepText: PostedForm['keepText'] = async (field, filename, text) => {
      uploads[field] = await saveText(text, target, field, filename);
    };
    const json = rules.jsonField && !toBody ? readJsonField(req, fields, rules.jsonField) : undefined;
    const isLarge = json && json.bytes.length > LOOP_JSON_BYTES;
    const fix = (body: unknown) => fixFields(req, contract, body, deps.secrets);
    const small = json && !isLarge ? fix(parseJson(json.bytes, json.pointer)) : undefined;
    const wants = isLarge ? undefined : storedIn(req, contract, [small]);
    if (json && (isLarge || wants)) {
      const body = wants ? await toLargeBody(req, small, wants, deps) : await openLargeBody(req, json.bytes, deps);
      const fingerprintSecret = repeatable || token !== undefined ? secret : null;
      const asked = { body, pointer: json.pointer, uploads, fingerprintSecret };
      const { job, ...read } = await readLargeJob(req, contract, deps, asked);
      return { token, ...read, job: withTokenOptions(req, job) };
    }
    const read = toBody
      ? reader.readJson(await toBody({ fields, files: { ...uploads }, keepText }))
      : json
        ? reader.readJson(small)
        : reader.readTexts(fields, fix);
    assertFiles(contract, read.input, uploads);
    return { token, contract, job: { ...withTokenOptions(req, read), uploads } };
  };
}

/** What a job with these files takes of an upload token. */
const takenBy = (files: Record<string, StoredFile>) => {
  const all = Object.values(files);
  return { ...ONE_JOB, files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) };
};

/**
 * Reads a form or a raw body; one that was read as it could have had many files, and has one or none, is taken as a form
 * with one. Rejects with what the file was refused for.
 */
async function readOne(req: Request, target: UploadTarget, form: BatchForm | null): Promise<Upload> {
  if (!form) return readUpload(req, target);
  const { storage, rules, jobId, nonce } = target;
  const [item] = form.items;
  if (item?.error) throw item.error;
  const files: Record<string, StoredFile> = receivedFiles(req);
  if (item?.file) files[rules.field ?? ''] = item.file;
  for (const [field, file] of Object.entries(form.further)) {
    const key = uploadKey(jobId, nonce, field);
    await storage.link(file.key, key);
    files[field] = { ...file, key };
  }
  await form.removeFurther();
  return { fields: form.fields, files };
}

/** The JSON body that came as a field of a form; throws invalid_request, and payload_too_large with an upload token. */
function readJsonField(req: Request, fields: TextFields, name: string): { bytes: Buffer; pointer: string } {
  const [text, ...more] = fields.get(name) ?? [];
  const pointer = `/${name}`;
  if (text === undefined || more.length > 0) {
    throw invalidRequest([{ pointer, detail: 'must be given once: the JSON that says what is wanted' }]);
  }
  const bytes = Buffer.from(text);
  if (tokenOf(req) && bytes.length > LOOP_JSON_BYTES) throw tooLarge(name, LOOP_JSON_BYTES);
  return { bytes, pointer };
}

/** Queues the job and answers. */
async function queueJob(
  req: Request,
  res: Response,
  deps: AcceptDeps,
  { pageOf, ...request }: ReadRequest & Pick<QueuedRequest, 'chosen' | 'beforeRemoval'> & { pageOf?: PageOf },
): Promise<void> {
  const enqueued = await enqueueJob(req, request.contract, deps, request);
  await sendJob(req, res, deps, { ...enqueued, ...(pageOf && { pageOf }) });
}

/** Answers with a job that was queued, by this request or an earlier one. */
async function sendJob(
  req: Request,
  res: Response,
  deps: AcceptDeps,
  { job, replayed, pageOf = jobPage }: Enqueued & { pageOf?: PageOf },
): Promise<void> {
  const { id } = job;
  if (isBrowserSession(req) && prefersHtml(req)) {
    return sendOn(res, replayed ? `${pageOf(id)}?sent=again` : pageOf(id));
  }
  res.set({ Location: linkTo(res, selfOf(job)), 'Cache-Control': 'no-store' }).vary('Prefer');
  if (replayed) res.set('Idempotency-Replayed', 'true');
  const seconds = preferredWait(req);
  const stored = seconds > 0 ? await deps.waiter.waitForEnd(req, job, seconds) : job;
  if (seconds > 0 && hasEnded(stored.state)) res.set('Preference-Applied', `wait=${seconds}`);
  else res.status(202).set('Retry-After', String(RETRY_AFTER_SECONDS));
  res.json(deps.finder.view(stored, req));
}
