import { AppError } from '../errors.ts';

/** What a caller hears while Redis is away. */
export const UNAVAILABLE = 'The queue can not be reached at the moment. Nothing was accepted; try again in a moment.';

/** Redis was asked and did not answer: what it was asked for may be done or not. */
export class AnswerLost extends AppError {
  constructor(cause: unknown) {
    super('queue_unavailable', UNAVAILABLE, { cause, retryAfterSeconds: 1 });
  }
}

/** A failed Redis command as the caller may know it. OOM and MISCONF are Redis saying that memory or disk is full. */
export function classifyRedisError(cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : '';
  if (/\bOOM\b/.test(message)) {
    return new AppError('queue_full', 'The queue has no memory left. Nothing was accepted; try again later.', {
      cause,
      retryAfterSeconds: 10,
    });
  }
  return new AnswerLost(cause);
}
