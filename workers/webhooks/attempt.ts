import { now } from '../../src/clock.ts';
import { recordAttempt } from '../../src/delivery/attempt-log.ts';
import { type HostOutcome, isHostFailure } from '../../src/delivery/hosts.ts';
import { signWebhook } from '../../src/delivery/signature.ts';
import { AppError } from '../../src/errors.ts';
import type { GuardedFetch, PostAnswer } from '../../src/fetch/guarded-fetch.ts';
import type { RunContext, RunningJob } from '../../src/jobs/processor.ts';
import { classifyFetchFailure, classifyResponse } from './classify-response.ts';
import type { WebhookInput, WebhookResult } from './job.ts';

/** How an attempt ended: taken, or the error that it ended with; and what that says of the host. */
export type Attempted =
  | { outcome: HostOutcome; error: AppError }
  | { outcome: HostOutcome; error: null; result: WebhookResult };

/** What an attempt is made with. */
export interface AttemptDeps {
  post: GuardedFetch['post'];
  /** What is sent, and where. */
  body: string;
  url: string;
  timeoutMs: number;
  /** What it is signed with, the newest first. */
  secrets: readonly string[];
}

/** Sends a webhook once and records how that went. Throws the reason of the abort when the run is stopped. */
export async function attemptWebhook(
  job: RunningJob<WebhookInput>,
  context: RunContext,
  deps: AttemptDeps,
): Promise<Attempted> {
  const at = new Date();
  const ms = () => Date.now() - at.getTime();
  const answer = await postSigned(job, at, context.signal, deps).catch((thrown: unknown) => {
    // A run that is stopped writes nothing more: the job may be another worker's by now.
    context.signal.throwIfAborted();
    return classifyFetchFailure(thrown);
  });
  context.signal.throwIfAborted();
  if (answer instanceof AppError) {
    await recordAttempt(context, { at, attempt: job.attempt, error: answer.message, ms: ms() });
    return { outcome: answer.code === 'webhook_failed' ? 'failed' : 'stopped', error: answer };
  }
  const { status } = answer;
  const result = { status, attempts: job.attempt, ms: ms() };
  // What an inner host says is operators' alone: through the send log, callers would read the network.
  const said = { text: answer.text, isInner: !answer.isPublic };
  await recordAttempt(context, { at, attempt: job.attempt, status, ms: result.ms }, said);
  const leftMs = (job.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const error = classifyResponse(status, answer.headers['retry-after'], job.attempt, leftMs);
  return { outcome: isHostFailure(status) ? 'failed' : 'answered', error, result };
}

function postSigned(
  { id, traceparent }: RunningJob<WebhookInput>,
  sentAt: Date,
  signal: AbortSignal,
  { post, body, url, timeoutMs, secrets }: AttemptDeps,
): Promise<PostAnswer> {
  const signature = signWebhook(id, sentAt, body, secrets);
  const headers = { 'content-type': 'application/json', 'user-agent': 'Heavylift-Webhooks', ...signature };
  const trace = traceparent ? { traceparent } : {};
  return post(url, { headers: { ...headers, ...trace }, body, timeoutMs, signal });
}
