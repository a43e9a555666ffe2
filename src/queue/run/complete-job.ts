import bullScripts from 'bull/lib/scripts.js';
import type { Redis } from 'ioredis';
import type { Envelope } from '../../jobs/options.ts';
import type { Outcome } from '../../jobs/processor.ts';
import { promoteDependents } from '../upkeep/dependents.ts';
import { releaseHolds } from '../upkeep/holds.ts';
import { sumBytes } from '../usage.ts';
import { envelopeToKeep } from './kept-input.ts';
import type { Run, RunDeps } from './run.ts';

/** Bull's script as `worker/free-memory.ts` extends it: its answer is 1 where other jobs wait for the end of this one. */
type MoveToFinished = Redis & { moveToFinished(args: (string | number)[]): Promise<number> };

/**
 * Has Bull mark the run's job as completed by one script with all that goes with it: what the job keeps of its input, and
 * what it counts for. Then promotes the jobs that wait for its end, and ends its holds.
 */
export function completeByRun({ bullJob, record, log }: Run, deps: RunDeps, outcome: Outcome<unknown>): void {
  const complete = async () => {
    const kept = envelopeToKeep(bullJob.data as Envelope, deps.contract);
    Object.assign(bullJob, { returnvalue: outcome, finishedOn: Date.now() });
    const args = bullScripts.moveToFinishedArgs(
      ...([
        bullJob,
        JSON.stringify(outcome),
        'returnvalue',
        bullJob.opts.removeOnComplete,
        'completed',
        false,
        true,
      ] as const),
    );
    const more = [kept ? JSON.stringify(kept) : '', sumBytes(outcome.files)];
    const answered = (deps.redis as MoveToFinished).moveToFinished([...args, ...more]);
    deps.places.passOn(record.jobId);
    const answer = await answered;
    if (answer < 0) throw bullScripts.finishedErrors(answer, record.jobId, 'finished', 'active');
    const name = { kind: record.kind, id: record.jobId };
    const after = [releaseHolds(deps.redis, name, bullJob.data as Envelope)];
    if (answer !== 0) after.push(promoteDependents(deps.redis, name));
    Promise.all(after).catch((err) => log.debug({ err }, 'not done after the end of a job'));
  };
  Object.assign(bullJob, { moveToCompleted: complete });
}
