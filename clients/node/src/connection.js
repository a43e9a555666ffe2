// @ts-check
import { HeavyliftError, isRefused, readError, Unavailable } from './errors.js';
import { readSetting } from './settings.js';

/**
 * Where Heavylift is, and how it is asked.
 * @typedef {object} Options
 * @property {string} [url] where it is, with its path if it has one; HEAVYLIFT_URL without it
 * @property {string} [key] an API key or an upload token; HEAVYLIFT_KEY without it
 * @property {number} [timeout] milliseconds until an answer begins, and between two of its pieces; 60,000 without it
 * @property {number} [attempts] how often what gets no answer, or "not now", is asked in all; 5 without it
 * @property {typeof globalThis.fetch} [fetch] in place of the platform's own
 */

/**
 * One request.
 * @typedef {object} Request
 * @property {string} [method] GET without it
 * @property {Record<string, string>} [headers]
 * @property {unknown} [json] its body as JSON
 * @property {(beat: () => void) => { body: BodyInit, streams?: boolean }} [body] makes the body, anew for each attempt; `beat`
 *   says that it goes on
 * @property {number} [slack] milliseconds that it may take beside `timeout`
 * @property {boolean} [repeatable] whether it may be sent again when no answer came; as the method says without it
 * @property {number} [timeout]
 * @property {boolean} [patient] whether it is asked twice as often: a restart takes longer than a hiccup
 * @property {boolean} [follows] whether a redirect is followed, without the key: of files alone
 * @property {(answer: Response) => boolean} [accepts] whether an answer is one, beside those with 2xx
 * @property {AbortSignal | undefined} [signal]
 */

/**
 * An answer whose body is still to be read.
 * @typedef {object} Opened
 * @property {Response} answer
 * @property {() => void} beat says that a piece of the body has come; without one for `timeout` it is cut
 * @property {() => void} close lets go of the timer
 */

const REPEATABLE = ['GET', 'HEAD', 'PUT', 'DELETE'];
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
/** Who has to wait longer than that is told. */
const MOST_RETRY_AFTER_S = 60;
const MOST_REDIRECTS = 3;
/**
 * Node's fetch keeps a copy of a body, all of it, unless no redirect can want it again: 1 GB took 1.3 GB of memory, and takes 0.1 so.
 */
const STREAMING = /** @type {const} */ ({ duplex: 'half', redirect: 'error', window: null });

/** Asks the API: adds the key, repeats what may pass, and turns refusals into errors. */
export class Connection {
  #base;
  #key;
  #fetch;
  #timeout;
  #attempts;

  /**
   * Remembers where Heavylift is. Throws TypeError where no address is known.
   * @param {Options} options
   */
  constructor({ url, key, timeout = 60_000, attempts = 5, fetch = globalThis.fetch }) {
    this.#base = readBase(url ?? readSetting('HEAVYLIFT_URL'));
    this.#key = readKey(key ?? readSetting('HEAVYLIFT_KEY') ?? '');
    this.#fetch = fetch;
    this.#timeout = timeout;
    this.#attempts = attempts;
  }

  /** The address of Heavylift, without a slash at its end. */
  get base() {
    return this.#base;
  }

  /**
   * Asks and reads JSON; null where the answer has no body. Rejects with HeavyliftError, or with the reason of `signal`.
   * @param {string} path
   * @param {Request} [request]
   * @returns {Promise<any>}
   */
  async json(path, request = {}) {
    return this.#repeat(request, async () => {
      const { answer, close } = await this.#once(path, request);
      try {
        return readJson(await answer.text(), answer.status);
      } finally {
        close();
      }
    });
  }

  /**
   * Asks and returns the answer as soon as it begins. Rejects with HeavyliftError, or with the reason of `signal`.
   * @param {string} path
   * @param {Request} [request]
   * @returns {Promise<Opened>}
   */
  async open(path, request = {}) {
    return this.#repeat(request, () => this.#once(path, request));
  }

  /**
   * Does something until it succeeds, as often as the request may be sent.
   * @template T
   * @param {Request} request
   * @param {() => Promise<T>} ask
   * @returns {Promise<T>}
   */
  async #repeat({ method = 'GET', repeatable = REPEATABLE.includes(method), body, patient = false, signal }, ask) {
    const attempts = patient ? 2 * this.#attempts : this.#attempts;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask();
      } catch (thrown) {
        signal?.throwIfAborted();
        const error = thrown instanceof HeavyliftError ? thrown : noAnswer(this.#base, thrown);
        const pause = pauseAfter(error, attempt);
        // What was refused was certainly not done; a body of the caller's may be used up.
        const mayRepeat = repeatable || (!body && isRefused(error));
        if (!mayRepeat || attempt >= attempts || pause === null) throw error;
        await delay(pause, signal);
      }
    }
  }

  /**
   * Sends a request once.
   * @param {string} path
   * @param {Request} request
   * @returns {Promise<Opened>}
   */
  async #once(path, request) {
    const { timeout = this.#timeout, slack = 0, signal, follows = false } = request;
    const limit = createLimit(timeout + slack, signal);
    try {
      const url = this.#absolute(path);
      let answer = await this.#send(url, request, limit);
      for (let hop = 0; follows && isRedirect(answer) && hop < MOST_REDIRECTS; hop += 1) {
        answer = await this.#follow(url, answer, request, limit.signal);
      }
      if (isRedirect(answer)) {
        throw new HeavyliftError(
          `${this.#base} answered with a redirect, which is not followed: is the address right?`,
          {
            code: 'redirected',
            status: answer.status,
          },
        );
      }
      if (!answer.ok && !request.accepts?.(answer)) throw await readError(answer);
      return { answer, beat: limit.beat, close: limit.close };
    } catch (error) {
      limit.close();
      throw limit.isOver() ? new Error(`nothing came for ${timeout / 1000} s`, { cause: error }) : error;
    }
  }

  /**
   * The address of a path below ours (`/v1/jobs`), or of one as answers have it: whole, or from the root of the host.
   * @param {string} path
   */
  #absolute(path) {
    if (/^https?:\/\//.test(path)) return path;
    const { origin, pathname } = new URL(this.#base);
    if (pathname !== '/' && path.startsWith(`${pathname}/`)) return origin + path;
    return `${this.#base}/${path.replace(/^\/+/, '')}`;
  }

  /**
   * Sends a request to an address; the key goes to our own server alone.
   * @param {string} url
   * @param {Request} request
   * @param {{ signal: AbortSignal, beat: () => void }} limit
   * @returns {Promise<Response>}
   */
  #send(url, { method = 'GET', headers = {}, json, body }, { signal, beat }) {
    const isOurs = new URL(url).origin === new URL(this.#base).origin;
    const made = body?.(beat) ?? { body: json === undefined ? null : JSON.stringify(json), streams: false };
    const init = {
      method,
      headers: {
        Accept: 'application/json',
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
        ...(isOurs && this.#key ? { Authorization: `Bearer ${this.#key}` } : {}),
      },
      body: made.body,
      redirect: /** @type {const} */ ('manual'),
      signal,
      ...(made.streams ? STREAMING : {}),
    };
    return this.#fetch.call(globalThis, url, /** @type {RequestInit} */ (init));
  }

  /**
   * Goes where a redirect leads, without the key. A browser tells not where that is: it takes the key off by itself.
   * @param {string} url
   * @param {Response} answer
   * @param {Request} request
   * @param {AbortSignal} signal
   * @returns {Promise<Response>}
   */
  #follow(url, answer, { headers = {} }, signal) {
    if (answer.type === 'opaqueredirect') {
      /** @type {Record<string, string>} */
      const own = this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
      return this.#fetch.call(globalThis, url, { headers: { ...headers, ...own }, signal });
    }
    const target = new URL(answer.headers.get('location') ?? '', url);
    return this.#fetch.call(globalThis, target, { headers, redirect: 'manual', signal });
  }
}

/**
 * Reads the address of Heavylift.
 * @param {string | undefined} text
 * @returns {string}
 */
function readBase(text) {
  if (!text) throw new TypeError('url must say where Heavylift is, or HEAVYLIFT_URL must.');
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol)) throw new TypeError('url must be an http: or https: address.');
  if (url.username || url.password)
    throw new TypeError('url must have no name or password in it: give the key as key.');
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/**
 * Reads the key. What can not be sent is refused here: the error of a header would show it.
 * @param {string} text
 * @returns {string}
 */
function readKey(text) {
  const key = text.trim();
  if (!/^[\x21-\x7e]*$/.test(key)) throw new TypeError('key must be printable ASCII characters without spaces.');
  return key;
}

/**
 * Writes the value of Idempotency-Key, which is made where none is given. Throws TypeError at what no header can have.
 * @param {string} [key]
 * @returns {string}
 */
export function quoteKey(key = crypto.randomUUID()) {
  if (!/^[\x20-\x7e]+$/.test(key)) throw new TypeError('idempotencyKey must be printable ASCII characters.');
  return `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
}

/**
 * Reads the JSON of an answer; null where it has none. Throws HeavyliftError at anything else, such as a page of a proxy.
 * @param {string} text
 * @param {number} status
 */
function readJson(text, status) {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    throw new HeavyliftError('The answer is no JSON: does the url lead to Heavylift?', { code: 'not_json', status });
  }
}

/**
 * Whether an answer leads elsewhere. 304 does not.
 * @param {Response} answer
 */
const isRedirect = ({ type, status }) => type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);

/**
 * A limit for the time without a sign of life, together with the caller's own signal.
 * @param {number} timeout
 * @param {AbortSignal | undefined} signal
 */
function createLimit(timeout, signal) {
  const own = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const beat = () => {
    clearTimeout(timer);
    timer = setTimeout(() => own.abort(), timeout);
  };
  beat();
  return {
    signal: signal ? AbortSignal.any([own.signal, signal]) : own.signal,
    beat,
    close: () => clearTimeout(timer),
    isOver: () => own.signal.aborted,
  };
}

/**
 * The error of a request that got no answer, or half of one.
 * @param {string} base
 * @param {unknown} thrown
 */
function noAnswer(base, thrown) {
  const error = /** @type {Error & { cause?: Error & { code?: string } }} */ (thrown);
  const why = error.cause?.code ?? error.cause?.message ?? error.message;
  return new Unavailable(`${base} gave no answer: ${why}.`, { code: 'no_answer', retryable: true, cause: thrown });
}

/**
 * How many milliseconds to wait before the next attempt; null where there shall be none.
 * @param {HeavyliftError} error
 * @param {number} attempt
 * @returns {number | null}
 */
export function pauseAfter(error, attempt) {
  if (!error.retryable) return null;
  const asked = /** @type {Unavailable} */ (error).retryAfter ?? null;
  if (asked !== null && asked > MOST_RETRY_AFTER_S) return null;
  const grown = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  // Jitter: those who failed together do not come back together.
  return asked === null ? grown * (0.5 + Math.random() / 2) : asked * 1000 + grown * Math.random() * 0.25;
}

/**
 * Waits; rejects with the reason of the signal.
 * @param {number} ms
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<void>}
 */
export function delay(ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
