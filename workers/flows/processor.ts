import { AppError, toAppError } from '../../src/errors.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import type { ConductingDeps } from '../../src/kinds/worker-deps.ts';
import {
  awaited,
  beginRows,
  type Conducted,
  type ConductorDeps,
  checkAllRows,
  closeEnded,
  countAllRows,
  findRows,
  MOST_OPEN,
  note,
  openConducted,
  type Pause,
  sayFirst,
} from './conduct/conductor.ts';
import { createFailedRows } from './conduct/failed-rows.ts';
import { progressOf } from './conduct/present.ts';
import { openRows } from './conduct/rows-of.ts';
import { createRowsSource } from './conduct/rows-source.ts';
import { flowFailed } from './conduct/state.ts';
import type { FlowInput } from './input/flow.ts';
import { type FlowsResult, flows } from './job.ts';
import type { FlowsConfig } from './settings.ts';

/** A flow is promoted when a job that it waits for has ended; this is for what kept it from that. */
const LOOK_AGAIN_SECONDS = 15;
/** Where a limit keeps it from beginning rows, and no job of its own is under way. */
const PAUSE_SECONDS = 5;

/** Conducts flows: begins rows, and sees how their jobs end. A run does what can be done now, and puts the flow back. */
export const createProcessor = defineProcessor<FlowInput, FlowsResult, FlowsConfig, ConductingDeps<FlowsConfig>>(
  flows,
  ({ config, redis, storage, jobFields, stepJobs, makeRowFile }) => {
    const failedRows = createFailedRows(redis, flows.kind);
    const openRowsSource = createRowsSource({ config, makeRowFile });
    return {
      async process(job, context) {
        const steps = await stepJobs();
        const conducted = await openConducted(job, { fields: jobFields, steps, failedRows });
        const source = () => conducted.state.source;
        const rows = openRows(job.input, { storage, jobs: context.jobs, source });
        const maxRows = config.FLOWS_MAX_ROWS;
        const deps = { fields: jobFields, steps, failedRows, rows, maxRows, openRowsSource };
        const pause = await conduct(conducted, deps, context);
        context.progress(progressOf(conducted.state));
        return { result: await endOrWait(conducted, deps, pause), files: [] };
      },
    };
  },
);

/** Does what can be done now; answers what keeps it from more. */
async function conduct(conducted: Conducted, deps: ConductorDeps, context: RunContext): Promise<Pause> {
  const { job, state } = conducted;
  const { signal } = context;
  if (!conducted.isStopping) await findRows(conducted, deps, context);
  if (!conducted.isStopping) await countAllRows(conducted, deps);
  await closeEnded(conducted, deps);
  if (conducted.isStopping) {
    conducted.stopping = await deps.steps.cancelAll(job.id, kindsOf(conducted));
    await closeEnded(conducted, deps);
  }
  await note(conducted, deps);
  const isOver = conducted.isStopping || (state.next === null && state.again === null);
  if (isOver || state.open.length >= MOST_OPEN) return undefined;
  if (job.expiresAt && job.expiresAt.getTime() <= Date.now()) state.stopped ??= 'The flow expired.';
  const asking = state.stopped === null ? await deps.steps.actFor(job.caller, traceOf(job)) : null;
  if (!asking) state.stopped ??= REVOKED;
  const refused = asking?.findRefused(kindsOf(conducted));
  if (refused !== undefined) state.stopped ??= `The key that posted the flow lacks the scope "${refused}" now.`;
  if (asking && refused === undefined) {
    try {
      return (await checkAllRows(conducted, deps, { asking, signal }))
        ? await beginRows(conducted, deps, { asking, signal })
        : undefined;
    } catch (thrown) {
      // The rows that are under way have their end before the flow has.
      state.stopped ??= sayStop(thrown);
    }
  }
  await note(conducted, deps);
  return undefined;
}

/** Why no further row is begun after an error of one. Throws it where it is no reason for that. */
function sayStop(thrown: unknown): string {
  const { code, message } = toAppError(thrown);
  if (code === 'unauthorized') return REVOKED;
  if (code === 'source_unavailable') return message;
  throw thrown;
}

const REVOKED = 'The key that posted the flow was revoked.';

const kindsOf = ({ parts }: Conducted): string[] => [...new Set(parts.plan.steps.map(({ kind }) => kind))];

const traceOf = ({ traceparent }: RunningJob<FlowInput>) => (traceparent === undefined ? {} : { traceparent });

/** Answers the result of a flow that has ended well. Throws how it ended otherwise, or that it waits. */
async function endOrWait(conducted: Conducted, deps: ConductorDeps, pause: Pause): Promise<FlowsResult> {
  const { state, isStopping, job } = conducted;
  const { open, total, done, failed, stopped } = state;
  const isAllBegun = state.next === null && state.again === null;
  if (open.length + conducted.stopping.length > 0 || !(isAllBegun || isStopping || stopped !== null))
    throw waiting(conducted, pause);
  const left = (total ?? 0) - done;
  const rest = left > 0 ? ` ${left} of ${total} rows were not begun.` : '';
  if (isStopping) throw new AppError('cancelled', `The flow was cancelled.${rest}`);
  if (stopped !== null) throw flowFailed(`${stopped}${rest}`);
  if (failed === 0) return { rows: total ?? 0 };
  const first = await sayFirst(job.id, deps);
  const what = job.input.forEach ? `${failed} of ${total} rows failed` : 'A step failed';
  throw flowFailed(`${what}${first}`);
}

function waiting(conducted: Conducted, pause: Pause): AppError {
  const jobs = conducted.stopping.length > 0 ? conducted.stopping.slice(0, 1) : awaited(conducted);
  const why = pause ? `Rows wait: ${pause.message}` : 'The flow waits for its jobs.';
  return new AppError('waiting_for_job', why, {
    retryAfterSeconds: jobs.length > 0 ? LOOK_AGAIN_SECONDS : PAUSE_SECONDS,
    waitingFor: jobs.map(({ id }) => id),
    ...(pause?.code === 'quota_exceeded' ? { waitingOn: 'quota' as const } : {}),
  });
}
