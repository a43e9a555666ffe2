import type { Problem } from '../errors.ts';
import type { AskedJob, JobContract } from '../jobs/contract.ts';
import type { JobName } from '../jobs/job-name.ts';
import type { FlowPlace } from '../jobs/options/flow.ts';
import type { RequestOrigin } from '../jobs/options/options.ts';
import type { EndState } from '../jobs/stored-job.ts';

/** How a job of a flow ended; `gone`: it was erased. */
export interface StepEnd {
  state: EndState | 'gone';
  error: Problem | null;
}

/** Asks for jobs on behalf of a caller, within the limits of its key. */
export interface AskingCaller {
  /** Reads the body of a job as its own route would. Rejects with what is wrong with it. */
  read(kind: string, body: unknown): Promise<AskedJob>;
  /** Judges a job as a POST would; what is in `pending` is about to be there. Rejects with what is wrong with it. */
  judge(asked: AskedJob, pending: ReadonlySet<string>): Promise<void>;
  /** The first of the kinds that its key may not post any more; undefined where it may post all. */
  findRefused(kinds: readonly string[]): string | undefined;
  /**
   * Queues a job under its id; one that is there already stays as it is. Rejects as a POST would, with quota_exceeded and
   * queue_full too.
   */
  add(asked: AskedJob, as: { id: string; flow: FlowPlace }): Promise<void>;
}

/** What a kind does with the jobs of its flows. */
export interface StepJobs {
  contracts: readonly JobContract[];
  /** Asks for jobs as the caller of that name; null where its key was revoked. */
  actFor(caller: string, origin: RequestOrigin): Promise<AskingCaller | null>;
  /**
   * Has a flow count for what it keeps in storage of its own, in place of what it kept before; `isThere`: all of it lies there already,
   * and no limit matters. Rejects with quota_exceeded, and with unauthorized where its caller's key was revoked.
   */
  keep(flow: { id: string; caller: string }, bytes: number, isThere?: boolean): Promise<void>;
  /** Reads which jobs have ended, and how; null for those that have not. */
  findEnds(jobs: readonly JobName[]): Promise<(StepEnd | null)[]>;
  /** Runs a job again that failed or was cancelled; one that can not, or that runs, stays as it is. */
  retry(job: JobName): Promise<void>;
  /** Cancels all jobs of a flow that have not ended; answers those that run, and stop within a second. */
  cancelAll(flow: string, kinds: readonly string[]): Promise<JobName[]>;
}
