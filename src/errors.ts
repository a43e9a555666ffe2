import type { MailRecipient } from './delivery/mail-recipient.ts';

/** What a job that can not run yet waits on: `pause` is its queue's, `slot` one of the few for heavy jobs. */
export const WAITING_ON = ['job', 'rate', 'relay', 'slot', 'quota', 'pause'] as const;
export type WaitingOn = (typeof WAITING_ON)[number];

/** The facts of an error that follow from its code. HTTP reads the status and the title, the worker the rest. */
interface ErrorFacts {
  status: number;
  /** Whether running the job again may help. */
  retryable: boolean;
  /** Shown above the error's sentence. */
  title: string;
  /** False where the job did nothing wrong: the run uses up none of its attempts. */
  usesAttempt?: false;
  /** True where no run could ever use the job's upload: it is removed with the failed job. */
  uploadUseless?: true;
  /** What the job waits on until its next run. */
  waitingOn?: WaitingOn;
}

/** Every way a request or a job can end badly. */
export const ERROR_CODES = {
  invalid_request: { status: 400, retryable: false, title: 'Invalid request' },
  unauthorized: { status: 401, retryable: false, title: 'Unauthorized' },
  token_expired: { status: 401, retryable: false, title: 'Upload token expired' },
  forbidden: { status: 403, retryable: false, title: 'Forbidden' },
  origin_refused: { status: 403, retryable: false, title: 'Origin refused' },
  token_used_up: { status: 403, retryable: false, title: 'Upload token used up' },
  not_found: { status: 404, retryable: false, title: 'Not found' },
  method_not_allowed: { status: 405, retryable: false, title: 'Method not allowed' },
  request_timeout: { status: 408, retryable: true, title: 'Request timeout' },
  conflict: { status: 409, retryable: false, title: 'Conflict' },
  upload_unfinished: { status: 409, retryable: true, title: 'Upload unfinished' },
  upload_taken_over: { status: 409, retryable: false, title: 'Upload taken over' },
  retry_useless: { status: 409, retryable: false, title: 'Retry useless' },
  result_expired: { status: 410, retryable: false, title: 'Result expired' },
  precondition_failed: { status: 412, retryable: false, title: 'Precondition failed' },
  payload_too_large: { status: 413, retryable: false, title: 'Payload too large' },
  unsupported_media_type: { status: 415, retryable: false, title: 'Unsupported media type' },
  range_not_satisfiable: { status: 416, retryable: false, title: 'Range not satisfiable' },
  image_unreadable: { status: 422, retryable: false, title: 'Image unreadable', uploadUseless: true },
  idempotency_mismatch: { status: 422, retryable: false, title: 'Idempotency mismatch' },
  size_unmet: { status: 422, retryable: false, title: 'Size not met' },
  report_failed: { status: 422, retryable: false, title: 'Report failed' },
  mail_refused: { status: 422, retryable: false, title: 'Mail refused' },
  template_failed: { status: 422, retryable: false, title: 'Template failed' },
  recipient_suppressed: { status: 422, retryable: false, title: 'Recipient suppressed' },
  source_unavailable: { status: 422, retryable: false, title: 'Source unavailable' },
  source_unreachable: { status: 503, retryable: true, title: 'Source unreachable' },
  webhook_refused: { status: 422, retryable: false, title: 'Webhook refused' },
  webhook_gone: { status: 422, retryable: false, title: 'Webhook gone' },
  webhook_failed: { status: 503, retryable: true, title: 'Webhook failed' },
  delivery_refused: { status: 422, retryable: false, title: 'Delivery refused' },
  delivery_failed: { status: 503, retryable: true, title: 'Delivery failed' },
  call_refused: { status: 422, retryable: false, title: 'Call refused' },
  call_failed: { status: 503, retryable: true, title: 'Call failed' },
  call_unknown: { status: 503, retryable: true, title: 'Call unknown' },
  flow_failed: { status: 503, retryable: true, title: 'Flow failed' },
  expired: { status: 422, retryable: false, title: 'Expired' },
  cancelled: { status: 409, retryable: false, title: 'Cancelled' },
  checksum_mismatch: { status: 460, retryable: true, title: 'Checksum mismatch' },
  rate_limited: { status: 429, retryable: true, title: 'Rate limited' },
  quota_exceeded: { status: 429, retryable: true, title: 'Quota exceeded' },
  queue_full: { status: 503, retryable: true, title: 'Queue full' },
  storage_full: { status: 507, retryable: true, title: 'Storage full', usesAttempt: false },
  outcome_unknown: { status: 503, retryable: true, title: 'Outcome unknown' },
  queue_unavailable: { status: 503, retryable: true, title: 'Queue unavailable' },
  storage_unavailable: { status: 503, retryable: true, title: 'Storage unavailable', usesAttempt: false },
  mail_relay_unavailable: {
    status: 503,
    retryable: true,
    title: 'Mail relay unavailable',
    usesAttempt: false,
    waitingOn: 'relay',
  },
  mail_sender_refused: {
    status: 503,
    retryable: true,
    title: 'Mail sender refused',
    usesAttempt: false,
    waitingOn: 'relay',
  },
  mail_deferred: { status: 503, retryable: true, title: 'Mail deferred' },
  mail_snoozed: { status: 503, retryable: true, title: 'Mail snoozed', usesAttempt: false },
  waiting_for_job: { status: 503, retryable: true, title: 'Waiting for a job', usesAttempt: false, waitingOn: 'job' },
  upload_missing: { status: 503, retryable: true, title: 'Upload missing', usesAttempt: false },
  later_version: { status: 503, retryable: true, title: 'Later version', usesAttempt: false },
  slots_full: { status: 503, retryable: true, title: 'Slots full', usesAttempt: false, waitingOn: 'slot' },
  timed_out: { status: 504, retryable: true, title: 'Timed out' },
  worker_lost: { status: 500, retryable: false, title: 'Worker lost' },
  worker_stalled: { status: 500, retryable: false, title: 'Worker stalled' },
  interrupted: { status: 503, retryable: true, title: 'Interrupted', usesAttempt: false },
  internal: { status: 500, retryable: true, title: 'Internal error' },
} as const satisfies Record<string, ErrorFacts>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One error in the caller's input: `pointer` is an RFC 6901 JSON pointer to the field. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/** A limit that a caller's jobs have come to. */
export interface QuotaLimit {
  name: 'waiting' | 'waitingBytes' | 'storedBytes' | 'unfinishedUploads';
  used: number;
  max: number;
}

/** What a called host answered, as far as it is kept. */
export interface CalledAnswer {
  status: number;
  /** The media type that it came with; null for none. */
  type: string | null;
  /** The beginning of its body, where that is text. */
  text: string;
}

export interface AppErrorOptions {
  /** The error behind it: logged, never shown. */
  cause?: unknown;
  /** The faulty fields of an `invalid_request`. */
  errors?: FieldError[];
  /** Seconds until trying again makes sense (HTTP `Retry-After`, the job's next attempt). */
  retryAfterSeconds?: number;
  /** Ids of the jobs whose end a `waiting_for_job` waits for. */
  waitingFor?: string[];
  /** The job, or the upload, that an `outcome_unknown` may have made. */
  job?: string;
  /** How many jobs match, where another number was expected. */
  count?: number;
  /** What the job waits on until its next run, where the code does not say it. */
  waitingOn?: WaitingOn;
  /** The limit that a `quota_exceeded` is about. */
  limit?: QuotaLimit;
  /** What the host of a call answered. */
  answer?: CalledAnswer;
  /** Set where the job is not run again by itself, although another run may help. */
  isFinal?: boolean;
  /** Set where no other try can end otherwise, whatever is so of the code. */
  isVain?: boolean;
  /** Set where the job shows it as its last error although the run was no attempt. */
  isKept?: boolean;
  /** What became of each recipient of a mail. */
  recipients?: MailRecipient[];
}

/**
 * An error with a public sentence: `message` says what failed, which field, which limit and how to mend it, and is
 * shown to the caller as it stands. The cause is for the log alone.
 */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly waitingFor: string[];
  readonly job: string | undefined;
  readonly limit: QuotaLimit | undefined;
  readonly count: number | undefined;
  readonly answer: CalledAnswer | undefined;
  readonly isFinal: boolean;
  private readonly isVain: boolean;
  readonly isKept: boolean;
  readonly recipients: MailRecipient[] | undefined;
  private readonly waitsOn: WaitingOn | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.waitingFor = options.waitingFor ?? [];
    this.job = options.job;
    this.limit = options.limit;
    this.count = options.count;
    this.answer = options.answer;
    this.isFinal = options.isFinal ?? false;
    this.isVain = options.isVain ?? false;
    this.isKept = options.isKept ?? false;
    this.recipients = options.recipients;
    this.waitsOn = options.waitingOn;
  }

  get status(): number {
    return this.facts.status;
  }

  get retryable(): boolean {
    return this.facts.retryable && !this.isVain;
  }

  get usesAttempt(): boolean {
    return this.facts.usesAttempt ?? true;
  }

  get uploadUseless(): boolean {
    return this.facts.uploadUseless ?? false;
  }

  get waitingOn(): WaitingOn | null {
    return this.waitsOn ?? this.facts.waitingOn ?? null;
  }

  private get facts(): ErrorFacts {
    return ERROR_CODES[this.code];
  }
}

/** Whether an error of that code leaves an upload that no run could ever use; false for a code that is none (any more). */
export const makesUploadUseless = (code: string): boolean =>
  (ERROR_CODES as Record<string, ErrorFacts | undefined>)[code]?.uploadUseless ?? false;

/** Any thrown value as an AppError: unknown ones become `internal`, with no detail of theirs in the sentence. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new AppError('internal', 'Something went wrong on our side. It has been logged.', { cause: thrown });
}

/** RFC 9457 problem details, plus `code`, `retryable` and (for bad input) `errors` with a JSON pointer each. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  retryable: boolean;
  errors?: FieldError[];
  /** The job that may have been made, and where it is then. */
  id?: string;
  links?: { self: string };
  /** The limit that the caller's jobs have come to. */
  limit?: QuotaLimit;
  /** How many jobs match, where another number was expected. */
  count?: number;
  /** What the host of a call answered. */
  answer?: CalledAnswer;
  /** What became of each recipient of a mail. */
  recipients?: MailRecipient[];
  /** The request that is answered with it; a stored one has none. */
  requestId?: string;
}

/** The address of a job, or of an upload, below the API's. */
export const addressOf = (id: string): string => `/v1/${id.startsWith('upd_') ? 'uploads' : 'jobs'}/${id}`;

/** Where a code is explained, below the address that others see. */
const PROBLEM_PATH = '/docs/errors#';

/**
 * The public face of an error, as it is stored with a failed job. Its `type` is relative: `addressProblem` completes it
 * where it is shown.
 */
export function toProblem(error: AppError): Problem {
  const { status, title } = ERROR_CODES[error.code];
  return {
    type: `${PROBLEM_PATH}${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    ...(error.errors ? { errors: error.errors } : {}),
    ...(error.limit ? { limit: error.limit } : {}),
    ...(error.count === undefined ? {} : { count: error.count }),
    ...(error.answer ? { answer: error.answer } : {}),
    ...(error.recipients ? { recipients: error.recipients } : {}),
    ...(error.job ? { id: error.job, links: { self: addressOf(error.job) } } : {}),
  };
}

/** The problem with the address of its explanation; `publicUrl` is the address that others see, without a slash. */
export const addressProblem = (problem: Problem, publicUrl: string): Problem => ({
  ...problem,
  type: `${publicUrl}${PROBLEM_PATH}${problem.code}`,
});
