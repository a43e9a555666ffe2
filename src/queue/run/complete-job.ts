import type { Envelope } from '../../jobs/options/options.ts';
import type { Outcome } from '../../jobs/processor.ts';
import { promoteDependents } from '../upkeep/dependents.ts';
import { releaseHolds } from '../upkeep/holds.ts';
import { sumBytes } from '../usage.ts';
import { envelopeToKeep } from './kept-input.ts';
import type { Run, RunDeps } from './run.ts';

/**
 * Has the run's job marked as completed where Bull would do so, with all that goes with it: what the job keeps of its input,
 * and what it counts for. Then promotes the jobs that wait for its end, and ends its holds.
 */
export function completeByRun({ bullJob, record, log }: Run, deps: RunDeps, outcome: Outcome<unknown>): void {
  const complete = async () => {
    const kept = envelopeToKeep(bullJob.data as Envelope, deps.contract, outcome.result);
    Object.assign(bullJob, { returnvalue: outcome, finishedOn: Date.now() });
    const isAwaited = await deps.completions.add({
      id: record.jobId,
      outcome: JSON.stringify(outcome),
      kept: kept ? JSON.stringify(kept) : '',
      resultBytes: sumBytes(outcome.files),
    });
    const name = { kind: record.kind, id: record.jobId };
    const after = [releaseHolds(deps.redis, name, bullJob.data as Envelope)];
    if (isAwaited) after.push(promoteDependents(deps.redis, name));
    Promise.all(after).catch((err) => log.debug({ err }, 'not done after the end of a job'));
  };
  Object.assign(bullJob, { moveToCompleted: complete });
}
