import { type Request, type Response, Router } from 'express';
import { now } from '../../../clock.ts';
import type { KeySecrets } from '../../../delivery/secrets.ts';
import { AppError, type Problem } from '../../../errors.ts';
import type { DerivedSource, JobContract } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { deriveJobId, randomNonce } from '../../../jobs/id.ts';
import { hasEnded, type StoredJob } from '../../../jobs/stored-job.ts';
import type { Caller, Keyring } from '../../../keys/keyring.ts';
import type { Rates } from '../../../keys/rates.ts';
import type { DerivedFiles } from '../../../queue/derived-files.ts';
import { type Asker, askAs } from '../../auth/identify.ts';
import { createFieldReader } from '../../fields.ts';
import { presentProblem, sendProblem } from '../../problem.ts';
import { originOf } from '../../request-origin.ts';
import { enqueueJob } from '../accept/enqueue-job.ts';
import type { QueueDeps } from '../accept/queue-deps.ts';
import { sendFile } from '../files.ts';
import type { JobFinder } from '../job-finder.ts';
import type { Waiter } from '../prefer.ts';
import { isSignedBy, readRendition, readSignedPath } from './rendition-address.ts';

const WAIT_SECONDS = 10;
/** So many requests for renditions of one key wait in this process; more are told to come again. */
const MOST_WAITING = 50;
const AGAIN_SECONDS = '2';
/** What could not be made is tried again after this, and twice as long each time. */
const [FIRST_REST_MS, MOST_RESTS] = [60_000, 6];
/** So long everybody may keep the answer that it could not be made. */
const FAULT_KEPT = 'public, max-age=60';
const FILE_KEPT = 'public, immutable, max-age=31536000, no-transform';

export interface RenditionsDeps extends QueueDeps {
  contracts: readonly JobContract[];
  keyring: Pick<Keyring, 'find'>;
  rates: Pick<Rates, 'take'>;
  waiter: Waiter;
  finder: Pick<JobFinder, 'savedAs'>;
  addressSecrets: Pick<KeySecrets, 'find'>;
  derivedFiles: DerivedFiles;
}

/** What an address asks for, once it is known to be signed by its key. */
interface Asked {
  id: string;
  caller: Caller;
  preset: string;
  source: DerivedSource;
  path: string;
}

/**
 * `/i/{key name}/{signature}/{preset}/{job}/{file}` and `.../url/{address}`: a rendition that its first request has made, by
 * one job however many ask at once; then a file for everybody.
 */
export function createRenditionsRouter(deps: RenditionsDeps): Router {
  const router = Router();
  const contract = deps.contracts.find(({ derive }) => derive !== undefined);
  if (!contract) return router;
  const readAsked = createAskedReader(contract, deps);
  const make = createMaker(contract, deps);
  const waiting = new Map<string, number>();

  const awaitEnd = async (req: Request, { caller }: Asked, job: StoredJob): Promise<StoredJob> => {
    const count = waiting.get(caller.name) ?? 0;
    if (count >= MOST_WAITING) return job;
    waiting.set(caller.name, count + 1);
    try {
      return await deps.waiter.waitForEnd(req, job, WAIT_SECONDS);
    } finally {
      const left = (waiting.get(caller.name) ?? 1) - 1;
      if (left > 0) waiting.set(caller.name, left);
      else waiting.delete(caller.name);
    }
  };

  const answer = async (req: Request, res: Response): Promise<void> => {
    const asked = await readAsked(req);
    if (await sendKept(req, res, asked.id, deps)) return;
    await assertSource(asked, deps);
    const found = await make(req, asked);
    const job = hasEnded(found.state) ? found : await awaitEnd(req, asked, found);
    if (job.error) return sayFault(req, res, job.error);
    const [file, ...others] = job.outcome?.files ?? [];
    if (!job.outcome) {
      res.set({ 'Retry-After': AGAIN_SECONDS, 'Cache-Control': 'no-store' });
      throw new AppError('waiting_for_job', 'The rendition is being made. Ask again.');
    }
    if (!file || others.length > 0) throw new AppError('not_found', 'The preset makes more than one file.');
    const named = deps.finder.savedAs(job, file);
    // It is there all the same, for as long as its job is.
    await keep(asked, named, deps).catch((err) => deps.log.warn({ err, job: job.id }, 'rendition not kept'));
    await sendFile(req, res, deps.storage, { ...named, cacheControl: FILE_KEPT, isOurs: true });
  };

  router.get('/i/:caller/:signature/:preset/url/:address', answer);
  router.get('/i/:caller/:signature/:preset/:job/:file', answer);
  return router;
}

/** Keeps the file that was made, unless its source was erased meanwhile. */
async function keep({ id, caller, source }: Asked, file: StoredFile, { derivedFiles, producer }: RenditionsDeps) {
  const from = 'job' in source ? source.job : null;
  await derivedFiles.keep(id, { ...file, caller: caller.name, source: from });
  if (from !== null && !(await producer.find(from))) await derivedFiles.drop(id);
}

const nowhere = () =>
  new AppError('not_found', 'This address leads nowhere. Is it whole, and signed with a secret of its key?');

/** Makes the function that finds out what an address asks for, and who signed it. Throws not_found for what is not signed. */
function createAskedReader(contract: JobContract, { keyring, addressSecrets, secrets }: RenditionsDeps) {
  return async (req: Request): Promise<Asked> => {
    const signed = readSignedPath(req.path);
    const caller = signed && keyring.find(signed.name);
    if (!signed || !caller?.scopes.has(contract.kind)) throw nowhere();
    if (!isSignedBy(signed, (await addressSecrets.find(signed.name)) ?? [])) throw nowhere();
    const rendition = readRendition(signed.rest, contract.idPrefix);
    if (!rendition) throw nowhere();
    const id = deriveJobId(secrets[0], contract.idPrefix, ['rendition', signed.name, signed.rest]);
    return { id, caller, ...rendition, path: signed.rest };
  };
}

/** Throws not_found where the job whose file it is made of is gone, or another caller's. */
async function assertSource({ caller, source }: Asked, { producer }: RenditionsDeps): Promise<void> {
  if ('job' in source && (await producer.find(source.job))?.envelope.caller !== caller.name) throw nowhere();
}

/** Sends the file that is kept; false where there is none. */
async function sendKept(
  req: Request,
  res: Response,
  id: string,
  { derivedFiles, storage }: RenditionsDeps,
): Promise<boolean> {
  const kept = await derivedFiles.find(id);
  if (!kept) return false;
  try {
    await sendFile(req, res, storage, { ...kept, cacheControl: FILE_KEPT, isOurs: true });
    return true;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'not_found' || res.headersSent) throw error;
    // A restored deployment has the record alone.
    for (const name of res.getHeaderNames()) if (name.startsWith('content-')) res.removeHeader(name);
    await derivedFiles.drop(id);
    return false;
  }
}

/** Answers that it could not be made. */
function sayFault(req: Request, res: Response, problem: Problem): void {
  const status = problem.status < 500 ? problem.status : 424;
  sendProblem(
    res.status(status).set('Cache-Control', FAULT_KEPT),
    presentProblem(req, { ...problem, status, retryable: true }),
  );
}

/** Makes the function that finds the job of an address, or queues it: once, however many ask in this process. */
function createMaker(contract: JobContract, deps: RenditionsDeps) {
  const { producer } = deps;
  const queue = createQueueing(contract, deps);
  const underWay = new Map<string, Promise<StoredJob>>();
  const findOrQueue = async (req: Request, asked: Asked): Promise<StoredJob> => {
    const job = await producer.find(asked.id);
    if (!job) return queue(req, asked);
    if (!isRested(job) || !(await producer.retry(job))) return job;
    return (await producer.find(asked.id)) ?? job;
  };
  return (req: Request, asked: Asked): Promise<StoredJob> => {
    const before = underWay.get(asked.id);
    if (before) return before;
    const work = findOrQueue(req, asked).finally(() => underWay.delete(asked.id));
    underWay.set(asked.id, work);
    return work;
  };
}

/** Whether a job that failed may be tried again: after a while, which is longer each time. */
const isRested = ({ state, finishedAt, retries }: StoredJob): boolean =>
  (state === 'failed' || state === 'cancelled') &&
  now() - (finishedAt ?? 0) > FIRST_REST_MS * 2 ** Math.min(retries, MOST_RESTS);

/** Makes the function that queues the job of an address, in the name of its key. */
function createQueueing(contract: JobContract, deps: RenditionsDeps) {
  const { derivedFiles, keyring, producer, rates, secrets } = deps;
  const reader = createFieldReader(contract);
  return async (req: Request, { id, caller, preset, source }: Asked): Promise<StoredJob> => {
    const asker: Asker = askAs(caller, async () => keyring.find(caller.name));
    const from = 'job' in source ? await producer.find(source.job) : null;
    if (caller.rate && !(await rates.take(caller.name, caller.rate)).allowed) {
      throw new AppError('rate_limited', 'The key of this address has asked for too much. Ask again.', {
        retryAfterSeconds: Number(AGAIN_SECONDS),
      });
    }
    const { subject } = from?.envelope.options ?? {};
    const body = {
      ...contract.derive?.(preset, source),
      priority: 'high',
      ...(subject === undefined ? {} : { subject }),
    };
    const read = reader.readJson(body);
    const { requestId } = originOf(req);
    if ('job' in source) await derivedFiles.note(id, source.job);
    const chosen = { id, nonce: randomNonce(), repeatable: true, secret: secrets[0], requestId };
    const { job } = await enqueueJob(asker, contract, deps, { chosen, job: { ...read, uploads: {} } });
    return job;
  };
}
