import type { Batch, Bodies, EndedJob, Filter, Job, JobOf, Kind, ResultFile, Upload } from '../types/api.d.ts';
import type { Opened, Options } from './connection.js';
import type { UploadOptions } from './uploads.js';
export type PostOptions = {
    /**
     * your own name for the request: sent again under it, it is the same job; one is made without it
     */
    idempotencyKey?: string;
    /**
     * the answer comes when the job has ended, or after so many seconds (30 at most)
     */
    wait?: number;
    signal?: AbortSignal;
};
/** In which field a batch has its entries. */
declare const ENTRIES: {
    images: string;
    reports: string;
    emails: string;
    calls: string;
};
/** Heavylift, as a caller has it: jobs, uploads, results. */
export declare class Heavylift {
    #private;
    /**
     * Opens no connection yet. Throws TypeError where no address is known.
     * @param {Options} [options]
     */
    constructor(options?: Options);
    /** Where Heavylift is. */
    get url(): string;
    /**
     * Asks any route and returns its JSON; null where the answer has none. A POST is asked again after a lost answer when it has an
     * `idempotencyKey`. Rejects with HeavyliftError.
     * @param {string} method
     * @param {string} path it begins with `/v1/`
     * @param {{ json?: unknown, idempotencyKey?: string, headers?: Record<string, string>, signal?: AbortSignal, repeatable?: boolean }} [request]
     * @returns {Promise<any>}
     */
    request(method: string, path: string, { idempotencyKey, ...request }?: {
        json?: unknown;
        idempotencyKey?: string;
        headers?: Record<string, string>;
        signal?: AbortSignal;
        repeatable?: boolean;
    }): Promise<any>;
    /**
     * Posts a job and returns it as soon as it is queued. Rejects with HeavyliftError.
     * @template {Kind} K
     * @param {K} kind
     * @param {Bodies[K]} body the fields of the kind
     * @param {PostOptions} [options]
     * @returns {Promise<JobOf<K>>}
     */
    post<K extends Kind>(kind: K, body: Bodies[K], options?: PostOptions): Promise<JobOf<K>>;
    /**
     * Posts an image.
     * @param {Bodies['images']} body
     * @param {PostOptions} [options]
     */
    images(body: Bodies['images'], options?: PostOptions): Promise<import("../types/api.d.ts").ImagesJob>;
    /**
     * Posts a report.
     * @param {Bodies['reports']} body
     * @param {PostOptions} [options]
     */
    reports(body: Bodies['reports'], options?: PostOptions): Promise<import("../types/api.d.ts").ReportsJob>;
    /**
     * Posts a mail.
     * @param {Bodies['emails']} body
     * @param {PostOptions} [options]
     */
    emails(body: Bodies['emails'], options?: PostOptions): Promise<import("../types/api.d.ts").EmailsJob>;
    /**
     * Posts a call of an API.
     * @param {Bodies['calls']} body
     * @param {PostOptions} [options]
     */
    calls(body: Bodies['calls'], options?: PostOptions): Promise<import("../types/api.d.ts").CallsJob>;
    /**
     * Posts a flow: jobs that need files of each other.
     * @param {Bodies['flows']} body
     * @param {PostOptions} [options]
     */
    flows(body: Bodies['flows'], options?: PostOptions): Promise<import("../types/api.d.ts").FlowsJob>;
    /**
     * Posts up to 500 jobs of one kind; `items` has what became of each. Rejects with HeavyliftError.
     * @template {keyof typeof ENTRIES} K
     * @param {K} kind
     * @param {readonly Bodies[K][]} entries
     * @param {PostOptions & { callbackUrl?: string }} [options]
     * @returns {Promise<Batch>}
     */
    batch<K extends keyof typeof ENTRIES>(kind: K, entries: readonly Bodies[K][], { callbackUrl, ...options }?: PostOptions & {
        callbackUrl?: string;
    }): Promise<Batch>;
    /**
     * Uploads a file for jobs to name: `{ upload: upload.id }`. It goes on where it was when the connection breaks. Rejects with
     * HeavyliftError.
     * @param {Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} file
     * @param {UploadOptions} [options]
     * @returns {Promise<Upload>}
     */
    upload(file: Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>, options?: UploadOptions): Promise<Upload>;
    /**
     * Sends what needs no file system.
     * @protected
     * @param {unknown} file
     * @param {UploadOptions} options
     * @param {import('./uploads.js').Source | null} [source]
     * @returns {Promise<Upload>}
     */
    protected sendFile(file: unknown, options: UploadOptions, source?: import('./uploads.js').Source | null): Promise<Upload>;
    /**
     * Returns a job in whatever state it is. Rejects with HeavyliftError.
     * @param {string | Job} job
     * @param {{ signed?: string, wait?: number, signal?: AbortSignal }} [options] `signed`: for how long the addresses of its
     *   files shall need no key (`15m`)
     * @returns {Promise<Job>}
     */
    job(job: string | Job, options?: {
        signed?: string;
        wait?: number;
        signal?: AbortSignal;
    }): Promise<Job>;
    /**
     * Lists the caller's jobs, the newest first, page by page as they are asked for. Rejects with HeavyliftError.
     * @param {Filter} [filter]
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {AsyncGenerator<Job, void>}
     */
    jobs(filter?: Filter, { signal }?: {
        signal?: AbortSignal;
    }): AsyncGenerator<Job, void>;
    /**
     * Waits until a job has completed, and returns it. Rejects with JobFailed where it failed or was cancelled, with TimedOut where
     * it has not ended in time, else with HeavyliftError.
     * @template {string | Job} J
     * @param {J} job
     * @param {{ timeout?: number, signal?: AbortSignal }} [options] `timeout`: milliseconds, any number without it
     * @returns {Promise<EndedJob<J>>}
     */
    wait<J extends string | Job>(job: J, { timeout, signal }?: {
        timeout?: number;
        signal?: AbortSignal;
    }): Promise<EndedJob<J>>;
    /**
     * Follows a job: yields it as it is, and at each change until it has ended, whatever its end. A connection that breaks is
     * taken up where it was. Rejects with HeavyliftError.
     * @param {string | Job} job
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {AsyncGenerator<Job, void>}
     */
    follow(job: string | Job, { signal }?: {
        signal?: AbortSignal;
    }): AsyncGenerator<Job, void>;
    /**
     * Begins to read a result file; the caller reads the body. Rejects with HeavyliftError.
     * @param {string | Job} job
     * @param {string | ResultFile} [file] which one of several
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Promise<Response>}
     */
    file(job: string | Job, file?: string | ResultFile, { signal }?: {
        signal?: AbortSignal;
    }): Promise<Response>;
    /**
     * Begins to read a result file, from a byte on where `range` says so.
     * @protected
     * @param {string | Job} job
     * @param {string | ResultFile | undefined} file
     * @param {{ headers?: Record<string, string>, signal?: AbortSignal }} options
     * @returns {Promise<Opened>}
     */
    protected openFile(job: string | Job, file: string | ResultFile | undefined, { headers, signal }: {
        headers?: Record<string, string>;
        signal?: AbortSignal;
    }): Promise<Opened>;
    /**
     * Cancels a job, wherever it is. Rejects with Conflict where it had ended.
     * @param {string | Job} job
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Promise<Job>}
     */
    cancel(job: string | Job, options?: {
        signal?: AbortSignal;
    }): Promise<Job>;
    /**
     * Runs a failed or cancelled job again. Rejects with Conflict where that can not be.
     * @param {string | Job} job
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Promise<Job>}
     */
    retry(job: string | Job, options?: {
        signal?: AbortSignal;
    }): Promise<Job>;
    /**
     * Erases a job with its files; one that runs is cancelled first. Rejects with NotFound where there is none.
     * @param {string | Job} job
     * @param {{ signal?: AbortSignal }} [options]
     * @returns {Promise<void>}
     */
    erase(job: string | Job, options?: {
        signal?: AbortSignal;
    }): Promise<void>;
}
export {};
