import { AppError, type CalledAnswer } from '../../../src/errors.ts';
import { readRetryAfter } from '../../../src/fetch/retry-after.ts';
import type { CallInput } from '../input/call.ts';
import { isAmong } from '../input/statuses.ts';

/** Whether an answer of that status completes the call. */
export const isSuccess = (status: number, { success }: Pick<CallInput, 'success'>): boolean => isAmong(status, success);

/**
 * Makes the error that an answer ends an attempt with which is no success: call_failed where the call tries that again,
 * else call_refused, which is final. `leftMs` is what is left of the call's life.
 */
export function classifyAnswer(
  { input, host }: { input: Pick<CallInput, 'success' | 'retry' | 'redirects'>; host: string },
  answer: CalledAnswer,
  { retryAfter, leftMs }: { retryAfter: string | undefined; leftMs: number },
): AppError {
  const { status } = answer;
  if (isAmong(status, input.retry.on)) {
    const wait = putOff(readRetryAfter(retryAfter), leftMs);
    const options = wait === undefined ? { answer } : { answer, retryAfterSeconds: wait };
    return new AppError('call_failed', `${host} answered ${status}.`, options);
  }
  const isRedirect = status >= 300 && status <= 399 && status !== 304;
  const hint = !isRedirect
    ? ''
    : input.redirects === 0
      ? ' Redirects are not followed: give the final url, or redirects from 1 to 5.'
      : ` It redirects more than ${input.redirects} times.`;
  const wanted = input.success.join(', ');
  return new AppError('call_refused', `${host} answered ${status}; this call takes ${wanted}.${hint}`, { answer });
}

/** `Retry-After` puts the next attempt off, but not beyond the call's life: then there is one more attempt. */
function putOff(seconds: number | undefined, leftMs: number): number | undefined {
  if (seconds === undefined || seconds === 0) return undefined;
  return Math.min(seconds, Math.max(1, Math.floor(leftMs / 1000) - 5));
}

/** Makes the error of a request that was not sent: no connection came about, or its address may not be called. */
export function classifyUnsent(
  error: AppError,
  state: 'network' | 'refused',
  { retry }: Pick<CallInput, 'retry'>,
): AppError {
  const cause = error.cause ?? error;
  if (state === 'refused') return new AppError('call_refused', `url: ${error.message}`, { cause });
  const isFinal = !retry.on.includes('network');
  return new AppError('call_failed', error.message, { cause, isFinal });
}

/** Makes the error of a call that may have been done: it is sent again under the same key, or held. */
export function classifyUnknown(why: string, { onUnknown }: Pick<CallInput, 'onUnknown'>, cause?: unknown): AppError {
  const isFinal = onUnknown === 'hold';
  const next = isFinal
    ? 'It may have been done, and is not sent again by itself (onUnknown: hold).'
    : 'It may have been done; each sending has the same Idempotency-Key.';
  return new AppError('call_unknown', `${why} ${next}`, { cause, isFinal });
}
