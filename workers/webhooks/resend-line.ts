import { resendLineKey } from '../../src/endpoints/keys.ts';
import { leaveLineScript, placeInLineScript } from '../../src/endpoints/scripts/resend-line.ts';
import { AppError, type ErrorCode } from '../../src/errors.ts';
import type { RunContext, RunningJob } from '../../src/jobs/processor.ts';
import { queueKey } from '../../src/redis/keys.ts';
import type { Redis } from '../../src/redis/script.ts';
import type { WebhookInput } from './job.ts';

const KIND = 'webhooks';
/** Who waits is let go by the one before it; where that one was lost, it looks again by itself after this. */
const FIRST_LOOK_SECONDS = 15;
/** The further behind, the later. */
const LOOK_SECONDS_EACH = 0.5;
/** An attempt that was not made: the webhook keeps its place. */
const NOT_MADE: readonly ErrorCode[] = ['slots_full', 'waiting_for_job', 'interrupted'];

/**
 * Does the work of a webhook in its turn: those that an endpoint is sent again go one after the other, in the order of
 * their events, each once the attempt of the one before it was made. Throws slots_full for one whose turn has not come;
 * others go at once.
 */
export async function inTurn<T>(
  redis: Redis,
  { id, caller, input }: RunningJob<WebhookInput>,
  { log }: Pick<RunContext, 'log'>,
  work: () => Promise<T>,
): Promise<T> {
  if (!input.endpoint) return work();
  const line = resendLineKey(caller, input.endpoint.name);
  const leave = () =>
    leaveLineScript(redis, [line, queueKey(KIND, 'delayed')], [id, queueKey(KIND, ''), '']).catch((err) =>
      log.warn({ err }, 'the next webhook was not let go; it looks by itself'),
    );
  const before = Number(await placeInLineScript(redis, [line], [id, queueKey(KIND, '')]));
  if (before > 0) {
    throw new AppError('slots_full', `${before} webhooks that are sent again go before this one.`, {
      retryAfterSeconds: FIRST_LOOK_SECONDS + before * LOOK_SECONDS_EACH,
    });
  }
  try {
    const done = await work();
    await leave();
    return done;
  } catch (thrown) {
    if (!(thrown instanceof AppError && NOT_MADE.includes(thrown.code))) await leave();
    throw thrown;
  }
}
