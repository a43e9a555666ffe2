import { AppError, toAppError } from '../../../src/errors.ts';
import { type JobFields, KEPT_FIELD, LATER_FIELD, STOP_FIELD, STOP_SEEN } from '../../../src/jobs/job-fields.ts';
import type { JobName } from '../../../src/jobs/job-name.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { AskingCaller, StepJobs } from '../../../src/kinds/step-jobs.ts';
import type { FlowInput } from '../input/flow.ts';
import type { ReadLine } from '../rows/read-rows.ts';
import { closeRows } from './close-rows.ts';
import { stopInDoubt } from './doubt.ts';
import type { FailedRow, FailedRows } from './failed-rows.ts';
import { asBadRow, BadRow, type FlowParts, inOrder, isPassing, jobOfStep, readRowJobs } from './row-jobs.ts';
import type { Rows } from './rows-of.ts';
import type { OpenRowsSource } from './rows-source.ts';
import { countRow, type FlowState, flowFailed, newState, type OpenRow, type StepOutcome } from './state.ts';

/** So many rows are under way at a time: workers have work, and the queues stay short. */
export const MOST_OPEN = 100;
/** Rows that are read, checked and asked for at the same time. */
const TOGETHER = 10;
/** Rows of a strict flow that are checked between two notes of how far it is. */
const CHECKED_TOGETHER = 200;
/** And so many in one run: the flows of others have their turn then. */
const CHECKED_IN_A_RUN = 10_000;
/** Of the rows of a strict flow that can not be used, so many are kept. */
const MOST_BAD = 1000;

export interface ConductorDeps {
  fields: JobFields;
  steps: StepJobs;
  failedRows: FailedRows;
  rows: Rows;
  maxRows: number;
  openRowsSource: OpenRowsSource;
}

/** What is under way in a run of a flow. */
export interface Conducted {
  job: RunningJob<FlowInput>;
  parts: FlowParts;
  state: FlowState;
  /** The state as it was read or written last. */
  noted: string | null;
  isStopping: boolean;
  /** Its jobs that are to stop and run still, also those of rows that were never noted as begun. */
  stopping: JobName[];
}

/** Why no row is begun at the moment; undefined where that is only since enough are under way. */
export type Pause = AppError | undefined;

/** Reads how far the flow is. What failed is begun again where it was run again since. */
export async function openConducted(
  job: RunningJob<FlowInput>,
  deps: Pick<ConductorDeps, 'fields' | 'steps' | 'failedRows'>,
): Promise<Conducted> {
  if (!job.plan) throw new AppError('internal', 'the flow has no plan');
  const [noted = null, stop, kept] = await deps.fields.read(job.id, [LATER_FIELD, STOP_FIELD, KEPT_FIELD]);
  const retries = job.retries ?? 0;
  const parts: FlowParts = { id: job.id, plan: job.plan, contracts: deps.steps.contracts };
  const state = noted ? (JSON.parse(noted) as FlowState) : newState(job.plan.steps, job.input.strict);
  const own = typeof state.source === 'object' ? state.source.bytes : 0;
  // A run that died may have counted for what it never kept.
  if (Number(kept ?? 0) !== own) await deps.steps.keep(job, own, true);
  const isStopping = stop === String(retries) || stop === `${retries}${STOP_SEEN}`;
  const conducted: Conducted = { job, parts, state, noted, isStopping, stopping: [] };
  if (stop && !stop.endsWith(STOP_SEEN)) {
    const seen = { expected: { [STOP_FIELD]: stop }, set: { [STOP_FIELD]: `${stop}${STOP_SEEN}` } };
    await deps.fields.change(job.id, seen);
  }
  if (state.retries !== retries) await beginAgain(conducted, deps, retries);
  await stopInDoubt({ id: job.id, parts, state }, { fields: deps.fields, noteState: () => note(conducted, deps) });
  return conducted;
}

/** Lets what failed, was cancelled or was not begun be done again. */
async function beginAgain(
  { job, state }: Conducted,
  deps: Pick<ConductorDeps, 'failedRows'>,
  retries: number,
): Promise<void> {
  state.retries = retries;
  state.stopped = null;
  state.again = -1;
  if (job.input.strict && state.done === 0 && state.open.length === 0) {
    Object.assign(state, { check: { number: 1, at: 0 }, again: null, failed: 0 });
    await deps.failedRows.clear(job.id);
  }
}

/** Notes how far the flow is. Throws interrupted where another run has it. */
export async function note(conducted: Conducted, { fields }: Pick<ConductorDeps, 'fields'>): Promise<void> {
  const { job, state, noted } = conducted;
  const text = JSON.stringify(state);
  if (text === noted) return;
  const change = { expected: { [LATER_FIELD]: noted }, set: { [LATER_FIELD]: text } };
  const outcome = await fields.change(job.id, change);
  if (outcome !== 'done') throw new AppError('interrupted', 'Another run of the flow goes on with it.');
  conducted.noted = text;
}

/** Throws interrupted where the flow is to stop since its run began: the next one begins no row. */
async function assertGoesOn({ job, state }: Conducted, { fields }: Pick<ConductorDeps, 'fields'>): Promise<void> {
  const [stop] = await fields.read(job.id, [STOP_FIELD]);
  if (stop === String(state.retries)) throw new AppError('interrupted', 'The flow is to stop.');
}

/** Finds where the rows lie, once. Ends the flow where they can not be read. */
export async function findRows(conducted: Conducted, deps: ConductorDeps, context: RunContext): Promise<void> {
  const { job, state } = conducted;
  if (!job.input.forEach || state.source !== undefined) return;
  const { source, total } = await deps.openRowsSource(job.input.forEach, {
    ...context,
    keep: (bytes) => deps.steps.keep(job, bytes, bytes === 0),
  });
  Object.assign(state, { source, total: total ?? state.total });
  await note(conducted, deps);
}

/** Counts the rows, once. Ends the flow where there are too many. */
export async function countAllRows({ state }: Conducted, { rows, maxRows }: ConductorDeps): Promise<void> {
  if (state.total !== null) return;
  const total = await rows.count();
  if (total <= maxRows) state.total = total;
  else {
    const message = `The flow has ${total} rows; FLOWS_MAX_ROWS allows ${maxRows}. Nothing was begun.`;
    throw flowFailed(message);
  }
}

/** Checks all rows of a strict flow before the first is begun; answers false while some are left for another run. Throws flow_failed where one can not be used. */
export async function checkAllRows(
  conducted: Conducted,
  deps: ConductorDeps,
  { asking, signal }: Asking,
): Promise<boolean> {
  const { state, job, parts } = conducted;
  if (state.check === null) return true;
  let checked = 0;
  for await (const line of deps.rows.from(state.check)) {
    signal.throwIfAborted();
    const bad = await readLine(conducted, line, asking).then(
      () => null,
      (thrown: unknown) => takeBadRow(thrown, line, parts),
    );
    if (bad && state.failed < MOST_BAD) await deps.failedRows.put(job.id, [bad]);
    if (bad) state.failed += 1;
    state.check = { number: line.number + 1, at: line.next };
    checked += 1;
    if (checked % CHECKED_TOGETHER > 0) continue;
    await note(conducted, deps);
    await assertGoesOn(conducted, deps);
    if (checked >= CHECKED_IN_A_RUN) return false;
  }
  state.check = null;
  if (state.failed === 0) {
    await note(conducted, deps);
    return true;
  }
  const bad = `${state.failed} of ${state.total} rows can not be used`;
  await note(conducted, deps);
  throw flowFailed(`${bad}, and nothing was begun, since the flow is strict${await sayFirst(job.id, deps)}`);
}

/** The first failed row, as the end of a sentence. */
export async function sayFirst(flow: string, { failedRows }: Pick<ConductorDeps, 'failedRows'>): Promise<string> {
  const [first] = await failedRows.list(flow, -1, 1);
  if (!first) return '.';
  const { row, step, error } = first;
  return `. The first is ${row.number === 0 ? '' : `row ${row.number}, `}step "${step}": ${error.detail}`;
}

/** Finds the rows whose jobs have all ended, counts them, and keeps what is to be known of those that failed. */
export async function closeEnded(conducted: Conducted, deps: ConductorDeps): Promise<void> {
  const { job, state, parts } = conducted;
  const closed = await closeRows(state.open, parts, deps.steps);
  await deps.failedRows.put(
    job.id,
    closed.flatMap(({ failed }) => failed ?? []),
  );
  const numbers = new Set(closed.map(({ row }) => row.number));
  // What has failed before and is well now.
  await deps.failedRows.drop(
    job.id,
    closed.flatMap(({ row, failed }) => (failed ? [] : [row.number])),
  );
  for (const { outcomes } of closed) countRow(state, outcomes, 1);
  state.open = state.open.filter(({ number }) => !numbers.has(number));
}

interface Asking {
  asking: AskingCaller;
  signal: AbortSignal;
}

/** Begins rows until enough are under way, or there are no more; answers why not where something keeps it from that. */
export async function beginRows(conducted: Conducted, deps: ConductorDeps, { asking, signal }: Asking): Promise<Pause> {
  const { state } = conducted;
  const pause = await redoFailed(conducted, deps, { asking, signal });
  if (pause || state.again !== null || state.next === null) return pause;
  let some: ReadLine[] = [];
  for await (const line of deps.rows.from(state.next)) {
    // Rows that can not be used are as many as there are: none of them is under way.
    signal.throwIfAborted();
    some.push(line);
    const room = MOST_OPEN - state.open.length;
    if (some.length < Math.min(TOGETHER, room)) continue;
    const stopped = await beginSome(conducted, deps, { lines: some, asking });
    if (stopped) return stopped;
    some = [];
    if (state.open.length >= MOST_OPEN) return undefined;
  }
  const stopped = some.length > 0 ? await beginSome(conducted, deps, { lines: some, asking }) : undefined;
  if (stopped) return stopped;
  state.next = null;
  await note(conducted, deps);
  return undefined;
}

/** Begins rows again that failed, by their numbers. */
async function redoFailed(conducted: Conducted, deps: ConductorDeps, { asking, signal }: Asking): Promise<Pause> {
  const { state, job } = conducted;
  while (state.again !== null && state.open.length < MOST_OPEN) {
    signal.throwIfAborted();
    await assertGoesOn(conducted, deps);
    const some = await deps.failedRows.list(job.id, state.again, Math.min(TOGETHER, MOST_OPEN - state.open.length));
    if (some.length === 0) state.again = null;
    for (const failed of some) {
      const { row, outcomes } = failed;
      if (await wasErased(failed, conducted, deps)) {
        state.again = row.number;
        continue;
      }
      for await (const line of deps.rows.from(row)) {
        const begun = await beginRow(conducted, deps, { line, asking });
        if (begun instanceof AppError) return begun;
        countRow(state, outcomes, -1);
        state.again = row.number;
        if (begun) await fail(conducted, deps, begun);
        else state.open.push(row);
        break;
      }
    }
    await note(conducted, deps);
  }
  return undefined;
}

/** Whether the job that a row failed by was erased: it is not to be there again. */
async function wasErased(
  { row, step, job }: FailedRow,
  { parts }: Conducted,
  { steps }: ConductorDeps,
): Promise<boolean> {
  const planned = parts.plan.steps.find(({ name }) => name === step);
  if (!job || !planned) return false;
  const [end] = await steps.findEnds([jobOfStep(parts, planned, row.number)]);
  return end?.state === 'gone';
}

/** Begins some rows together. Those behind one that has to wait are begun again later, which makes nothing twice. */
async function beginSome(
  conducted: Conducted,
  deps: ConductorDeps,
  { lines, asking }: { lines: readonly ReadLine[]; asking: AskingCaller },
): Promise<Pause> {
  const { state } = conducted;
  await assertGoesOn(conducted, deps);
  const begun = await Promise.allSettled(lines.map((line) => beginRow(conducted, deps, { line, asking })));
  let pause: Pause;
  for (const [index, line] of lines.entries()) {
    const one = begun[index];
    if (one?.status === 'rejected') throw one.reason;
    if (one?.value instanceof AppError) {
      pause = one.value;
      break;
    }
    if (one?.value) await fail(conducted, deps, one.value);
    else state.open.push({ number: line.number, at: line.at });
    state.next = { number: line.number + 1, at: line.next };
  }
  await note(conducted, deps);
  return pause;
}

async function fail({ job, state }: Conducted, deps: ConductorDeps, row: FailedRow): Promise<void> {
  await deps.failedRows.put(job.id, [row]);
  countRow(state, row.outcomes, 1);
}

interface Beginning {
  line: ReadLine;
  asking: AskingCaller;
}

/** Asks for the jobs of a row. Answers null, why the row can not be used, or what keeps it from being begun now. */
async function beginRow(
  conducted: Conducted,
  { steps }: Pick<ConductorDeps, 'steps'>,
  { line, asking }: Beginning,
): Promise<FailedRow | AppError | null> {
  const { parts, state } = conducted;
  try {
    const jobs = await readLine(conducted, line, asking);
    for (const { step, name, asked } of jobs) {
      // Each before those that need it, which would fail by its last end. A row that was never noted as begun may have jobs too:
      // a limit, or a death, came between them.
      if (state.retries > 0) await steps.retry(name);
      const flow = { id: parts.id, step: step.name, row: line.number };
      const options = { ...(conducted.job.priority && { priority: conducted.job.priority }), ...asked.options };
      await asking.add({ ...asked, options }, { id: name.id, flow }).catch((thrown) => {
        throw asBadRow(step.name, thrown);
      });
    }
    return null;
  } catch (thrown) {
    if (thrown instanceof BadRow) return takeBadRow(thrown, line, parts);
    const error = toAppError(thrown);
    if (error.code === 'internal' || !isPassing(error)) throw thrown;
    return error;
  }
}

async function readLine({ parts, job }: Pick<Conducted, 'parts' | 'job'>, line: ReadLine, asking: AskingCaller) {
  const first = inOrder(parts.plan.steps)[0]?.name ?? '';
  if (line.fault !== null)
    throw new BadRow(first, new AppError('invalid_request', `Line ${line.number} ${line.fault}.`));
  return readRowJobs(parts, job.input, line, asking);
}

/** The entry of a row that can not be used: nothing of it was begun, or what was is left to itself. Throws what is no fault of it. */
function takeBadRow(thrown: unknown, { number, at }: ReadLine, { plan }: FlowParts): FailedRow {
  if (!(thrown instanceof BadRow)) throw thrown;
  const { step, fault } = thrown;
  const outcomes = Object.fromEntries(
    plan.steps.map(({ name }): [string, StepOutcome] => [name, name === step ? 'failed' : 'skipped']),
  );
  return { row: { number, at }, step, job: null, error: { code: fault.code, detail: fault.message }, outcomes };
}

/** The jobs that the flow waits for: those of which one is likely to end when a part of the open rows has. */
export function awaited({ state, parts }: Conducted): JobName[] {
  const pending = state.open.flatMap((row) => pendingOf(row, parts));
  if (pending.length <= FEW) return pending;
  return [1, 2, 3].map((part) => pending[Math.floor((part * pending.length) / 5)] as JobName);
}

/** Of a flow that has so few pending jobs, each of them is waited for. */
const FEW = 20;

const pendingOf = (row: OpenRow, parts: FlowParts): JobName[] =>
  parts.plan.steps.flatMap((step) => (row.ended?.[step.name] ? [] : [jobOfStep(parts, step, row.number)]));
