import { AppError } from '../errors.ts';

/** The sentence for a caller while Redis is away. */
export const UNAVAILABLE = 'The queue can not be reached at the moment. Nothing was accepted; try again in a moment.';

/** A command was sent and not answered: it may have run or not. */
export class AnswerLost extends AppError {
  constructor(cause: unknown) {
    super('queue_unavailable', UNAVAILABLE, { cause, retryAfterSeconds: 1 });
  }
}

/** Classifies a failed Redis command for the caller. OOM and MISCONF are Redis saying that memory or disk is full. */
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
