import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express, type Request, type RequestHandler, type Response } from 'express';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { JobContract, StoredFile } from '../jobs/define.ts';
import { randomJobId } from '../jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../jobs/options.ts';
import type { Log } from '../log.ts';
import { AnswerLost, type Producer } from '../queue/producer.ts';
import { type Storage, uploadKey } from '../storage/index.ts';
import { callerOf, isBrowserSession, requireScope } from './auth.ts';
import { createFieldReader, type FieldReader, invalidRequest } from './fields.ts';
import { viewJob } from './job-view.ts';
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
    await assertReferences(contract, read.input, req, deps.producer);
    await queueJob(req, res, contract, deps, randomJobId(contract.idPrefix), { ...read, uploads: {} });
  };
}

function acceptUpload(contract: JobContract, deps: AcceptDeps): RequestHandler[] {
  const reader = createFieldReader(contract);
  const handle: RequestHandler = async (req, res) => {
    const id = randomJobId(contract.idPrefix);
    try {
      const { read, file, field } = await readUploadedJob(req, contract, deps, reader, id);
      await queueJob(req, res, contract, deps, id, { ...read, uploads: { [field]: file } });
    } catch (error) {
      if (error instanceof AnswerLost) void settleUpload(id, deps);
      else await removeUpload(id, deps);
      throw error;
    }
  };
  return [handle];
}

const removeUpload = (id: string, { storage, log }: AcceptDeps): Promise<void> =>
  storage.remove(uploadKey(id)).catch((err) => log.warn({ err, job: id }, 'upload left behind'));

/** Whether the job was queued is not known: its upload is kept until Redis can tell, and goes when there is no such job. */
async function settleUpload(id: string, deps: AcceptDeps): Promise<void> {
  for (let asked = 0; asked < SETTLE_TRIES; asked += 1) {
    await delay(1000, undefined, { ref: false });
    const job = await deps.producer.find(id).catch(() => undefined);
    if (job === null) await removeUpload(id, deps);
    if (job !== undefined) return;
  }
}

async function readUploadedJob(
  req: Request,
  contract: JobContract,
  deps: AcceptDeps,
  reader: FieldReader,
  jobId: string,
) {
  const { upload: rules } = contract;
  if (!rules) throw new Error(`${contract.kind} takes no upload`);
  const { fields, file } = await readUpload(req, { config: deps.config, storage: deps.storage, rules, jobId });
  return { read: reader.readTexts(fields), file, field: rules.field };
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

/** Whether the request's caller may know of the job: it is its own, or the caller is an operator. */
export function maySee(req: Request, envelope: Envelope): boolean {
  const caller = callerOf(req);
  return envelope.caller === caller.name || caller.scopes.has('admin');
}

async function queueJob(
  req: Request,
  res: Response,
  contract: JobContract,
  { producer, log }: AcceptDeps,
  id: string,
  job: Pick<Envelope, 'input' | 'options'> & { uploads: Record<string, StoredFile> },
): Promise<void> {
  const envelope: Envelope = { v: ENVELOPE_VERSION, caller: callerOf(req).name, ...job };
  const stored = await producer.enqueue(contract.kind, id, envelope);
  log.debug({ job: id, caller: envelope.caller }, 'job accepted');
  if (isBrowserSession(req) && prefersHtml(req)) return res.redirect(303, `/jobs/${id}`);
  res
    .status(202)
    .set({ Location: `/v1/jobs/${id}`, 'Retry-After': String(RETRY_AFTER_SECONDS), 'Cache-Control': 'no-store' })
    .json(viewJob(stored, contract));
}
