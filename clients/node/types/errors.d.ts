/** @import { Job, Problem } from '../types/api.d.ts' */
import type { Job, Problem } from '../types/api.d.ts';
export type ErrorFacts = Partial<Omit<Problem, 'code' | 'requestId'>> & {
    code?: string;
    requestId?: string | undefined;
    retryAfter?: number | null;
    cause?: unknown;
};
/**
 * What an error is made of, beside its sentence: members of the server's problem, and the client's own.
 * @typedef {Partial<Omit<Problem, 'code' | 'requestId'>> & { code?: string, requestId?: string | undefined, retryAfter?: number | null, cause?: unknown }} ErrorFacts
 */
/** What went wrong. `message` is a sentence for people, most often the server's own; `code` is for programs. */
export declare class HeavyliftError extends Error {
    /** To be compared by programs; the server's are at `/docs/errors`. */
    code: string;
    /** The status of the answer; 0 where there was none. */
    status: number;
    /** Each faulty field of the request: its JSON pointer, and what is wrong with it. */
    errors: {
        pointer: string;
        detail: string;
    }[];
    /** The name of the request, as it stands in the server's logs. */
    requestId: string | null;
    /** Whether the same may succeed later. */
    retryable: boolean;
    /** Of a quota that is used up: its name, what is used, and how much may be. */
    limit: {
        name: 'waiting' | 'waitingBytes' | 'storedBytes' | 'unfinishedUploads';
        used: number;
        max: number;
    } | null;
    /**
     * Makes an error of its sentence and of what is known beside it.
     * @param {string} message
     * @param {ErrorFacts} [facts]
     */
    constructor(message: string, { code, status, errors, cause, ...facts }?: ErrorFacts);
}
/** The request can not be used as it is: 400, 413, 415, 422 and the like. `errors` names the fields. */
export declare class InvalidRequest extends HeavyliftError {
}
/** The key does not hold (401), or may not do that (403). */
export declare class Unauthorized extends HeavyliftError {
}
/** There is no such thing (404), or it is gone (410, `result_expired`). */
export declare class NotFound extends HeavyliftError {
}
/** It does not fit what is there: 409, and 412 for a precondition that does not hold. */
export declare class Conflict extends HeavyliftError {
}
/** Something that passes: asked again later, it may succeed. */
declare class Passing extends HeavyliftError {
    /** So many seconds are worth waiting; null where the server did not say. */
    retryAfter: number | null;
    /**
     * Makes an error of its sentence and of what is known beside it.
     * @param {string} message
     * @param {ErrorFacts} [facts]
     */
    constructor(message: string, facts?: ErrorFacts);
}
/** Too many requests (`rate_limited`), or more than the key may have (`quota_exceeded`): 429. */
export declare class RateLimited extends Passing {
}
/** The server can not do it now (5xx), or gave no answer (`status` 0, `code` `no_answer`). */
export declare class Unavailable extends Passing {
}
/** A job has failed or was cancelled. `job` is all that is known of it. */
export declare class JobFailed extends HeavyliftError {
    /** The job. */
    job: Job;
    /**
     * Makes the error of a job that has ended without a result.
     * @param {Job} job
     */
    constructor(job: Job);
}
/** A job has not ended in the time that was given (`timed_out`); it goes on. */
export declare class TimedOut extends HeavyliftError {
}
/** A webhook that must not be trusted. */
export declare class WebhookRefused extends HeavyliftError {
    /**
     * Makes the error of its reason.
     * @param {string} reason
     */
    constructor(reason: string);
}
/**
 * Whether a request was certainly not done, so that it may be sent again whatever it is.
 * @param {HeavyliftError} error
 */
export declare const isRefused: ({ status, code }: HeavyliftError) => boolean;
/**
 * Reads an answer that is a refusal, and returns its error.
 * @param {Response} answer
 * @returns {Promise<HeavyliftError>}
 */
export declare function readError(answer: Response): Promise<HeavyliftError>;
export {};
