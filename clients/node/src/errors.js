// @ts-check
/** @import { Job, Problem } from '../types/api.d.ts' */

/**
 * What an error is made of, beside its sentence: members of the server's problem, and the client's own.
 * @typedef {Partial<Omit<Problem, 'code' | 'requestId'>> & { code?: string, requestId?: string | undefined, retryAfter?: number | null, cause?: unknown }} ErrorFacts
 */

/** What went wrong. `message` is a sentence for people, most often the server's own; `code` is for programs. */
export class HeavyliftError extends Error {
  /**
   * Makes an error of its sentence and of what is known beside it.
   * @param {string} message
   * @param {ErrorFacts} [facts]
   */
  constructor(message, { code = 'internal', status = 0, errors = [], cause, ...facts } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    /** To be compared by programs; the server's are at `/docs/errors`. */
    this.code = code;
    /** The status of the answer; 0 where there was none. */
    this.status = status;
    /** Each faulty field of the request: its JSON pointer, and what is wrong with it. */
    this.errors = errors;
    /** The name of the request, as it stands in the server's logs. */
    this.requestId = facts.requestId ?? null;
    /** Whether the same may succeed later. */
    this.retryable = facts.retryable ?? false;
    /** Of a quota that is used up: its name, what is used, and how much may be. */
    this.limit = facts.limit ?? null;
  }
}

/** The request can not be used as it is: 400, 413, 415, 422 and the like. `errors` names the fields. */
export class InvalidRequest extends HeavyliftError {}

/** The key does not hold (401), or may not do that (403). */
export class Unauthorized extends HeavyliftError {}

/** There is no such thing (404), or it is gone (410, `result_expired`). */
export class NotFound extends HeavyliftError {}

/** It does not fit what is there: 409, and 412 for a precondition that does not hold. */
export class Conflict extends HeavyliftError {}

/** Something that passes: asked again later, it may succeed. */
class Passing extends HeavyliftError {
  /**
   * Makes an error of its sentence and of what is known beside it.
   * @param {string} message
   * @param {ErrorFacts} [facts]
   */
  constructor(message, facts = {}) {
    super(message, facts);
    /** So many seconds are worth waiting; null where the server did not say. */
    this.retryAfter = facts.retryAfter ?? null;
  }
}

/** Too many requests (`rate_limited`), or more than the key may have (`quota_exceeded`): 429. */
export class RateLimited extends Passing {}

/** The server can not do it now (5xx), or gave no answer (`status` 0, `code` `no_answer`). */
export class Unavailable extends Passing {}

/** A job has failed or was cancelled. `job` is all that is known of it. */
export class JobFailed extends HeavyliftError {
  /**
   * Makes the error of a job that has ended without a result.
   * @param {Job} job
   */
  constructor(job) {
    super(job.error?.detail ?? `The job ${job.id} is ${job.state}.`, { code: job.state, ...job.error });
    /** The job. */
    this.job = job;
  }
}

/** A job has not ended in the time that was given (`timed_out`); it goes on. */
export class TimedOut extends HeavyliftError {}

/** A webhook that must not be trusted. */
export class WebhookRefused extends HeavyliftError {
  /**
   * Makes the error of its reason.
   * @param {string} reason
   */
  constructor(reason) {
    super(`The webhook is refused: ${reason}.`, { code: 'webhook_refused', status: 400 });
  }
}

/** @type {Record<number, typeof HeavyliftError>} */
const BY_STATUS = {
  401: Unauthorized,
  403: Unauthorized,
  404: NotFound,
  409: Conflict,
  410: NotFound,
  412: Conflict,
  429: RateLimited,
};

const MAY_PASS = [408, 425, 429, 500, 502, 503, 504];

/**
 * Whether a request was certainly not done, so that it may be sent again whatever it is.
 * @param {HeavyliftError} error
 */
export const isRefused = ({ status, code }) => [429, 503].includes(status) && code !== 'outcome_unknown';

/** A problem is small; what is longer is none. */
const MOST_PROBLEM = 1_000_000;

/**
 * Reads an answer that is a refusal, and returns its error.
 * @param {Response} answer
 * @returns {Promise<HeavyliftError>}
 */
export async function readError(answer) {
  const { status, headers } = answer;
  const problem = await readProblem(answer);
  const facts = { ...problem, status, retryAfter: readRetryAfter(headers.get('retry-after')) };
  const Family = BY_STATUS[status] ?? (status >= 500 ? Unavailable : InvalidRequest);
  return new Family(problem?.detail ?? `The server answered ${status}.`, {
    ...facts,
    code: problem?.code ?? `http_${status}`,
    requestId: problem?.requestId ?? headers.get('x-request-id') ?? undefined,
    retryable: MAY_PASS.includes(status) && problem?.retryable !== false,
  });
}

/**
 * Reads a problem; null where the answer is none, such as the page of a proxy.
 * @param {Response} answer
 * @returns {Promise<Problem | null>}
 */
async function readProblem(answer) {
  if (!answer.headers.get('content-type')?.startsWith('application/problem+json')) {
    await answer.body?.cancel().catch(() => {});
    return null;
  }
  const text = await answer.text().catch(() => '');
  try {
    const problem = text.length > MOST_PROBLEM ? null : JSON.parse(text);
    return typeof problem?.detail === 'string' ? problem : null;
  } catch {
    return null;
  }
}

/**
 * Reads Retry-After, which has seconds or a date; null without one.
 * @param {string | null} text
 * @returns {number | null}
 */
function readRetryAfter(text) {
  if (text === null) return null;
  if (/^\d+$/.test(text)) return Number(text);
  const moment = Date.parse(text);
  return Number.isNaN(moment) ? null : Math.max(0, Math.ceil((moment - Date.now()) / 1000));
}
