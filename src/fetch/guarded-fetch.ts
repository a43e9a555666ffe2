import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { AppError } from '../errors.ts';
import { isPublicAddress } from './address.ts';
import { capBody, readStart, tooLarge } from './body.ts';
import { classifyFetchError } from './fetch-error.ts';
import { createGuard, type GuardOptions } from './guard.ts';
import { isOwnAddress, isOwnWebPort } from './own-addresses.ts';
import { readRetryAfter } from './retry-after.ts';
import { type Answer, sendRequest, type WireRequest } from './send.ts';
import { findUrlFault, portOf } from './url-shape.ts';

const MAX_REDIRECTS = 3;
const MAX_TEXT_BYTES = 2048;
/** The text of an answer to a POST is a courtesy: its status has come, and is not held up for long. */
const TEXT_TIMEOUT_MS = 2000;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** Answers that say "not now". */
const PASSING: readonly number[] = [408, 425, 429];

export interface GetOptions {
  /** Most bytes of the body; reading breaks off there. */
  maxBytes: number;
  /** For the whole: resolving, connecting, redirects and reading the body to its end. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** A file that is being fetched. `stream` breaks off with an AppError, or with the signal's reason. */
export interface FetchedFile {
  stream: Readable;
  /** The media type it was sent with, without parameters: a claim, nothing more. */
  type: string;
  /** Where it was found in the end. */
  finalUrl: string;
}

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** Until the answer's headers are there. */
  timeoutMs: number;
  signal: AbortSignal;
}

/** An answer of any status; `text` has the first 2 KB of its body. */
export interface PostAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Whether the open internet could have asked too: no entry of `allow` was needed. */
  isPublic: boolean;
}

/** An answer of any status whose body is still to be read. */
export interface OpenAnswer extends Answer {
  /** Whether the open internet could have asked too: no entry of `allow` was needed. */
  isPublic: boolean;
}

/**
 * The one way to get a URL that somebody else chose. Rejects with AppErrors: invalid_request (the URL's shape),
 * source_unavailable (refused, or for good), source_unreachable (another try may help), payload_too_large; and with the
 * signal's reason.
 */
export interface GuardedFetch {
  /** Opens a file; up to 3 redirects are followed, each checked like the first. */
  get(url: string, options: GetOptions): Promise<FetchedFile>;
  /** Sends a request and answers with its body still to come, for as long as the limit has; a redirect is an answer. */
  open(url: string, request: WireRequest, limit: Limit): Promise<OpenAnswer>;
  /** Posts a text; a redirect is an answer like any other. */
  post(url: string, options: PostOptions): Promise<PostAnswer>;
}

/** Makes the fetch; a bad entry of `allow` throws. */
export function createGuardedFetch(options: GuardOptions): GuardedFetch {
  const guard = createGuard(options);
  const isOpen = (address: string, port: number) =>
    isPublicAddress(address) && (isOwnWebPort(port) || !isOwnAddress(address, options.ownAddresses ?? []));

  const open = async (url: URL, request: WireRequest, limit: Limit): Promise<OpenAnswer> => {
    try {
      const addresses = await guard(url, limit.signal);
      const answer = await sendRequest(url, addresses, request, limit.signal);
      return { ...answer, isPublic: addresses.every(({ address }) => isOpen(address, portOf(url))) };
    } catch (thrown) {
      throw limit.explain(thrown, url.hostname);
    }
  };

  return {
    async get(text, { maxBytes, timeoutMs, signal }) {
      const limit = createLimit(timeoutMs, signal);
      const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Heavylift' };
      let url = readUrl(text);
      for (let redirects = 0; ; redirects += 1) {
        const answer = await open(url, { method: 'GET', headers }, limit);
        try {
          const next = findRedirect(answer, url);
          if (!next) return deliver(answer, url, maxBytes, limit);
          if (redirects === MAX_REDIRECTS) throw unavailable(`${url.hostname} redirects once too often.`);
          answer.close();
          url = next;
        } catch (error) {
          answer.close();
          throw error;
        }
      }
    },
    open: async (text, request, limit) => open(readUrl(text), request, limit),
    async post(text, { headers, body, timeoutMs, signal }) {
      const answer = await open(readUrl(text), { method: 'POST', headers, body }, createLimit(timeoutMs, signal));
      try {
        const { status, headers: answered, isPublic } = answer;
        const start = await readStart(answer.body, MAX_TEXT_BYTES, TEXT_TIMEOUT_MS);
        return { status, headers: answered, text: start, isPublic };
      } finally {
        answer.close();
      }
    },
  };
}

/** The caller's signal and the time limit as one, and how to tell afterwards which of them it was. */
export interface Limit {
  signal: AbortSignal;
  explain(thrown: unknown, host: string): Error;
}

/** Makes a limit that begins now; the caller's signal ends it too. */
export function createLimit(timeoutMs: number, signal: AbortSignal): Limit {
  const deadline = AbortSignal.timeout(timeoutMs);
  return {
    signal: AbortSignal.any([signal, deadline]),
    explain(thrown, host) {
      if (signal.aborted) return signal.reason as Error;
      if (!deadline.aborted) return classifyFetchError(thrown, host);
      return new AppError('source_unreachable', `${host} took longer than the limit of ${timeoutMs / 1000} seconds.`, {
        cause: thrown,
      });
    },
  };
}

const unavailable = (sentence: string) => new AppError('source_unavailable', sentence);

function readUrl(text: string): URL {
  const fault = findUrlFault(text);
  if (fault) throw new AppError('invalid_request', `The URL ${fault}.`);
  return new URL(text);
}

/** Where an answer sends us; null when it is no redirect. Throws source_unavailable for what is no web address. */
export function findRedirect({ status, headers }: Pick<Answer, 'status' | 'headers'>, from: URL): URL | null {
  if (!REDIRECTS.includes(status)) return null;
  const next = headers.location === undefined ? null : URL.parse(headers.location, from);
  if (!next || findUrlFault(next.href))
    throw unavailable(`${from.hostname} redirects to something that is no web page.`);
  return next;
}

function deliver(answer: Answer, url: URL, maxBytes: number, limit: Limit): FetchedFile {
  const { status, headers, body, close } = answer;
  const host = url.hostname;
  if (status >= 500 || PASSING.includes(status)) {
    const retryAfterSeconds = readRetryAfter(headers['retry-after']);
    throw new AppError(
      'source_unreachable',
      `${host} answered ${status}.`,
      retryAfterSeconds ? { retryAfterSeconds } : {},
    );
  }
  if (status < 200 || status > 299) throw unavailable(`${host} answered ${status}.`);
  // Small and compressed can be endless and unpacked; we asked for neither.
  if (!/^(identity)?$/i.test(String(headers['content-encoding'] ?? ''))) {
    throw unavailable(`${host} sent the file compressed, which was not asked for.`);
  }
  if (Number(headers['content-length']) > maxBytes) throw tooLarge(host, maxBytes);
  const explain = (thrown: unknown) => limit.explain(thrown, host);
  const type = String(headers['content-type'] ?? '')
    .split(';', 1)[0]
    ?.trim()
    .toLowerCase();
  return {
    stream: capBody(body, { host, maxBytes, explain, onClose: close }),
    type: type || 'application/octet-stream',
    finalUrl: url.href,
  };
}
