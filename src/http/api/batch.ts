import type { Express, Request, RequestHandler } from 'express';
import type { Config } from '../../config/platform.ts';
import { AppError, type Problem, toAppError, toProblem } from '../../errors.ts';
import { invalidRequest, pointerOf, unknownFields } from '../../fields/invalid-request.ts';
import type { BatchRules, JobContract } from '../../jobs/contract.ts';
import type { JobView } from '../../jobs/job-view.ts';
import { requireScope } from '../auth/identify.ts';
import { createFieldReader, type FieldReader } from '../fields.ts';
import { presentProblem } from '../problem.ts';
import { originOf } from '../request-origin.ts';
import { chooseId, enqueueJob, type QueueDeps } from './enqueue-job.ts';
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
  return async (req, res) => {
    const entries = readEntries(req, rules);
    await deps.producer.assertRoom(contract.kind, entries.length);
    const outcomes: Outcome[] = [];
    const accept = (entry: unknown, index: number) => acceptEntry({ req, contract, rules, deps, reader }, entry, index);
    for (let start = 0; start < entries.length; start += CHUNK) {
      const chunk = entries.slice(start, start + CHUNK);
      const queue = () => Promise.all(chunk.map((entry, index) => accept(entry, start + index)));
      outcomes.push(...(await takeLane(queue)));
    }
    assertSomeQueued(outcomes);
    for (const { error } of outcomes) {
      if (error?.code === 'internal')
        deps.log.error({ err: error.cause, ...originOf(req) }, 'an entry of a batch failed');
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
    throw invalidRequest(unknownFields([], others), others.length);
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

async function acceptEntry(batch: Batch, entry: unknown, index: number): Promise<Outcome> {
  const { req, contract, rules, deps, reader } = batch;
  try {
    const chosen = chooseId(req, contract, deps, [rules.path, index]);
    const request = { ...reader.readJson(entry), uploads: {} };
    const { job, replayed } = await enqueueJob(req, contract, deps, { chosen, job: request });
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
  const down = outcomes.find(({ error }) => error && error.status >= 500);
  if (down?.error) throw down.error;
}
