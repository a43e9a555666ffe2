import type { Readable } from 'node:stream';
import type { JobBrand } from '../brands/brand.ts';
import type { Config } from '../config/platform.ts';
import type { Log } from '../log.ts';
import type { Redis } from '../redis/script.ts';
import type { Storage } from '../storage/storage.ts';
import type { JobContract } from './contract.ts';
import type { StoredFile } from './files/stored-file.ts';
import type { JobFields } from './job-fields.ts';
import type { FlowPlan } from './options/flow.ts';
import type { JobOptions } from './options/options.ts';
import type { Progress } from './progress.ts';

/** The job as its processor sees it. */
export interface RunningJob<Input> {
  id: string;
  /** The key's name that posted it. */
  caller: string;
  /** The trace that the job belongs to (W3C Trace Context), for requests that it makes; absent where nobody said one. */
  traceparent?: string;
  /** Its priority among the caller's jobs; absent for normal. */
  priority?: JobOptions['priority'];
  /** 1 on the first run. */
  attempt: number;
  /** How often the job was run again by hand after it had ended; absent for never. */
  retries?: number;
  /** When the job was accepted. A fixed clock: two runs of a job see the same. */
  createdAt: Date;
  /** When the job becomes useless: the caller's `expiresAt`, or the kind's own limit; absent when there is neither. */
  expiresAt?: Date;
  input: Input;
  /** Uploaded files by form field. */
  uploads: Record<string, StoredFile>;
  /** The brand that the input names, as it stood when the job was accepted. */
  brand?: JobBrand;
  /** Of a flow: what it is made of. */
  plan?: FlowPlan;
}

/** The result files of a finished job, or the one of an upload, as another job may read them. */
export interface FinishedJob {
  id: string;
  /** `evicted`: it was there, and had to make room; `missing`: it was erased, or never there. */
  state: 'completed' | 'failed' | 'cancelled' | 'pending' | 'missing' | 'evicted';
  files: StoredFile[];
  /** The code of the error that it ended with. */
  error?: string;
  /** Of a job of a flow: its step. */
  step?: string;
  /** Why it failed or was cancelled. */
  why?: string;
  /** When it was accepted (ms), and how often it was run again by hand; absent when it is missing. */
  createdAt?: number;
  retries?: number;
}

/** The part of storage a run may touch: read any key it was given, write results under its own job. */
export interface RunStorage {
  /** Opens a stored file for reading; rejects with storage_unavailable, or not_found when it is gone. */
  open(key: string): Promise<Readable>;
  /** The whole file in memory; for inputs whose size is bounded. */
  read(key: string): Promise<Buffer>;
  /**
   * Writes one result file (temporary name, sync, rename) and returns it. `name` is its public file name, unique
   * within the job. A second run of the job replaces what the first one wrote.
   */
  write(name: string, type: string, content: Readable | Uint8Array): Promise<StoredFile>;
}

/** All that a run has beside its job. */
export interface RunContext {
  /** Aborts when the run must stop: timed out, worker shutting down, lock lost. Its reason is an AppError. */
  signal: AbortSignal;
  /** Reports how far the run is; calls are throttled, the newest wins. */
  progress(progress: Progress): void;
  storage: RunStorage;
  /** Finds another job's result files, or an upload's. */
  jobs: {
    find(id: string): Promise<FinishedJob>;
    /** Keeps another job and its files until then (ms), for a link that leads to them. */
    keepForLink?(id: string, untilMs: number): Promise<void>;
  };
  /** Appends an entry to the job's log, which its page shows; the last 50 are kept. */
  appendLog(entry: Record<string, unknown>): Promise<void>;
  log: Log;
  /**
   * Takes one of the few slots for heavy runs, so that light ones need not wait for them. Call once, before the costly
   * part. Rejects with slots_full; the job is re-queued without using an attempt. Absent: any number of runs may be
   * heavy.
   */
  acquireHeavySlot?: () => Promise<void>;
  /**
   * Does work that waits for others, such as a download, without the run's place, so that a slow one holds up nobody else;
   * resolves once the run has a place again. Rejects with slots_full (the job is re-queued without using an attempt) when
   * its caller has too many such runs, else as the work does. Absent: places are not shared.
   */
  withoutPlace?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Does that work without the run's place, where places are shared. */
export const withoutPlace = <T>(context: Pick<RunContext, 'withoutPlace'>, work: () => Promise<T>): Promise<T> =>
  context.withoutPlace ? context.withoutPlace(work) : work();

/** What a processor returns: the contract's result, and the files it wrote through `storage.write`. */
export interface Outcome<Result> {
  result: Result;
  files: StoredFile[];
}

/** What a processor is made with, once per worker process. */
export interface ProcessorDeps<Settings extends Config = Config> {
  /** The platform's settings and the kind's own. */
  config: Settings;
  log: Log;
}

/** What a processor that keeps facts in Redis is made with. */
export interface StatefulDeps<Settings extends Config = Config> extends ProcessorDeps<Settings> {
  /** A connection of its own, made when it is first used; a command waits for a Redis that is away. */
  redis: Redis;
  /** The facts that the kind keeps of each job. */
  jobFields: JobFields;
  /** Files beside those of a run. */
  storage: Storage;
}

/**
 * Something outside that a kind's jobs need, by name (`mail relay smtp.example.com:587`), and what is wrong with it.
 */
export interface Dependency {
  name: string;
  ok: boolean;
  /** One sentence for the operator. */
  detail: string;
  /** When it was last seen, RFC 3339. */
  seenAt: string;
  /** What is wrong with it: it is not there, does not let us in, or takes nothing now; absent while it is well. */
  fault?: 'away' | 'login' | 'busy';
  /** What else holds up jobs there; absent for nothing. */
  holds?: DependencyHold[];
  /** What it consists of, where it is several things of which each is well or not; absent for one. */
  parts?: Dependency[];
}

/** What is held up at what jobs need outside: all of it, those of one sender that is
 * refused, those beyond a rate, what comes back. */
export interface DependencyHold {
  about: 'relay' | 'sender' | 'rate' | 'receiver';
  /** Which sender; null where it is not about one. */
  who: string | null;
  /** Set for the sender of mails that name none. */
  isOwn?: true;
  /** One sentence for the operator. */
  why: string;
}

/** The heavy half of a kind: made once per worker process, run once per attempt. */
export interface Processor<Input = unknown, Result = unknown> {
  /** Throws AppError; any other error counts as a bug: logged with its stack, retried. */
  process(job: RunningJob<Input>, context: RunContext): Promise<Outcome<Result>>;
  /** Called when the worker is to stop: runs that can be put back without harm may throw `interrupted` at once. */
  drain?(): void;
  /** Looks at what the kind depends on, when that is due; called every second, and never rejects. */
  check?(): Promise<void>;
  /** Answers what the kind depends on, as it was last seen; shown by `/readyz?verbose`. */
  dependency?(): Dependency | null;
  /** Ends pools and connections after the last run. */
  close?(): Promise<void>;
}

/** `Deps` is what the kind needs: ProcessorDeps, or StatefulDeps. */
export type CreateProcessor<Input, Result, Deps extends ProcessorDeps = ProcessorDeps> = (
  deps: Deps,
) => Processor<Input, Result>;

/** Ties a processor's types to its contract. `workers/<kind>/processor.ts` exports the answer as `createProcessor`. */
export function defineProcessor<
  Input,
  Result,
  Settings extends Config,
  Deps extends ProcessorDeps<Settings> = ProcessorDeps<Settings>,
>(
  _contract: JobContract<Input, Result, Settings>,
  create: CreateProcessor<Input, Result, Deps>,
): CreateProcessor<Input, Result, Deps> {
  return create;
}
