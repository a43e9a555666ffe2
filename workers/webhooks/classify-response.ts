import { AppError, toAppError } from '../../src/errors.ts';
import { readRetryAfter } from '../../src/fetch/retry-after.ts';
import { SCHEDULE_MS } from './job.ts';

/**
 * Classifies the receiver's answer: null when it took the webhook, else the error that ends this attempt. Every status
 * but 410 may pass, also those that blame the sender: a wrong route is mended by the receiver's next release. `leftMs`
 * is what is left of the webhook's life.
 */
export function classifyResponse(
  status: number,
  retryAfter: string | string[] | undefined,
  attempt: number,
  leftMs = Number.POSITIVE_INFINITY,
): AppError | null {
  if (status >= 200 && status <= 299) return null;
  if (status === 410) return new AppError('webhook_gone', 'The receiver answered 410: it wants no webhooks any more.');
  const hint = status >= 300 && status <= 399 ? ' Redirects are not followed: give the final URL.' : '';
  const retryAfterSeconds = laterThanScheduled(readRetryAfter(retryAfter), attempt, leftMs);
  return new AppError(
    'webhook_failed',
    `The receiver answered ${status}.${hint}`,
    retryAfterSeconds ? { retryAfterSeconds } : {},
  );
}

/**
 * `Retry-After` puts the next attempt off but never brings it closer: a receiver that says "1" for five minutes would
 * have used up all attempts by then. Half of the scheduled wait is the shortest that jitter makes of it. It puts none
 * off beyond the webhook's life, of which `leftMs` are left: then there is one more attempt.
 */
function laterThanScheduled(seconds: number | undefined, attempt: number, leftMs: number): number | undefined {
  const shortestMs = (SCHEDULE_MS[attempt - 1] ?? 0) / 2;
  if (seconds === undefined || seconds * 1000 <= shortestMs) return undefined;
  return Math.min(seconds, Math.max(1, Math.floor(leftMs / 1000) - 60));
}

/** Redirects that say where it is for good, and will say the same again. */
const MOVED: readonly number[] = [301, 308];
/** Answers of 4xx that say "not now". */
const PASSING: readonly number[] = [408, 425, 429];

/**
 * Classifies the answer to a file that was sent: null when it was taken; delivery_failed where another attempt may be taken;
 * else delivery_refused, as by an address that is not signed for it, or no longer.
 */
export function classifyDelivery(
  status: number,
  retryAfter: string | string[] | undefined,
  attempt: number,
  leftMs: number,
): AppError | null {
  if (status >= 200 && status <= 299) return null;
  const answer = { status, type: null, text: '' };
  const hint = status >= 300 && status <= 399 ? ' Redirects are not followed: give the final url.' : '';
  const isFinal = MOVED.includes(status) || (status >= 400 && status <= 499 && !PASSING.includes(status));
  if (isFinal) {
    return new AppError('delivery_refused', `The host answered ${status}: it does not take the file.${hint}`, {
      answer,
    });
  }
  const retryAfterSeconds = laterThanScheduled(readRetryAfter(retryAfter), attempt, leftMs);
  const options = retryAfterSeconds ? { answer, retryAfterSeconds } : { answer };
  return new AppError('delivery_failed', `The host answered ${status}.${hint}`, options);
}

/** Classifies why a file could not be sent: tried again, unless the address is one that nothing is sent to. */
export function classifyUnsentDelivery(thrown: unknown): AppError {
  const error = toAppError(thrown);
  if (!['source_unreachable', 'source_unavailable', 'invalid_request'].includes(error.code)) return error;
  const cause = error.cause ?? error;
  if (error.retryable) return new AppError('delivery_failed', error.message, { cause });
  return new AppError('delivery_refused', `The address can not be sent to: ${error.message}`, { cause });
}

/** Classifies an error that came before any answer: tried again, unless the URL is one that is never sent to. */
export function classifyFetchFailure(thrown: unknown): AppError {
  const error = toAppError(thrown);
  if (error.code === 'internal') return error;
  const cause = error.cause ?? error;
  if (error.retryable) return new AppError('webhook_failed', error.message, { cause });
  return new AppError('webhook_refused', `The address can not be sent to: ${error.message}`, { cause });
}

/** What an operator is told of a connection that failed, by the system's code; receivers are told less. */
const CONNECTION_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection is cut',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to its network',
};

/** Says in a few words why an attempt failed, for an operator. */
export function describeFailure(error: AppError): string {
  for (let cause: unknown = error.cause; cause; cause = (cause as { cause?: unknown }).cause) {
    const words = CONNECTION_WORDS[String((cause as { code?: unknown }).code)];
    if (words) return words;
  }
  return error.message;
}
