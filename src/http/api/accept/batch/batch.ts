import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Express, Request, RequestHandler } from 'express';
import { AppError, type Problem, toAppError, toProblem } from '../../../../errors.ts';
import { pointerOf } from '../../../../fields/invalid-request.ts';
import type { BatchRules, JobContract } from '../../../../jobs/contract.ts';
import type { JobView } from '../../../../jobs/job-view.ts';
import type { InputFile } from '../../../../jobs/options.ts';
import { requireScope } from '../../../auth/identify.ts';
import { createFieldReader } from '../../../fields.ts';
import { presentProblem } from '../../../problem.ts';
import { originOf } from '../../../request-origin.ts';
import type { JobFinder } from '../../job-finder.ts';
import { type BodyReaders, LargeBody, readAnyJsonBody } from '../../json-body.ts';
import { assertAllowed } from '../assert-allowed.ts';
import { chooseId } from '../choose-id.ts';
import { queueRequest } from '../enqueue-job.ts';
import { holdRoom } from '../hold-room.ts';
import { readIdempotencyKey } from '../idempotency.ts';
import {
  findEarlier,
  type ReadBatch,
  type ReadRequest,
  readLargeBatch,
  storedIn,
  toLargeBody,
} from '../large-request.ts';
import type { QueuedRequest } from '../make-envelope.ts';
import { sealInput } from '../make-envelope.ts';
import { readBatchBody } from './entries.ts';
import { withSharedInputs } from './shared-inputs.ts';
import { type BatchWebhookDeps, openBatchWebhooks } from './webhooks.ts';

/**
 * Jobs that are checked and queued in one turn of the event loop, as one write to Redis. However many batches come at
 * once, the process has LANES chunks under way: Redis' answers are read in time, and other requests get their turns.
 */
const CHUNK = 50;
const LANES = 2;

/** What became of one entry of a batch. */
export type BatchItem = { status: 202; job: JobView; replayed?: true } | { status: number; problem: Problem };

/** An item, and the error behind one that was not accepted. */
interface Outcome {
  item: BatchItem;
  error?: AppError;
}

export interface BatchDeps extends BatchWebhookDeps, BodyReaders {
  contracts: readonly JobContract[];
  finder: Pick<JobFinder, 'view'>;
}

/** The routes of all kinds that take batches. */
export function addBatchRoutes(app: Express, deps: BatchDeps): void {
  const readJson = readAnyJsonBody(deps.config.JSON_MAX_BYTES, deps);
  const takeLane = createLanes(LANES);
  for (const contract of deps.contracts) {
    if (!contract.batch) continue;
    const handle = createBatchHandler(contract, contract.batch, deps, takeLane);
    app.post(`/v1/${contract.kind}/${contract.batch.path}`, requireScope(contract.kind), readJson, handle);
  }
}

/**
 * `POST /v1/<kind>/<path>`: every entry is accepted or refused by itself, in order. With an Idempotency-Key each
 * entry's id follows from the key and its place. A batch that does not fit into the queue is refused as a whole, and so
 * is one of which nothing could be queued.
 */
function createBatchHandler(
  contract: JobContract,
  rules: BatchRules,
  deps: BatchDeps,
  takeLane: TakeLane,
): RequestHandler {
  const readBatch = createBatchReader(contract, rules, deps);
  /** One chunk after the other, as lanes come free. */
  const inChunks = async <T, R>(all: readonly T[], work: (one: T, index: number) => Promise<R>): Promise<R[]> => {
    const done: R[] = [];
    for (let start = 0; start < all.length; start += CHUNK) {
      // Entries that are refused wait for nothing: without this, all chunks would be one turn.
      if (start > 0) await nextTurn();
      const chunk = all.slice(start, start + CHUNK);
      done.push(...(await takeLane(() => Promise.all(chunk.map((one, index) => work(one, start + index))))));
    }
    return done;
  };
  return async (req, res) => {
    const { entries, callbackUrl } = await readBatch(req);
    await deps.producer.assertRoom(contract.kind, entries.length);
    const batch = { req, contract, rules, deps };
    const chosen = await chooseId(req, contract, deps, [rules.path, 0]);
    const letGo = await holdRoom(req, contract, deps, { chosen, jobs: entries.length });
    letGo();
    const read = await inChunks(entries, (entry, index) => readEntry(batch, entry, index));
    const jobs = read.flatMap((one) => ('item' in one ? [] : [one.chosen]));
    const closeBatch = await openBatchWebhooks(req, deps, { kind: contract.kind, callbackUrl, chosen, jobs });
    const texts = read.map((one) => ('item' in one ? '' : one.inputText));
    const outcomes = await withSharedInputs(batch, chosen, texts, (places) =>
      inChunks(read, async (one, index) => ('item' in one ? one : queueEntry(batch, one, places[index], index))),
    );
    const isQueued = outcomes.map(({ error }) => !error || error.code === 'outcome_unknown');
    await closeBatch(isQueued.filter((_, index) => !('item' in (read[index] ?? {}))));
    assertSomeQueued(outcomes);
    const faults = outcomes.flatMap(({ error }) => (error?.code === 'internal' ? [error] : []));
    if (faults[0]) {
      deps.log.error({ err: faults[0].cause, count: faults.length, ...originOf(req) }, 'entries of a batch failed');
    }
    res.set('Cache-Control', 'no-store');
    if (outcomes.every(({ item }) => 'replayed' in item)) res.set('Idempotency-Replayed', 'true');
    res.status(202).json({ items: outcomes.map(({ item }) => item) });
  };
}

type TakeLane = <T>(work: () => Promise<T>) => Promise<T>;

/** Lets so many works go on at a time; the others wait in line. */
function createLanes(count: number): TakeLane {
  let free = count;
  const line: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  };
}

/** Makes the function that reads a batch; it throws what is wrong with the body as a whole. */
function createBatchReader(contract: JobContract, rules: BatchRules, deps: BatchDeps) {
  const reader = createFieldReader(contract);
  const readLarge = (req: Request, body: LargeBody): Promise<ReadBatch> => {
    const fingerprintSecret = readIdempotencyKey(req) === undefined ? null : deps.secrets[0];
    return readLargeBatch(req, contract, deps, { body, fingerprintSecret });
  };
  return async (req: Request): Promise<ReadBatch> => {
    const body: unknown = req.body;
    if (body === undefined) {
      throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
    }
    if (body instanceof LargeBody) {
      return readLarge(req, body);
    }
    const { entries, callbackUrl } = readBatchBody(body, rules);
    const wants = storedIn(req, contract, entries);
    if (wants) return readLarge(req, await toLargeBody(req, body, wants, deps));
    const read = (entry: unknown) => () => ({ contract, job: { ...reader.readJson(entry), uploads: {} } });
    return { entries: entries.map(read), callbackUrl };
  };
}

interface Batch {
  req: Request;
  contract: JobContract;
  rules: BatchRules;
  deps: BatchDeps;
}

/** An entry that may be queued, and the contract that knows its input. */
type ReadJob = QueuedRequest & { contract: JobContract };

/** Reads an entry, and whether its caller may have that job. */
async function readEntry(batch: Batch, read: () => ReadRequest, index: number): Promise<ReadJob | Outcome> {
  const { req, rules, deps } = batch;
  try {
    const { contract, job } = read();
    const allowed = await assertAllowed(req, contract, deps, job);
    const chosen = await chooseId(req, contract, deps, [rules.path, index]);
    return { contract, chosen, job, ...allowed, ...sealInput(contract, deps, job) };
  } catch (thrown) {
    const chosen = await chooseId(req, batch.contract, deps, [rules.path, index]);
    const earlier = await findEarlier(thrown, chosen, deps).catch(() => undefined);
    if (earlier) return { item: { status: 202, job: deps.finder.view(earlier.job, req), replayed: true } };
    return refuse(req, placeIn(toAppError(thrown), pointerOf([rules.field, index])));
  }
}

async function queueEntry(
  { req, rules, deps }: Batch,
  { contract, ...request }: ReadJob,
  inputFile: InputFile | null | undefined,
  index: number,
): Promise<Outcome> {
  try {
    const asked = { ...request, inputFile: inputFile ?? undefined };
    const { job, replayed } = await queueRequest(req, contract, deps, asked);
    return { item: { status: 202, job: deps.finder.view(job, req), ...(replayed ? { replayed } : {}) } };
  } catch (thrown) {
    return refuse(req, placeIn(toAppError(thrown), pointerOf([rules.field, index])));
  }
}

const refuse = (req: Request, error: AppError): Outcome => ({
  item: { status: error.status, problem: presentProblem(req, toProblem(error)) },
  error,
});

/** The error with its pointers leading from the body's top. */
function placeIn(error: AppError, place: string): AppError {
  if (!error.errors) return error;
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail }));
  return new AppError(error.code, error.message, { errors, cause: error });
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
