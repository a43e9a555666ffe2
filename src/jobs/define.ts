import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

/** A file in storage: its key, the name and media type it is served with, its size in bytes and SHA-256 (hex). */
export interface StoredFile {
  key: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
}

/** What a contract says about an uploaded file after reading its first bytes. */
export interface InspectedUpload {
  /** The media type found in the content; the client's claim is ignored. */
  type: string;
}

/** How a kind takes files: over multipart, or one as the raw request body. */
export interface UploadRules<Input = unknown> {
  /** The form field of the file that the job is about; it must come, unless the input says itself where it is. */
  field?: string;
  /** The form field that holds the JSON body of a kind with one; no other text field is taken then. */
  jsonField?: string;
  /** Names of further files that the input refers to by their form fields: each must come along, and no other may. */
  files?: (input: Input) => string[];
  /** Most bytes of one file. */
  maxBytes: (config: Config) => number;
  /** Media types a raw body may claim, as `type-is` patterns (`image/*`). */
  rawTypes: string[];
  /** How many of the first bytes `inspect` wants to see. */
  headBytes: number;
  /**
   * Judges a file by its first bytes; throws an AppError (unsupported_media_type, payload_too_large,
   * image_unreadable) when the header alone shows that the job can't succeed. `field` is the form field it came in.
   */
  inspect: (head: Uint8Array, config: Config, field: string) => InspectedUpload;
  /** Whether the input says itself where the file is: such a job comes as JSON, without an upload. */
  isReferenced?: (input: Input) => boolean;
}

/** Wait before attempt n+1: `firstMs * factor^(n-1)`, at most `maxMs`, then spread by jitter. */
export interface ExponentialBackoff {
  firstMs: number;
  factor: number;
  maxMs: number;
}

/** Wait before attempt n+1: the n-th entry (the last one for all later), then spread by jitter. */
export interface ScheduledBackoff {
  scheduleMs: readonly number[];
}

export type Backoff = ExponentialBackoff | ScheduledBackoff;

/**
 * A kind of job, as both the web process and the workers know it. Light: no heavy library is reachable from it.
 * `Input` is what the processor gets (the schema's output), `Result` what it returns beside its files.
 */
export interface JobContract<Input = unknown, Result = unknown> {
  /** Folder, queue, URL, supervisor program, metric label: the one word for the kind. */
  kind: string;
  /** Three letters before the underscore of every job id. */
  idPrefix: string;
  /** One sentence for the documentation and the dashboard. */
  summary: string;
  /** Validates and normalises the request's own fields (the fields all kinds share are taken off before). */
  input: z.ZodType<Input>;
  result: z.ZodType<Result>;
  /** Runs at most, interruptions and worker deaths excluded. */
  attempts: number;
  backoff: Backoff;
  /** One run may take this long; then its signal aborts with `timed_out`. */
  timeoutMs: (config: Config) => number;
  /** `json`: a JSON body, by `upload.jsonField` also as a form with files. `upload`: multipart or raw body. `none`: no POST. */
  accepts: 'json' | 'upload' | 'none';
  upload?: UploadRules<Input>;
  /** Shared fields that the kind uses for something of its own (mail has its own `subject`). */
  ownFields?: readonly string[];
  /** Whose data the input is by itself (a mail's recipients): the job is found and erased by each, as by `subject`. */
  subjects?: (input: Input) => string[];
  /** Whether a completed job may be run again (a callback may be sent once more). */
  retryCompleted?: boolean;
  /** Ids of other jobs this input refers to; each must exist and belong to the caller at POST. */
  references?: (input: Input) => string[];
  /** A request body that works as it stands: docs, tests and benchmarks use it. */
  example: Record<string, unknown>;
}

/** Checks what types can't say and returns the contract as it is. */
export function defineJob<Input, Result>(contract: JobContract<Input, Result>): JobContract<Input, Result> {
  if (!/^[a-z]+$/.test(contract.kind)) throw new Error(`job kind ${contract.kind}: lower-case letters only`);
  if (!/^[a-z]{3}$/.test(contract.idPrefix)) throw new Error(`job ${contract.kind}: idPrefix must be three letters`);
  const { accepts, upload } = contract;
  if (
    (accepts === 'upload') !== Boolean(upload?.field) ||
    (upload && (accepts === 'json') !== Boolean(upload.jsonField))
  ) {
    throw new Error(`job ${contract.kind}: upload.field goes with accepts: 'upload', upload.jsonField with 'json'`);
  }
  return contract;
}

/** Progress of a run: `percent` 0-100, and where it is countable what was done of how much. */
export interface Progress {
  percent: number;
  done?: number;
  total?: number;
  unit?: string;
}

/** The job as its processor sees it. */
export interface RunningJob<Input> {
  id: string;
  /** The key's name that posted it. */
  caller: string;
  /** 1 on the first run. */
  attempt: number;
  /** When the job was accepted. A fixed clock: two runs of a job see the same. */
  createdAt: Date;
  input: Input;
  /** Uploaded files by form field. */
  uploads: Record<string, StoredFile>;
}

/** The result files of a finished job, as another job may read them. */
export interface FinishedJob {
  id: string;
  state: 'completed' | 'failed' | 'cancelled' | 'pending' | 'missing';
  files: StoredFile[];
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

/** What a run is given beside its job. */
export interface RunContext {
  /** Aborts when the run must stop: timed out, worker shutting down, lock lost. Its reason is an AppError. */
  signal: AbortSignal;
  /** Tells how far the run is; calls are throttled, the newest wins. */
  progress(progress: Progress): void;
  storage: RunStorage;
  /** Looks up another job's result files. */
  jobs: { find(id: string): Promise<FinishedJob> };
  /** Adds an entry to the job's own log, which its page shows; the last 50 are kept. */
  record(entry: Record<string, unknown>): Promise<void>;
  log: Log;
}

/** What a processor returns: the contract's result, and the files it wrote through `storage.write`. */
export interface Outcome<Result> {
  result: Result;
  files: StoredFile[];
}

/** What a processor is made with, once per worker process. */
export interface ProcessorDeps {
  config: Config;
  log: Log;
}

/** The heavy half of a kind: made once per worker process, run once per attempt. */
export interface Processor<Input = unknown, Result = unknown> {
  /** Throws AppError; any other error counts as a bug: logged with its stack, retried. */
  process(job: RunningJob<Input>, context: RunContext): Promise<Outcome<Result>>;
  /** Ends pools and connections after the last run. */
  close?(): Promise<void>;
}

export type CreateProcessor<Input, Result> = (deps: ProcessorDeps) => Processor<Input, Result>;

/** Ties a processor's types to its contract. `workers/<kind>/processor.ts` exports the answer as `createProcessor`. */
export function defineProcessor<Input, Result>(
  _contract: JobContract<Input, Result>,
  create: CreateProcessor<Input, Result>,
): CreateProcessor<Input, Result> {
  return create;
}
