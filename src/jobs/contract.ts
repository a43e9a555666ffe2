import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Config } from '../config/platform.ts';
import type { FieldError, Problem } from '../errors.ts';
import type { TemplateBody, TemplateEngine } from '../templates/template.ts';
import type { JobFacts } from './facts.ts';
import type { FileReference } from './files/file-reference.ts';
import type { StoredFile } from './files/stored-file.ts';
import type { FlowPlan, PlannedStep, StepView } from './options/flow.ts';
import type { JobOptions } from './options/options.ts';
import type { Progress } from './progress.ts';

/** What a contract says about an uploaded file after reading its first bytes. */
export interface InspectedUpload {
  /** The media type found in the content; the client's claim is ignored. */
  type: string;
}

/** How a kind takes files: over multipart, or one as the raw request body. */
export interface UploadRules<Input = unknown, Settings extends Config = Config> {
  /** The form field of the file that the job is about; it must come, unless the input says itself where it is. */
  field?: string;
  /** The form field that holds the JSON body of a kind with one; no other text field is taken then. */
  jsonField?: string;
  /** Names of further files that the input refers to by their form fields: each must come along, and no other may. */
  files?: (input: Input) => string[];
  /** Most bytes of one file. */
  maxBytes(config: Settings): number;
  /** Media types a raw body may claim, as `type-is` patterns (`image/*`). */
  rawTypes: string[];
  /** How many of the first bytes `inspect` wants to see. */
  headBytes: number;
  /**
   * Judges a file by its first bytes; throws an AppError (unsupported_media_type, payload_too_large,
   * image_unreadable) when the header alone shows that the job can't succeed. `field` is the form field it came in.
   */
  inspect(head: Uint8Array, config: Settings, field: string): InspectedUpload;
  /** Whether the input says itself where the file is: such a job comes as JSON, without an upload. */
  isReferenced?: (input: Input) => boolean;
}

/** How a kind takes many jobs in one request. */
export interface BatchRules {
  path: string;
  field: string;
  max: number;
  /** Whether it may also come as a form with many files: each that stands in `upload.field` is an entry. */
  files?: true;
}

/** What a key may be limited to, beside its scopes. */
export interface KeyLimits {
  /** Domains and addresses that it may send mail from; absent: any. */
  senders?: readonly string[];
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

/** What a signed address names as its source: a result file of another job, or a file elsewhere. */
export type DerivedSource = { job: string; file: string } | { url: string };

/** A secret of the caller's that an input names, and the field that names it. */
export interface SecretUse {
  pointer: string;
  name: string;
}

/** A job that was asked for and is valid by its kind's contract. */
export interface AskedJob {
  contract: JobContract;
  input: unknown;
  options: JobOptions;
  /** Of an input that was read in a thread: its JSON. */
  inputText?: string;
}

/** A job that a flow is about to ask for, with its first row filled in. */
export interface FirstJob extends AskedJob {
  /** Where the flow's body has what the job is asked for by. */
  pointer: string;
  /** Ids in the input that stand for jobs of the flow, which are not there yet. */
  pending: ReadonlySet<string>;
}

/** What checking a flow takes. */
export interface ConductTools {
  contracts: readonly JobContract[];
  /** Reads the body of a job as its own route would. Rejects with what is wrong with it. */
  read(kind: string, body: unknown): Promise<AskedJob>;
  /** Opens an upload of the caller's; null where there is none. */
  openUpload(id: string): Promise<{ file: StoredFile; open(most: number): Promise<Readable> } | null>;
}

/** What a kind brings whose jobs ask for other jobs (flows). */
export interface ConductRules<Input = unknown> {
  /**
   * Finds what the flow is made of, and the jobs that it asks for first, each of which is judged as if it had been posted.
   * Rejects with invalid_request, at the field.
   */
  plan(input: Input, tools: ConductTools): Promise<{ steps: PlannedStep[]; jobs: FirstJob[] }>;
  /** What every view shows of how far it is: `noted` is what its runs have noted (LATER_FIELD). */
  present(plan: FlowPlan, noted: unknown): { steps: StepView[]; progress: Progress };
}

/**
 * A kind of job, as both the web process and the workers know it. Light: no heavy library is reachable from it. `Input`
 * is what the processor gets (the schema's output), `Result` what it returns beside its files, `Settings` what its
 * functions read of the settings: the platform's, and the kind's own.
 */
export interface JobContract<Input = unknown, Result = unknown, Settings extends Config = Config> {
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
  /** How often a job may run by its input, at most `attempts`; undefined for as often as its kind. */
  attemptsOf?: (input: Input) => number | undefined;
  backoff: Backoff;
  /** One run may take this long; then its signal aborts with `timed_out`. */
  timeoutMs(config: Settings): number;
  /**
   * A job of the kind whose caller named no `expiresAt` expires so long after it was due (accepted, `runAt`, or run
   * again by hand). The kind's processor judges that by itself, by `job.expiresAt`: a mail that reached some of its
   * recipients has not simply expired.
   */
  expiresAfterMs?: number;
  /**
   * `json`: a JSON body, by `upload.jsonField` also as a form with files. `upload`: multipart or raw body. `none`: no
   * POST.
   */
  accepts: 'json' | 'upload' | 'none';
  upload?: UploadRules<Input, Settings>;
  /** What a person knows a job by, in pages and listings; undefined where the input says nothing. Kept with the job. */
  title?(input: Input, uploads: Record<string, StoredFile>): string | undefined;
  /**
   * What a job is about, for people who look for it: its file's name, its recipients. Kept with the job, shortened to
   * 300 bytes.
   */
  facts?(input: Input, uploads: Record<string, StoredFile>): JobFacts;
  /** Many jobs in one request: `POST /v1/<kind>/<path>` with a list of up to `max` inputs in `field`. */
  batch?: BatchRules;
  /** What a caller's key does not allow of an input, as faults of fields; without it, every key may post any input. */
  permit?: (input: Input, key: KeyLimits) => FieldError[];
  /** Shared fields that the kind uses for something of its own (mail has its own `subject`), or has no use for. */
  ownFields?: readonly string[];
  /**
   * Whether a field with the name of a shared one is meant as the kind's own by its value (`metadata: "copyright"`).
   */
  isOwnField?: (name: string, value: unknown) => boolean;
  /** What others call the fields of the input, in lower case (`w` for `width`): a refusal asks whether that was meant. */
  fieldHints?: Readonly<Record<string, string>>;
  /** Fields of the input that no page may show, such as a password; the dashboard of the queues hides them. */
  secretFields?: readonly string[];
  /** Whose data the input is by itself (a mail's recipients): the job is found and erased by each, as by `subject`. */
  subjects?: (input: Input) => string[];
  /** False where a run must not be broken off to let another caller go first: what it sends might be sent twice. */
  mayGiveWay?: false;
  /**
   * Set where a run does what others see, and nothing takes back: a copy of the deployment does not run such a job.
   * `fieldsInDoubt` are those that say of a job that it may have been done by another deployment, since that moment (RFC
   * 3339); without them it is done once more, and those who see it twice can tell.
   */
  outward?: { fieldsInDoubt?: (since: string) => Record<string, string> };
  /** Whether a completed job may be run again (a callback may be sent once more). */
  retryCompleted?: boolean;
  /**
   * Whether nobody knows of a job with that result whether it did what it was to. It keeps its input: a person may have it
   * done once more.
   */
  isInDoubt?: (result: Result) => boolean;
  /**
   * What a completed job shows beside its result, made each time it is shown from it, the addresses of its files, and what
   * was heard of it since (LATER_FIELD).
   */
  present?: (result: Result, urlOf: (file: string) => string, later?: unknown) => Record<string, unknown>;
  /** The same of a failed job: what its error says otherwise, after what was heard since. */
  presentError?: (error: Problem, later: unknown) => Partial<Problem>;
  /** The name that people save a result file by, after its job's title (of an image its upload's name); undefined for the file's own. */
  savedAs?: (file: string, title: string) => string | undefined;
  /**
   * What is known to be wrong with a `callbackUrl` before it is resolved ("must not ..."), null for nothing; of the kind
   * that carries callbacks.
   */
  findCallbackFault?(url: string, config: Settings): string | null;
  /** The uploads and results of other jobs that the input names; each must be there, and the caller's, at POST. */
  references?: (input: Input) => FileReference[];
  /**
   * The name of the brand that the input asks for; it must be the caller's, or an operator's, at POST. Null where it asks for
   * none, undefined where it says nothing: then it has its key's own.
   */
  brandOf?: (input: Input) => string | null | undefined;
  /** Where a name that is no brand's is said, and how the sentence ends: of an input whose brand is a template's. */
  brandSource?: { pointer: string; end: string };
  /** What a brand may say in `words`; without it the kind has none of its own. */
  brandWords?: z.ZodType<Record<string, string>>;
  /**
   * The kind's templates: those of its own, and what fills those that callers have stored, loaded when one is. `partsIn`
   * lists the other stored templates that the texts of one may take in; with `showsBrand` they may show the brand of their job.
   */
  templates?: {
    builtIn: readonly string[];
    showsBrand?: true;
    partsIn?(body: TemplateBody): string[];
    load(): Promise<{ engine: TemplateEngine }>;
  };
  /**
   * The body of the job that makes the one file which a signed address (`/i/...`) leads to; only of a kind whose files are
   * made on demand too.
   */
  derive?(preset: string, source: DerivedSource): Record<string, unknown>;
  /** Most bytes of uploads that an input may name together, of a kind that takes no files itself. */
  attachedBytes?: number;
  /** The caller's secrets that this input names; each must be there at POST. */
  secretUses?: (input: Input) => SecretUse[];
  /** The media types of its result files, as `type-is` patterns; absent: it makes none that another job could need. */
  makes?: readonly string[];
  /**
   * Fields of the input whose texts are more than words: a value that is put into one must not become markup, name a secret, or
   * be a second mailbox (which may also come as `{name, address}`).
   */
  markup?: Readonly<Record<string, 'html' | 'markdown' | 'secrets' | 'mailbox'>>;
  /** Set where its jobs ask for other jobs, and end after them. */
  conducts?: ConductRules<Input>;
  /** The contract as the operator's settings make it, once at start; throws ConfigError when they are not usable. */
  configure?(config: Settings): JobContract<Input, Result, Settings>;
  /** A request body that works as it stands: docs, tests and benchmarks use it. */
  example: Record<string, unknown>;
}

/** Checks what types can't say and returns the contract as it is. */
export function defineJob<Input, Result, Settings extends Config = Config>(
  contract: JobContract<Input, Result, Settings>,
): JobContract<Input, Result, Settings> {
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
