import { AppError, toAppError } from '../errors.ts';

/** The sentence for who wanted something done, while Redis is away and nothing was sent to it, or nothing can run. */
export const REFUSED = 'The queue can not be reached at the moment. Nothing was accepted; try again in a moment.';
/** The sentence for who asked for something while Redis is away. */
export const UNAVAILABLE = 'The queue can not be reached at the moment; try again in a moment.';

/** Makes the error for a request that Redis can not serve now. */
export const queueUnavailable = (message = UNAVAILABLE, cause?: unknown): AppError =>
  new AppError('queue_unavailable', message, { cause, retryAfterSeconds: 1 });

/** An action was sent to Redis and not answered: nobody knows yet whether it was done. `job` is the id it is about. */
export class OutcomeUnknown extends AppError {
  constructor(message: string, job?: string) {
    super('outcome_unknown', message, { retryAfterSeconds: 5, ...(job === undefined ? {} : { job }) });
  }
}

/** The names and messages of ioredis' errors for commands that were sent: too late, or the connection is lost. */
const UNANSWERED = ['Command timed out', 'Connection is closed.', 'MaxRetriesPerRequestError', 'AbortError'];

/** What the messages of those begin with that were not sent: there is no connection, or no node of the cluster. */
const UNSENT = [
  "Stream isn't writeable",
  "Cluster isn't ready",
  'Failed to refresh slots cache',
  'None of startup nodes',
];

/**
 * Whether a command that failed may have run, or may run yet: it was sent, and neither Redis' refusal nor its answer
 * came back.
 */
export function mayHaveRun(cause: unknown): boolean {
  const { name, message } = factsOf(cause);
  return (
    UNANSWERED.includes(name) || UNANSWERED.includes(message) || message.startsWith('Too many Cluster redirections')
  );
}

/**
 * Classifies what a Redis command failed with, for who waits for it: queue_full when Redis says that its memory is full
 * (OOM), queue_unavailable with that sentence for its other refusals and when it is away; a fault of ours is `internal`.
 */
export function classifyRedisError(cause: unknown, message?: string): AppError {
  const { name, message: said } = factsOf(cause);
  if (/\bOOM\b/.test(said)) {
    return new AppError('queue_full', 'The queue has no memory left. Nothing was accepted; try again later.', {
      cause,
      retryAfterSeconds: 10,
    });
  }
  const isRedis = name === 'ReplyError' || mayHaveRun(cause) || UNSENT.some((text) => said.startsWith(text));
  return isRedis ? queueUnavailable(message, cause) : toAppError(cause);
}

function factsOf(cause: unknown): { name: string; message: string } {
  return cause instanceof Error ? { name: cause.name, message: cause.message } : { name: '', message: '' };
}
