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
