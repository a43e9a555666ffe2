import type { Readable } from 'node:stream';
import { type AppError, toAppError } from '../../../src/errors.ts';
import { findRedirect, type GuardedFetch, type Limit, type OpenAnswer } from '../../../src/fetch/guarded-fetch.ts';
import type { Method } from '../../../src/fetch/send.ts';

/** Headers that another origin gets too when a redirect leads there: the others may be credentials. */
const FOR_EVERYBODY = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);
const OF_THE_BODY = ['content-type', 'content-length'];

/** A request as it is made; `openBody` opens its body, once for each address that it is sent to. */
export interface CallRequest {
  url: string;
  method: Method;
  /** Names in lower case. */
  headers: Record<string, string>;
  openBody: () => Promise<string | Readable | undefined>;
  redirects: number;
}

/**
 * How a request went: it was answered; it was not sent, since no connection came about (`network`) or its address is
 * refused; or the connection ended after it was sent, and nobody knows what became of it (`unknown`).
 */
export type Sent =
  | { state: 'answered'; answer: OpenAnswer }
  | { state: 'network' | 'refused' | 'unknown'; error: AppError };

/** Sends a request and follows its redirects, each address checked like the first; the limit is for all of it. */
export async function sendCall(
  request: CallRequest,
  limit: Limit,
  { open }: Pick<GuardedFetch, 'open'>,
): Promise<Sent> {
  let mayBeRead = false;
  const onConnect = () => {
    mayBeRead = true;
  };
  try {
    let next = request;
    for (let followed = 0; ; followed += 1) {
      const body = await next.openBody();
      const { url, method, headers } = next;
      const answer = await open(url, { method, headers, ...(body === undefined ? {} : { body }), onConnect }, limit);
      const target = followed < request.redirects ? findRedirect(answer, new URL(url)) : null;
      if (!target) return { state: 'answered', answer };
      answer.close();
      next = redirect(next, target, answer.status);
    }
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === 'internal') throw thrown;
    // An address that may not be called is never called, whatever was answered on the way there.
    if (!error.retryable) return { state: 'refused', error };
    return { state: mayBeRead ? 'unknown' : 'network', error };
  }
}

/** The request as it goes to where a redirect leads: with its body after 307 and 308 alone, unless it has none. */
function redirect(request: CallRequest, target: URL, status: number): CallRequest {
  const { url, method, headers } = request;
  const becomesGet = method !== 'HEAD' && (status === 303 || (status <= 302 && method === 'POST'));
  const isSameOrigin = target.origin === new URL(url).origin;
  const kept = Object.entries(headers).filter(
    ([name]) =>
      (isSameOrigin || FOR_EVERYBODY.has(name) || OURS.has(name)) && !(becomesGet && OF_THE_BODY.includes(name)),
  );
  return {
    ...request,
    url: target.href,
    headers: Object.fromEntries(kept),
    ...(becomesGet ? { method: 'GET', openBody: async () => undefined } : {}),
  };
}

/** What every request carries, wherever it goes. */
const OURS = new Set(['accept-encoding', 'content-length', 'idempotency-key', 'x-attempt']);
