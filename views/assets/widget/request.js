// @ts-check

/**
 * Where to, as whom, and who is told.
 * @typedef {object} Access
 * @property {string} [url] The product's address; without it where this file came from.
 * @property {Token | null} [token] Without it the page's own cookie counts.
 * @property {AbortSignal | undefined} [signal]
 *
 * An upload token, or a function that answers one: it is asked before each request, and again with a token that was refused.
 * @typedef {string | ((why: { refused?: string }) => string | Promise<string>)} Token
 *
 * Why nothing is sent at the moment, and by the problem's code; null: it goes on.
 * @typedef {(reason: 'offline' | 'retrying' | 'later' | null, code?: string) => void} OnWait
 *
 * @typedef {{ status: number, json: any, header: (name: string) => string | null }} Answer
 */

export const BASE = new URL('.', import.meta.url).href;
/** So long nothing may be sent or come back. */
const IDLE_MS = 60_000;
const FAILURES = 10;
/** After so many failures it is looked whether the page may ask at all. */
const SILENCES = 3;
/** The origins that have answered this page. @type {Set<string>} */
const heard = new Set();

/** Why an upload or a request did not succeed: `code` is the problem's, or `network`, or `file_changed`. */
export class UploadError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ status?: number, retryable?: boolean, retryAfter?: number }} [more]
   */
  constructor(code, message, { status = 0, retryable = false, retryAfter = 0 } = {}) {
    super(message);
    this.name = 'UploadError';
    this.code = code;
    this.status = status;
    this.retryable = retryable;
    /** (s) */
    this.retryAfter = retryAfter;
  }
}

/** @param {Access} access @param {string} path */
export const addressOf = ({ url = BASE }, path) =>
  new URL(path, new URL(url.replace(/\/?$/, '/'), document.baseURI)).href;

export const randomKey = () =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');

/**
 * A request with the token, and once more with a fresh one where it has expired.
 * @param {Access} access
 * @param {string} method
 * @param {string} address
 * @param {{ headers: Record<string, string>, body?: Blob | string | null, onSent?: (sent: number) => void }} request
 */
export async function ask({ token, signal }, method, address, { headers, ...rest }) {
  for (let refused = ''; ; ) {
    const held = typeof token === 'function' ? await token(refused ? { refused } : {}) : token;
    const all = held ? { ...headers, Authorization: `Bearer ${held}` } : headers;
    try {
      return await request(method, address, { ...rest, headers: all, signal });
    } catch (error) {
      if (/** @type {UploadError} */ (error).status !== 401 || typeof token !== 'function' || refused) throw error;
      refused = String(held);
    }
  }
}

/**
 * @param {string} method
 * @param {string} address
 * @param {object} request
 * @param {Record<string, string>} request.headers
 * @param {Blob | string | null} [request.body]
 * @param {AbortSignal | undefined} [request.signal]
 * @param {(sent: number) => void} [request.onSent]
 * @returns {Promise<Answer>} Of a status below 400.
 */
function request(method, address, { headers, body = null, signal, onSent }) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let idle;
    const stop = () => xhr.abort();
    const watch = () => {
      clearTimeout(idle);
      idle = setTimeout(stop, IDLE_MS);
    };
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener('abort', stop);
    if (body && onSent) {
      xhr.upload.onprogress = ({ loaded }) => {
        watch();
        onSent(loaded);
      };
    }
    xhr.onloadend = () => {
      clearTimeout(idle);
      signal?.removeEventListener('abort', stop);
      if (signal?.aborted) return reject(signal.reason);
      const answer = { status: xhr.status, json: parse(xhr.responseText), header: xhr.getResponseHeader.bind(xhr) };
      if (xhr.status > 0) heard.add(new URL(address).origin);
      if (xhr.status >= 200 && xhr.status < 400) resolve(answer);
      else reject(toError(answer));
    };
    xhr.open(method, address);
    for (const [name, text] of Object.entries(headers)) xhr.setRequestHeader(name, text);
    watch();
    xhr.send(body);
  });
}

/** @param {string} text */
export function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {Answer} answer */
function toError({ status, json, header }) {
  if (status === 0) return new UploadError('network', 'The server could not be reached.', { retryable: true });
  const code = json?.code ?? (status === 413 ? 'payload_too_large' : `status_${status}`);
  const retryable = json?.retryable ?? ([408, 425, 429].includes(status) || status >= 500);
  const retryAfter = Number(header('Retry-After')) || 0;
  const message = json?.detail ?? `The server answered ${status}.`;
  return new UploadError(code, message, { status, retryable, retryAfter });
}

/**
 * Does the step again after what may pass, and first waits: as long as the server says, longer each time, and until
 * there is a connection.
 * @template T
 * @param {(progressed: () => void) => Promise<T>} step
 * @param {Access & { onWait?: OnWait | undefined }} options
 * @param {Blob} [file] What is read.
 * @returns {Promise<T>}
 */
export async function keepTrying(step, options, file) {
  const { signal, onWait } = options;
  let failures = 0;
  const progressed = () => {
    failures = 0;
  };
  for (;;) {
    try {
      return await step(progressed);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const error = /** @type {UploadError} */ (cause);
      const reason = reasonOf(error);
      if (reason !== 'offline') failures += 1;
      if (!error.retryable || failures > FAILURES) throw error;
      if (reason !== 'later') await assertPossible(options, { failures, file });
      onWait?.(reason, error.code);
      await pauseFor(reason === 'offline' ? 60_000 : pauseAfter(failures, error), signal);
      onWait?.(null);
    }
  }
}

/** @param {UploadError} error */
function reasonOf({ code }) {
  if (code !== 'network') return 'later';
  return navigator.onLine ? 'retrying' : 'offline';
}

/** @param {number} failures @param {UploadError} error @returns {number} (ms) */
const pauseAfter = (failures, { retryAfter }) =>
  Math.max(retryAfter * 1000, Math.min(30_000, 250 * 2 ** failures) * (0.75 + Math.random() / 2));

/**
 * Throws what no other try would mend, though it looks like a cut connection: a file that was changed or removed since it
 * was chosen can't be read; and a page that may not ask gets no answer, though the server is there.
 * @param {Access} access
 * @param {{ failures: number, file: Blob | undefined }} facts
 */
async function assertPossible(access, { failures, file }) {
  await file
    ?.slice(0, 1)
    .arrayBuffer()
    .catch(() => {
      throw new UploadError('file_changed', 'The file was changed or removed.');
    });
  const address = addressOf(access, 'heavylift-upload.js');
  if (failures !== SILENCES || heard.has(new URL(address).origin)) return;
  const answer = await fetch(address, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.ok) throw new UploadError('origin_refused', 'This page may not upload there.');
}

/** Ends early when the connection is back, or by the signal. @param {number} ms @param {AbortSignal} [signal] */
export function pauseFor(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal?.removeEventListener('abort', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal?.addEventListener('abort', done);
  });
}

/** Asks the page's own application for a token. @param {string} address @returns {Promise<string>} */
export async function fetchToken(address) {
  const options = /** @type {const} */ ({ cache: 'no-store', headers: { Accept: 'application/json' } });
  const answer = await fetch(new URL(address, document.baseURI), options).catch(() => null);
  const { token } = (answer?.ok && parse(await answer.text())) || {};
  if (token) return token;
  const retryable = !answer || answer.status >= 500;
  throw new UploadError(answer ? 'no_token' : 'network', 'No token for uploading could be had.', { retryable });
}
