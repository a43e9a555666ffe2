import { now } from '../../src/clock.ts';
import { publicUrl } from '../../src/config/addresses.ts';
import { createHosts, type HostOutcome } from '../../src/delivery/hosts.ts';
import { createWebhookSecrets } from '../../src/delivery/secrets.ts';
import { createEndpoints } from '../../src/endpoints/store.ts';
import { AppError } from '../../src/errors.ts';
import { createGuardedFetch } from '../../src/fetch/guarded-fetch.ts';
import { NOW_FIELD } from '../../src/jobs/job-fields.ts';
import {
  defineProcessor,
  type Outcome,
  type RunContext,
  type RunningJob,
  type StatefulDeps,
} from '../../src/jobs/processor.ts';
import type { WorkerDeps } from '../../src/kinds/worker-deps.ts';
import { openSecrets } from '../../src/signing/secret.ts';
import { attemptWebhook } from './attempt.ts';
import { awaitBatch } from './await-batch.ts';
import { awaitEnd } from './await-end.ts';
import { describeFailure } from './classify-response.ts';
import { awaitDeliveries } from './deliveries/await-deliveries.ts';
import { deliver } from './deliveries/deliver.ts';
import { type WebhookInput, type WebhookResult, webhooks } from './job.ts';
import { findReceiver } from './receivers.ts';
import { inTurn } from './resend-line.ts';
import type { WebhooksConfig } from './settings.ts';

/** Sends webhooks, each over a connection of its own, once the end they tell of can be read. */
export const createProcessor = defineProcessor(
  webhooks,
  ({ config, redis, jobFields, findJob }: StatefulDeps<WebhooksConfig> & Pick<WorkerDeps, 'findJob'>) => {
    const { OWN_ADDRESSES: ownAddresses, DELIVER_ALLOW = [] } = config;
    const { post } = createGuardedFetch({ allow: config.WEBHOOKS_ALLOW ?? [], ownAddresses });
    const { open } = createGuardedFetch({ allow: DELIVER_ALLOW, onlyListed: true, ownAddresses });
    const deploymentSecrets = openSecrets(config);
    const base = publicUrl(config);
    const receiverDeps = {
      endpoints: createEndpoints(redis, deploymentSecrets),
      callers: createWebhookSecrets(redis, deploymentSecrets),
      shared: config.WEBHOOKS_SECRETS ?? [],
      pauseAfterMs: config.WEBHOOKS_PAUSE_AFTER,
    };
    const timeoutMs = config.WEBHOOKS_TIMEOUT_SECONDS * 1000;
    const places = config.WEBHOOKS_CONCURRENCY * config.WEBHOOKS_WORKERS;
    const hosts = createHosts({ redis, kind: 'webhooks', places, attemptMs: timeoutMs });
    // Many callers have buckets on one host: what fails for one of them keeps no file of another's back.
    const fileHosts = createHosts({ redis, kind: 'webhooks', places, attemptMs: timeoutMs, restsByCaller: true });
    const deliverDeps = { open, findJob, jobFields, hosts: fileHosts, secrets: deploymentSecrets, idleMs: timeoutMs };
    const send = async (job: RunningJob<WebhookInput>, given: RunContext): Promise<Outcome<WebhookResult>> => {
      const context = namingJob(given, job.input);
      if (job.input.deliver) return deliver(job, context, deliverDeps);
      await awaitEnd(job.input, job.createdAt, context);
      const body = job.input.body
        ? await awaitDeliveries(job, job.input.body, { findJob, jobFields })
        : await awaitBatch(job, context, { jobFields, base });
      if (job.expiresAt && job.expiresAt.getTime() <= now()) {
        throw new AppError('expired', 'The receiver did not take it in the time that a webhook has.');
      }
      const receiver = await findReceiver(job, receiverDeps);
      const [isAskedFor] = await jobFields.read(job.id, [NOW_FIELD]);
      if (isAskedFor) await jobFields.change(job.id, { set: { [NOW_FIELD]: null } });
      const sending = { id: job.id, caller: job.caller, url: receiver.url };
      await hosts.enter(sending, Boolean(isAskedFor));
      let outcome: HostOutcome = 'stopped';
      let failure: string | null = null;
      try {
        const attempted = await attemptWebhook(job, context, { post, body, timeoutMs, ...receiver });
        outcome = attempted.outcome;
        failure = attempted.error && describeFailure(attempted.error);
        const paused = await receiver.note(outcome, attempted.error);
        if (paused) context.log.warn({ endpoint: job.input.endpoint?.name, paused }, 'endpoint paused');
        if (attempted.error) throw attempted.error;
        return { result: attempted.result, files: [] };
      } finally {
        await hosts.leave(sending, outcome, { failure });
      }
    };
    return { process: (job, context) => inTurn(redis, job, context, () => send(job, context)) };
  },
);

/** Has each line of the log say which job the webhook tells of. */
const namingJob = (context: RunContext, { job }: WebhookInput): RunContext =>
  job === undefined ? context : { ...context, log: context.log.child({ tellsOf: job }) };
