// @ts-check
/** @import { Batch, Bodies, EndedJob, Filter, Job, JobOf, Kind, ResultFile, Upload } from '../types/api.d.ts' */
/** @import { Opened, Options } from './connection.js' */
/** @import { UploadOptions } from './uploads.js' */
import { Connection, delay, pauseAfter, quoteKey } from './connection.js';
import { HeavyliftError, JobFailed, TimedOut, Unavailable } from './errors.js';
import { readEvents } from './events.js';
import { sendOnce, sendResumably, sourceOfBytes, sourceOfStream } from './uploads.js';

/**
 * How a job is posted.
 * @typedef {object} PostOptions
 * @property {string} [idempotencyKey] your own name for the request: sent again under it, it is the same job; one is made without it
 * @property {number} [wait] the answer comes when the job has ended, or after so many seconds (30 at most)
 * @property {AbortSignal} [signal]
 */

/** A server holds a request that waits for so long. */
const WAIT_SECONDS = 25;
/** A question that was not held is asked again after this. */
const ASK_EVERY_MS = 500;
/** A stream of events says something every 15 seconds. */
const SILENT_MS = 45_000;
/** So many streams in a row may end without a word. */
const MOST_BREAKS = 10;
const ENDED = ['completed', 'failed', 'cancelled'];
/** In which field a batch has its entries. */
const ENTRIES = { images: 'images', reports: 'reports', emails: 'messages', calls: 'calls' };

/** Heavylift, as a caller has it: jobs, uploads, results. */
export class Heavylift {
  #connection;

  /**
   * Opens no connection yet. Throws TypeError where no address is known.
   * @param {Options} [options]
   */
  constructor(options = {}) {
    this.#connection = new Connection(options);
  }

  /** Where Heavylift is. */
  get url() {
    return this.#connection.base;
  }

  /**
   * Asks any route and returns its JSON; null where the answer has none. A POST is asked again after a lost answer when it has an
   * `idempotencyKey`. Rejects with HeavyliftError.
   * @param {string} method
   * @param {string} path it begins with `/v1/`
   * @param {{ json?: unknown, idempotencyKey?: string, headers?: Record<string, string>, signal?: AbortSignal, repeatable?: boolean }} [request]
   * @returns {Promise<any>}
   */
  async request(method, path, { idempotencyKey, ...request } = {}) {
    if (idempotencyKey === undefined) return this.#connection.json(path, { ...request, method });
    const headers = { ...request.headers, 'Idempotency-Key': quoteKey(idempotencyKey) };
    return this.#connection.json(path, { repeatable: true, ...request, method, headers });
  }

  /**
   * Posts a job and returns it as soon as it is queued. Rejects with HeavyliftError.
   * @template {Kind} K
   * @param {K} kind
   * @param {Bodies[K]} body the fields of the kind
   * @param {PostOptions} [options]
   * @returns {Promise<JobOf<K>>}
   */
  post(kind, body, options) {
    return this.#post(`/v1/${kind}`, body, options);
  }

  /**
   * Posts an image.
   * @param {Bodies['images']} body
   * @param {PostOptions} [options]
   */
  images(body, options) {
    return this.post('images', body, options);
  }

  /**
   * Posts a report.
   * @param {Bodies['reports']} body
   * @param {PostOptions} [options]
   */
  reports(body, options) {
    return this.post('reports', body, options);
  }

  /**
   * Posts a mail.
   * @param {Bodies['emails']} body
   * @param {PostOptions} [options]
   */
  emails(body, options) {
    return this.post('emails', body, options);
  }

  /**
   * Posts a call of an API.
   * @param {Bodies['calls']} body
   * @param {PostOptions} [options]
   */
  calls(body, options) {
    return this.post('calls', body, options);
  }

  /**
   * Posts a flow: jobs that need files of each other.
   * @param {Bodies['flows']} body
   * @param {PostOptions} [options]
   */
  flows(body, options) {
    return this.post('flows', body, options);
  }

  /**
   * Posts up to 500 jobs of one kind; `items` has what became of each. Rejects with HeavyliftError.
   * @template {keyof typeof ENTRIES} K
   * @param {K} kind
   * @param {readonly Bodies[K][]} entries
   * @param {PostOptions & { callbackUrl?: string }} [options]
   * @returns {Promise<Batch>}
   */
  batch(kind, entries, { callbackUrl, ...options } = {}) {
    const body = { [ENTRIES[kind]]: entries, ...(callbackUrl === undefined ? {} : { callbackUrl }) };
    return this.#post(`/v1/${kind}/batch`, body, options);
  }

  /**
   * Posts JSON under an Idempotency-Key, so that it may be sent again.
   * @param {string} path
   * @param {unknown} json
   * @param {PostOptions} [options]
   */
  async #post(path, json, { idempotencyKey, wait, signal } = {}) {
    const headers = {
      'Idempotency-Key': quoteKey(idempotencyKey),
      ...(wait === undefined ? {} : { Prefer: `wait=${wait}` }),
    };
    return this.#connection.json(path, {
      method: 'POST',
      json,
      headers,
      repeatable: true,
      slack: 1000 * (wait ?? 0),
      signal,
    });
  }

  /**
   * Uploads a file for jobs to name: `{ upload: upload.id }`. It goes on where it was when the connection breaks. Rejects with
   * HeavyliftError.
   * @param {Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} file
   * @param {UploadOptions} [options]
   * @returns {Promise<Upload>}
   */
  upload(file, options = {}) {
    return this.sendFile(file, options);
  }

  /**
   * Sends what needs no file system.
   * @protected
   * @param {unknown} file
   * @param {UploadOptions} options
   * @param {import('./uploads.js').Source | null} [source]
   * @returns {Promise<Upload>}
   */
  async sendFile(file, options, source = sourceOfBytes(file)) {
    if (source) return sendResumably(this.#connection, source, options);
    const stream = /** @type {AsyncIterable<Uint8Array>} */ (file);
    if (typeof (/** @type {any} */ (file)?.[Symbol.asyncIterator]) !== 'function') {
      throw new TypeError('file must be a Blob, bytes or a stream of bytes; in Node a path will do.');
    }
    if (options.size === undefined) return sendOnce(this.#connection, stream, options);
    return sendResumably(this.#connection, sourceOfStream(stream, options.size), options);
  }

  /**
   * Returns a job in whatever state it is. Rejects with HeavyliftError.
   * @param {string | Job} job
   * @param {{ signed?: string, wait?: number, signal?: AbortSignal }} [options] `signed`: for how long the addresses of its
   *   files shall need no key (`15m`)
   * @returns {Promise<Job>}
   */
  job(job, options) {
    return this.#job(job, { ...options });
  }

  /**
   * Asks for a job.
   * @param {string | Job} job
   * @param {{ signed?: string, wait?: number, signal?: AbortSignal | undefined, patient?: boolean }} options
   * @returns {Promise<Job>}
   */
  #job(job, { signed, wait, signal, patient = false }) {
    const query = signed === undefined ? '' : `?signed=${encodeURIComponent(signed)}`;
    /** @type {Record<string, string>} */
    const headers = wait === undefined ? {} : { Prefer: `wait=${wait}` };
    return this.#connection.json(`${pathOf(job)}${query}`, { headers, signal, patient, slack: 1000 * (wait ?? 0) });
  }

  /**
   * Lists the caller's jobs, the newest first, page by page as they are asked for. Rejects with HeavyliftError.
   * @param {Filter} [filter]
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {AsyncGenerator<Job, void>}
   */
  async *jobs(filter = {}, { signal } = {}) {
    /** @type {string | null} */
    let cursor = null;
    do {
      const query = new URLSearchParams(cursor === null ? {} : { cursor });
      for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
      /** @type {{ jobs: Job[], cursor: string | null }} */
      const page = await this.#connection.json(`/v1/jobs?${query}`, { signal });
      yield* page.jobs;
      ({ cursor } = page);
    } while (cursor !== null);
  }

  /**
   * Waits until a job has completed, and returns it. Rejects with JobFailed where it failed or was cancelled, with TimedOut where
   * it has not ended in time, else with HeavyliftError.
   * @template {string | Job} J
   * @param {J} job
   * @param {{ timeout?: number, signal?: AbortSignal }} [options] `timeout`: milliseconds, any number without it
   * @returns {Promise<EndedJob<J>>}
   */
  async wait(job, { timeout = Number.POSITIVE_INFINITY, signal } = {}) {
    const over = Date.now() + timeout;
    for (;;) {
      const askedAt = Date.now();
      const left = Math.ceil((over - askedAt) / 1000);
      const found = await this.#job(job, { wait: Math.max(0, Math.min(WAIT_SECONDS, left)), signal, patient: true });
      if (found.state === 'completed') return /** @type {EndedJob<J>} */ (found);
      if (ENDED.includes(found.state)) throw new JobFailed(found);
      if (Date.now() >= over) {
        throw new TimedOut(`The job ${found.id} is still ${found.state}.`, { code: 'timed_out' });
      }
      if (Date.now() - askedAt < ASK_EVERY_MS) await delay(ASK_EVERY_MS, signal);
    }
  }

  /**
   * Follows a job: yields it as it is, and at each change until it has ended, whatever its end. A connection that breaks is
   * taken up where it was. Rejects with HeavyliftError.
   * @param {string | Job} job
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {AsyncGenerator<Job, void>}
   */
  async *follow(job, { signal } = {}) {
    let seen = '';
    for (let failures = 0; ; ) {
      /** @type {Opened} */
      const { answer, beat, close } = await this.#connection.open(`${pathOf(job)}/events`, {
        headers: { Accept: 'text/event-stream', ...(seen && { 'Last-Event-ID': seen }) },
        timeout: SILENT_MS,
        patient: true,
        signal,
      });
      try {
        if (answer.status === 204 || answer.body === null) return;
        for await (const { id, data } of readEvents(answer.body, beat)) {
          failures = 0;
          // The present state comes again after each break.
          if (id === seen) continue;
          seen = id;
          const now = /** @type {Job} */ (JSON.parse(data));
          yield now;
          if (ENDED.includes(now.state)) return;
        }
      } catch (error) {
        if (signal?.aborted || error instanceof HeavyliftError) throw signal?.reason ?? error;
      } finally {
        close();
      }
      failures += 1;
      const error = new Unavailable(`${this.url} ends the events of ${idOf(job)} again and again.`, {
        code: 'no_answer',
        retryable: true,
      });
      const pause = pauseAfter(error, failures);
      if (pause === null || failures >= MOST_BREAKS) throw error;
      await delay(pause, signal);
    }
  }

  /**
   * Begins to read a result file; the caller reads the body. Rejects with HeavyliftError.
   * @param {string | Job} job
   * @param {string | ResultFile} [file] which one of several
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Response>}
   */
  async file(job, file, { signal } = {}) {
    const { answer, close } = await this.openFile(job, file, { ...(signal && { signal }) });
    close();
    return answer;
  }

  /**
   * Begins to read a result file, from a byte on where `range` says so.
   * @protected
   * @param {string | Job} job
   * @param {string | ResultFile | undefined} file
   * @param {{ headers?: Record<string, string>, signal?: AbortSignal }} options
   * @returns {Promise<Opened>}
   */
  openFile(job, file, { headers = {}, signal }) {
    const path = typeof file === 'string' ? `files/${encodeURIComponent(file)}` : 'result';
    return this.#connection.open(typeof file === 'object' ? file.url : `${pathOf(job)}/${path}`, {
      headers: { Accept: '*/*', ...headers },
      follows: true,
      patient: true,
      signal,
    });
  }

  /**
   * Cancels a job, wherever it is. Rejects with Conflict where it had ended.
   * @param {string | Job} job
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Job>}
   */
  cancel(job, options) {
    return this.request('POST', `${pathOf(job)}/cancel`, { ...options, repeatable: true });
  }

  /**
   * Runs a failed or cancelled job again. Rejects with Conflict where that can not be.
   * @param {string | Job} job
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Job>}
   */
  retry(job, options) {
    return this.request('POST', `${pathOf(job)}/retry`, options);
  }

  /**
   * Erases a job with its files; one that runs is cancelled first. Rejects with NotFound where there is none.
   * @param {string | Job} job
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<void>}
   */
  async erase(job, options) {
    await this.request('DELETE', pathOf(job), options);
  }
}

/** @param {string | Job} job */
const idOf = (job) => (typeof job === 'string' ? job : job.id);

/**
 * Where a job is; a flow's own routes know more of it.
 * @param {string | Job} job
 */
function pathOf(job) {
  const id = idOf(job);
  return `/v1/${id.startsWith('flw_') ? 'flows' : 'jobs'}/${encodeURIComponent(id)}`;
}
