import type { Request } from 'express';
import { AppError, type Problem, toAppError, toProblem } from '../../../../errors.ts';
import { pointerOf } from '../../../../fields/invalid-request.ts';
import type { BatchRules, JobContract } from '../../../../jobs/contract.ts';
import type { JobView } from '../../../../jobs/job-view.ts';
import type { InputFile } from '../../../../jobs/options/options.ts';
import { presentProblem } from '../../../problem.ts';
import type { JobFinder } from '../../job-finder.ts';
import { assertAllowed } from '../assert-allowed.ts';
import { findEarlier, type ReadRequest } from '../body/large-request.ts';
import { type ChosenId, chooseId } from '../choose-id.ts';
import { enqueueJob, queueRequest } from '../enqueue-job.ts';
import type { QueuedRequest } from '../make-envelope.ts';
import { sealInput } from '../make-envelope.ts';
import type { QueueDeps } from '../queue-deps.ts';

/** What became of one entry of a batch. */
export type BatchItem = { status: 202; job: JobView; replayed?: true } | { status: number; problem: Problem };

/** An item, and the error behind one that was not accepted. */
export interface Outcome {
  item: BatchItem;
  error?: AppError;
}

/** A batch, and what became of each of its entries. */
export interface QueuedBatch {
  /** Null where no entry was accepted. */
  id: string | null;
  outcomes: Outcome[];
}

/** An entry as it came. */
export interface Entry {
  /** Gives the job that it asks for; throws, or rejects with, what is wrong with it. */
  read(): ReadRequest | Promise<ReadRequest>;
  /** The id that its files lie under; absent where it has none. */
  chosen?: ChosenId;
}

export interface Batch {
  req: Request;
  contract: JobContract;
  rules: BatchRules;
  /** Its id. */
  id: string;
  /** Where its entries stand in the request, for what is said of them. */
  field: string;
  deps: QueueDeps & { finder: Pick<JobFinder, 'view'> };
}

/** An entry that may be queued, and the contract that knows its input. */
export type ReadJob = { contract: JobContract; chosen: ChosenId } & (
  | { request: QueuedRequest; files: null }
  | { request: Pick<QueuedRequest, 'chosen' | 'job' | 'batch'>; files: true }
);

/** Reads an entry, and, where it has no files, whether its caller may have that job. Never rejects for what is wrong with it. */
export async function readEntry(batch: Batch, entry: Entry, index: number): Promise<ReadJob | Outcome> {
  const { req, rules, deps, id } = batch;
  const chooseHere = () => chooseId(req, batch.contract, deps, [rules.path, index]);
  try {
    const { contract, job } = await entry.read();
    if (entry.chosen) {
      return { contract, chosen: entry.chosen, files: true, request: { chosen: entry.chosen, job, batch: id } };
    }
    const allowed = await assertAllowed(req, contract, deps, job);
    const chosen = await chooseHere();
    const request = { chosen, job, batch: id, ...allowed, ...sealInput(contract, deps, job) };
    return { contract, chosen, files: null, request };
  } catch (thrown) {
    const chosen = entry.chosen ?? (await chooseHere());
    const earlier = await findEarlier(thrown, chosen, deps).catch(() => undefined);
    if (earlier) return { item: { status: 202, job: deps.finder.view(earlier.job, req), replayed: true } };
    return refuse(batch, thrown, index);
  }
}

/** Queues an entry; what it stored is removed where nothing comes of it. Never rejects for what is wrong with it. */
export async function queueEntry(
  batch: Batch,
  { contract, files, request }: ReadJob,
  inputFile: InputFile | null | undefined,
  index: number,
): Promise<Outcome> {
  const { req, deps } = batch;
  try {
    const { job, replayed } = files
      ? await enqueueJob(req, contract, deps, request)
      : await queueRequest(req, contract, deps, { ...request, inputFile: inputFile ?? undefined });
    return { item: { status: 202, job: deps.finder.view(job, req), ...(replayed ? { replayed } : {}) } };
  } catch (thrown) {
    return refuse(batch, thrown, index);
  }
}

function refuse({ req, field }: Batch, thrown: unknown, index: number): Outcome {
  const error = placeIn(toAppError(thrown), pointerOf([field, index]));
  return { item: { status: error.status, problem: presentProblem(req, toProblem(error)) }, error };
}

/** The error with its pointers leading from the body's top. */
function placeIn(error: AppError, place: string): AppError {
  if (!error.errors) return error;
  const errors = error.errors.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail }));
  return new AppError(error.code, error.message, { errors, cause: error });
}
