import type { Express, Request, RequestHandler } from 'express';
import type { Config } from '../../config/platform.ts';
import { AppError, type Problem, toAppError, toProblem } from '../../errors.ts';
import { invalidRequest, pointerOf } from '../../fields/invalid-request.ts';
import type { BatchRules, JobContract } from '../../jobs/contract.ts';
import type { JobView } from '../../jobs/job-view.ts';
import type { InputFile } from '../../jobs/options.ts';
import { requireScope } from '../auth/identify.ts';
import { createFieldReader, type FieldReader } from '../fields.ts';
import { presentProblem } from '../problem.ts';
import { originOf } from '../request-origin.ts';
import { withSharedInputs } from './batch-inputs.ts';
import { assertAllowed, chooseId, type QueueDeps, type QueuedRequest, queueRequest, sealInput } from './enqueue-job.ts';
import { holdRoom } from './hold-room.ts';
import type { JobFinder } from './job-finder.ts';
import { readJsonBody } from './json-body.ts';

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

export interface BatchDeps extends QueueDeps {
  config: Pick<Config, 'JSON_MAX_BYTES'>;
  contracts: readonly JobContract[];
  finder: Pick<JobFinder, 'view'>;
}

/** The routes of all kinds that take batches. */
export function addBatchRoutes(app: Express, deps: BatchDeps): void {
  const parseJson = readJsonBody(deps.config.JSON_MAX_BYTES);
  const takeLane = createLanes(LANES);
  for (const contract of deps.contracts) {
    if (!contract.batch) continue;
    const handle = createBatchHandler(contract, contract.batch, deps, takeLane);
    app.post(`/v1/${contract.kind}/${contract.batch.path}`, requireScope(contract.kind), parseJson, handle);
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
  const reader = createFieldReader(contract);
  /** One chunk after the other, as lanes come free. */
  const inChunks = async <T, R>(all: readonly T[], work: (one: T, index: number) => Promise<R>): Promise<R[]> => {
    const done: R[] = [];
    for (let start = 0; start < all.length; start += CHUNK) {
      const chunk = all.slice(start, start + CHUNK);
      done.push(...(await takeLane(() => Promise.all(chunk.map((one, index) => work(one, start + index))))));
    }
    return done;
  };
  return async (req, res) => {
    const entries = readEntries(req, rules);
    await deps.producer.assertRoom(contract.kind, entries.length);
    const batch = { req, contract, rules, deps, reader };
    const chosen = await chooseId(req, contract, deps, [rules.path, 0]);
    const letGo = await holdRoom(req, contract, deps, { chosen, jobs: entries.length });
    letGo();
    const read = await inChunks(entries, (entry, index) => readEntry(batch, entry, index));
    const texts = read.map((one) => ('item' in one ? '' : one.inputText));
    const outcomes = await withSharedInputs(batch, chosen, texts, (places) =>
      inChunks(read, async (one, index) => ('item' in one ? one : queueEntry(batch, one, places[index], index))),
    );
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

/** The list in the body; throws invalid_request for what is wrong with the body as a whole. */
function readEntries(req: Request, { field, max }: BatchRules): unknown[] {
  const body: unknown = req.body;
  if (body === undefined) {
    throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
  }
  const others = Object.keys(body).filter((name) => name !== field);
  if (others.length > 0) {
    throw invalidRequest(others.map((name) => ({ pointer: pointerOf([name]), detail: 'is not a known field' })));
  }
  const entries = (body as Record<string, unknown>)[field];
  const fault = !Array.isArray(entries)
    ? 'must be a list'
    : entries.length === 0
      ? 'must have at least one entry'
      : entries.length > max
        ? `must have at most ${max} entries; there are ${entries.length}`
        : null;
  if (fault) throw invalidRequest([{ pointer: `/${field}`, detail: fault }]);
  return entries as unknown[];
}

interface Batch {
  req: Request;
  contract: JobContract;
  rules: BatchRules;
  deps: BatchDeps;
  reader: FieldReader;
}

/** Reads an entry, and whether its caller may have that job. */
async function readEntry(batch: Batch, entry: unknown, index: number): Promise<QueuedRequest | Outcome> {
  const { req, contract, rules, deps, reader } = batch;
  try {
    const job = { ...reader.readJson(entry), uploads: {} };
    await assertAllowed(req, contract, deps, job);
    const chosen = await chooseId(req, contract, deps, [rules.path, index]);
    return { chosen, job, ...sealInput(contract, deps, job) };
  } catch (thrown) {
    return refuse(req, placeIn(toAppError(thrown), pointerOf([rules.field, index])));
  }
}

async function queueEntry(
  { req, contract, rules, deps }: Batch,
  request: QueuedRequest,
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
