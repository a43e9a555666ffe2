import { createGuardedFetch, type PostAnswer } from '../../src/fetch/guarded-fetch.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import { classifyFetchFailure, classifyResponse } from './classify-response.ts';
import { type WebhookInput, webhooks } from './job.ts';
import { openWebhookSecrets, signWebhook } from './signature.ts';

/** Sends webhooks, each over a connection of its own. */
export const createProcessor = defineProcessor(webhooks, ({ config }) => {
  const { post } = createGuardedFetch({ allow: config.WEBHOOKS_ALLOW ?? [] });
  const secrets = openWebhookSecrets(config);
  const timeoutMs = config.WEBHOOKS_TIMEOUT_SECONDS * 1000;

  const postSigned = (job: RunningJob<WebhookInput>, sentAt: Date, signal: AbortSignal): Promise<PostAnswer> => {
    const { url, body } = job.input;
    const signature = signWebhook(job.id, sentAt, body, secrets);
    const headers = { 'content-type': 'application/json', 'user-agent': 'Heavylift-Webhooks', ...signature };
    const trace = job.traceparent ? { traceparent: job.traceparent } : {};
    return post(url, { headers: { ...headers, ...trace }, body, timeoutMs, signal });
  };

  return {
    async process(job, context) {
      const at = new Date();
      const ms = () => Date.now() - at.getTime();
      const answer = await postSigned(job, at, context.signal).catch(async (thrown: unknown) => {
        // A run that is stopped writes nothing more: the job may be another worker's by now.
        context.signal.throwIfAborted();
        const error = classifyFetchFailure(thrown);
        await record(context, { at, attempt: job.attempt, error: error.message, ms: ms() });
        throw error;
      });
      context.signal.throwIfAborted();
      const { status } = answer;
      const result = { status, attempts: job.attempt, ms: ms() };
      await record(context, { at, attempt: job.attempt, status, ms: result.ms });
      const error = classifyResponse(status, answer.headers['retry-after'], job.attempt);
      // The text is for the operator alone: through the job it would show callers what an inner host says.
      if (error) context.log.info({ status, text: answer.text.slice(0, 500) }, 'webhook not taken');
      if (error) throw error;
      return { result, files: [] };
    },
  };
});

/** Adds an attempt to the job's log. Never rejects: a missing line is no reason to send the webhook twice. */
async function record({ appendLog, log }: RunContext, { at, ...facts }: { at: Date } & Record<string, unknown>) {
  await appendLog({ at: at.toISOString(), ...facts }).catch((err) => log.warn({ err }, 'attempt not recorded'));
}
