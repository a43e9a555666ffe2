import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Express, Request, RequestHandler, Response } from 'express';
import { AppError } from '../../../../errors.ts';
import type { BatchRules, JobContract } from '../../../../jobs/contract.ts';
import { BATCH_PREFIX, deriveJobId } from '../../../../jobs/id.ts';
import type { Notices } from '../../../actions/notices.ts';
import { isBrowserSession, requireScope } from '../../../auth/identify.ts';
import { createFieldReader } from '../../../fields.ts';
import { prefersHtml } from '../../../problem.ts';
import { linkTo } from '../../../public-path.ts';
import { originOf } from '../../../request-origin.ts';
import type { JobFinder } from '../../job-finder.ts';
import { type BodyReaders, LargeBody, readAnyJsonBody } from '../../json-body.ts';
import { assertFiles, assertReferenced } from '../../upload/needed-files.ts';
import { assertWay } from '../body/body-way.ts';
import { type ReadBatch, readLargeBatch, storedIn, toLargeBody } from '../body/large-request.ts';
import { type ChosenId, chooseId } from '../choose-id.ts';
import { holdRoom } from '../files/hold-room.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import { readBatchBody, readCallbackUrl } from './entries.ts';
import { type Batch, type Entry, type Outcome, type QueuedBatch, queueEntry, readEntry } from './entry.ts';
import { type BatchForm, readBatchForm, readFormEntries } from './form.ts';
import { createLanes } from './lanes.ts';
import { leadToBatch } from './page.ts';
import { withSharedInputs } from './shared-inputs.ts';
import { type BatchWebhookDeps, openBatchWebhooks } from './webhooks.ts';

/**
 * Jobs that are checked and queued in one turn of the event loop, as one write to Redis. However many batches come at
 * once, the process has LANES chunks under way: Redis' answers are read in time, and other requests get their turns.
 */
const CHUNK = 50;
const LANES = 2;
const takeLane = createLanes(LANES);

export interface BatchDeps extends BatchWebhookDeps, BodyReaders {
  contracts: readonly JobContract[];
  finder: Pick<JobFinder, 'view'>;
  notices: Pick<Notices, 'leave'>;
}

/** The routes of all kinds that take batches. */
export function addBatchRoutes(app: Express, deps: BatchDeps): void {
  const readJson = readAnyJsonBody(deps.config.JSON_MAX_BYTES, deps);
  for (const contract of deps.contracts) {
    const { batch } = contract;
    if (!batch) continue;
    const handleJson = createBatchHandler(contract, batch, deps);
    const handleForm = batch.files ? createFormHandler(contract, batch, deps) : null;
    const handle: RequestHandler = async (req, res) => {
      if (req.body !== undefined) return handleJson(req, res);
      if (handleForm && req.is('multipart/form-data')) return handleForm(req, res);
      const types = handleForm ? 'application/json or multipart/form-data' : 'application/json';
      throw new AppError('unsupported_media_type', `The Content-Type must be ${types}.`);
    };
    const path = `/v1/${contract.kind}/${batch.path}`;
    app.post(path, requireScope(contract.kind), readJson, handle);
    if (handleForm) app.post(`${path}/form`, requireScope(contract.kind), assertWay('form'), handle);
  }
}

type BatchHandler = (req: Request, res: Response) => Promise<void>;

/**
 * `POST /v1/<kind>/<path>`: every entry is accepted or refused by itself, in order. With an Idempotency-Key each
 * entry's id follows from the key and its place. A batch that does not fit into the queue is refused as a whole, and so
 * is one of which nothing could be queued.
 */
function createBatchHandler(contract: JobContract, rules: BatchRules, deps: BatchDeps): BatchHandler {
  const readBatch = createBatchReader(contract, rules, deps);
  return async (req, res) => {
    const { entries, callbackUrl } = await readBatch(req);
    const chosen = await chooseId(req, contract, deps, [rules.path, 0]);
    const batch = { req, contract, rules, field: rules.field, deps, id: idOf(chosen) };
    await assertBatchRoom(batch, chosen, entries.length);
    const all = entries.map((read): Entry => ({ read }));
    sendBatch(res, await queueBatch(batch, { entries: all, callbackUrl, chosen }));
  };
}

/** The same of a form with many files. */
function createFormHandler(contract: JobContract, rules: BatchRules, deps: BatchDeps): BatchHandler {
  const accept = createFormAcceptor(contract, rules, deps);
  return async (req, res) => {
    const first = await chooseId(req, contract, deps, [rules.path, 0]);
    const storedBytes = Number(req.get('content-length') ?? 0);
    const letGo = await holdRoom(req, contract, deps, { chosen: first, storedBytes });
    try {
      const form = await accept.read(req, first);
      const queued = await accept.queue(req, form, first);
      if (isBrowserSession(req) && prefersHtml(req)) leadToBatch(res, queued, { form, notices: deps.notices });
      else sendBatch(res, queued);
    } finally {
      letGo();
    }
  };
}

/** Makes what reads a form with many files, and what queues its jobs: forms of the pages go the same way. */
export function createFormAcceptor(contract: JobContract, rules: BatchRules, deps: BatchDeps) {
  const reader = createFieldReader(contract);
  const { upload } = contract;
  if (!upload) throw new Error(`job ${contract.kind}: batch.files goes with upload`);
  return {
    read: (req: Request, first: ChosenId): Promise<BatchForm> =>
      readBatchForm(req, contract, { batch: rules, upload, first }, deps),
    async queue(req: Request, form: BatchForm, first: ChosenId): Promise<QueuedBatch> {
      try {
        const { byToken, ...read } = readFormEntries(req, contract, { form, reader, upload }, deps);
        const { id, chosen } = byToken ?? { id: idOf(first), chosen: first };
        const batch = { req, contract, rules, field: 'items', deps, id };
        const callbackUrl = readCallbackUrl(read.callbackUrl);
        await deps.storage.assertRoom();
        await assertBatchRoom(batch, chosen, read.entries.length);
        const queued = await queueBatch(batch, { ...read, callbackUrl, chosen, onRead: read.assertAllUsed });
        await form.removeFurther();
        return queued;
      } catch (error) {
        // Nothing was queued.
        await form.remove();
        throw error;
      }
    },
  };
}

/** The id of the batch whose first job was given that one. */
const idOf = ({ secret, id }: ChosenId): string => deriveJobId(secret, BATCH_PREFIX, [id]);

/** Rejects with queue_full and quota_exceeded for a batch that does not fit as a whole. */
async function assertBatchRoom({ req, contract, deps }: Batch, chosen: ChosenId, jobs: number): Promise<void> {
  await deps.producer.assertRoom(contract.kind, jobs);
  const letGo = await holdRoom(req, contract, deps, { chosen, jobs });
  letGo();
}

/** One chunk after the other, as lanes come free. */
async function inChunks<T, R>(all: readonly T[], work: (one: T, index: number) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let start = 0; start < all.length; start += CHUNK) {
    // Entries that are refused wait for nothing: without this, all chunks would be one turn.
    if (start > 0) await nextTurn();
    const chunk = all.slice(start, start + CHUNK);
    done.push(...(await takeLane(() => Promise.all(chunk.map((one, index) => work(one, start + index))))));
  }
  return done;
}

interface AskedBatch {
  entries: Entry[];
  callbackUrl: string | undefined;
  chosen: ChosenId;
  /** Called once all entries were read; throws what is wrong with the request as a whole. */
  onRead?: () => void;
}

/** Queues the entries of a batch. Rejects where nothing was queued, and not for faults of the entries alone. */
async function queueBatch(
  batch: Batch & { deps: BatchDeps },
  { entries, callbackUrl, chosen, onRead }: AskedBatch,
): Promise<QueuedBatch> {
  const { req, contract, deps } = batch;
  const read = await inChunks(entries, (entry, index) => readEntry(batch, entry, index));
  onRead?.();
  const jobs = read.flatMap((one) => ('item' in one ? [] : [one.chosen]));
  const opened = { kind: contract.kind, id: batch.id, callbackUrl, chosen, jobs };
  const webhooks = await openBatchWebhooks(req, deps, opened);
  const outcomes = await queueRead(batch, read, chosen).finally(webhooks.leave);
  const isQueued = outcomes.map(({ error }) => !error || error.code === 'outcome_unknown');
  await webhooks.close(isQueued.filter((_, index) => !('item' in (read[index] ?? {}))));
  assertSomeQueued(outcomes);
  const faults = outcomes.flatMap(({ error }) => (error?.code === 'internal' ? [error] : []));
  if (faults[0]) {
    deps.log.error({ err: faults[0].cause, count: faults.length, ...originOf(req) }, 'entries of a batch failed');
  }
  return { id: isQueued.includes(true) ? batch.id : null, outcomes };
}

/** Queues what was read. */
function queueRead(
  batch: Batch & { deps: BatchDeps },
  read: readonly Awaited<ReturnType<typeof readEntry>>[],
  chosen: ChosenId,
): Promise<Outcome[]> {
  const texts = read.map((one) => ('item' in one || one.files ? '' : one.request.inputText));
  return withSharedInputs(batch, chosen, texts, (places) =>
    inChunks(read, async (one, index) => ('item' in one ? one : queueEntry(batch, one, places[index], index))),
  );
}

function sendBatch(res: Response, { id, outcomes }: QueuedBatch): void {
  res.set('Cache-Control', 'no-store');
  if (id !== null) res.set('Location', linkTo(res, `/v1/batches/${id}`));
  if (outcomes.every(({ item }) => 'replayed' in item)) res.set('Idempotency-Replayed', 'true');
  res.status(202).json({ id, items: outcomes.map(({ item }) => item) });
}

/** Makes the function that reads a batch; it throws what is wrong with the body as a whole. */
function createBatchReader(contract: JobContract, rules: BatchRules, deps: BatchDeps) {
  const reader = createFieldReader(contract);
  const readLarge = (req: Request, body: LargeBody): Promise<ReadBatch> => {
    const fingerprintSecret = readIdempotencyKey(req) === undefined ? null : deps.secrets[0];
    return readLargeBatch(req, contract, deps, { body, fingerprintSecret });
  };
  const readOne = (entry: unknown) => () => {
    const job = { ...reader.readJson(entry), uploads: {} };
    assertReferenced(contract, job.input);
    assertFiles(contract, job.input, {});
    return { contract, job };
  };
  return async (req: Request): Promise<ReadBatch> => {
    const body: unknown = req.body;
    if (body instanceof LargeBody) return readLarge(req, body);
    const { entries, callbackUrl } = readBatchBody(body, rules);
    const wants = storedIn(req, contract, entries);
    if (wants) return readLarge(req, await toLargeBody(req, body, wants, deps));
    return { entries: entries.map(readOne), callbackUrl };
  };
}

/**
 * When surely nothing was queued, and not for faults of the entries alone, the request as a whole is answered with the
 * reason.
 */
function assertSomeQueued(outcomes: readonly Outcome[]): void {
  if (outcomes.some(({ error }) => !error || error.code === 'outcome_unknown')) return;
  const down = outcomes.find(({ error }) => error && (error.status >= 500 || error.code === 'quota_exceeded'));
  if (down?.error) throw down.error;
}
