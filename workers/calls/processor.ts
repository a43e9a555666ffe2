import { now } from '../../src/clock.ts';
import { recordAttempt } from '../../src/delivery/attempt-log.ts';
import { createCallerSecrets } from '../../src/delivery/caller-secrets.ts';
import { createHosts, type HostOutcome } from '../../src/delivery/hosts.ts';
import { createWebhookSecrets } from '../../src/delivery/secrets.ts';
import { AppError } from '../../src/errors.ts';
import { createGuardedFetch } from '../../src/fetch/guarded-fetch.ts';
import { loadSender } from '../../src/fetch/send.ts';
import { defineProcessor, type RunContext, type RunningJob, type StatefulDeps } from '../../src/jobs/processor.ts';
import { openSecrets } from '../../src/signing/secret.ts';
import type { CallInput } from './input/call.ts';
import { calls } from './job.ts';
import { createRedactor } from './secrets/redact.ts';
import { attemptCall } from './sending/attempt.ts';
import { classifyUnknown } from './sending/classify.ts';
import { type CallLedger, type Flight, openLedger } from './sending/ledger.ts';
import { type PreparedCall, prepareCall } from './sending/prepare.ts';
import { createRates } from './sending/rates.ts';
import type { CallsConfig } from './settings.ts';

/** Makes calls, each over a connection of its own, at the rates that they name and within their hosts' shares. */
export const createProcessor = defineProcessor(calls, ({ config, redis, jobFields }: StatefulDeps<CallsConfig>) => {
  const { CALLS_ALLOW: allow = [], OWN_ADDRESSES: ownAddresses, CALLS_MAX_RESPONSE_BYTES: maxResponseBytes } = config;
  const fetch = createGuardedFetch({ allow, onlyHttps: true, ownAddresses });
  const deploymentSecrets = openSecrets(config);
  const secrets = {
    callerSecrets: createCallerSecrets(redis, deploymentSecrets),
    webhookSecrets: createWebhookSecrets(redis, deploymentSecrets),
  };
  const rates = createRates(redis, config.CALLS_CONCURRENCY);
  const hosts = createHosts({
    redis,
    kind: 'calls',
    places: config.CALLS_CONCURRENCY * config.CALLS_WORKERS,
    attemptMs: config.CALLS_TIMEOUT_SECONDS * 1000,
    // A key that is refused everywhere must not keep others from the host.
    restsByCaller: true,
  });

  /** Sends a call that has its turn; tells its host how it went, and the ledger where that is known. */
  const send = async ({ job, context, prepared, ledger }: Call, leave: Leave) => {
    const sending = await ledger.claim();
    if (ledger.inDoubt) await recordDoubt(ledger.inDoubt, context);
    leave.wasSent = true;
    const deps = { fetch, request: prepared.requestFor(sending), sending, maxResponseBytes };
    const attempted = await attemptCall(job, context, { ...deps, redactor: createRedactor(prepared.secrets) });
    // A held one stays in doubt until a person runs it again, also when this worker dies before it says so.
    if (attempted.isKnown || job.input.onUnknown === 'resend') await ledger.settle();
    leave.host = attempted.host;
    leave.wasSent = attempted.wasSent;
    if (attempted.error) throw attempted.error;
    return attempted.outcome;
  };

  return {
    async process(job, context) {
      const { id, caller, input, expiresAt } = job;
      if (expiresAt && expiresAt.getTime() <= now()) {
        throw new AppError('expired', `The call was not done by ${expiresAt.toISOString()}, when it became useless.`);
      }
      const ledger = await openLedger(jobFields, job);
      if (ledger.inDoubt && input.onUnknown === 'hold') {
        throw classifyUnknown(`Its worker ended while it was sent (${ledger.inDoubt.at}).`, input);
      }
      const prepared = await prepareCall(job, context, secrets);
      // Loading it takes time that would come between its turn and its sending.
      await loadSender();
      const turn = await rates.enter(job, context.signal);
      const leave: Leave = { host: 'stopped', wasSent: false };
      try {
        const sending = { id, caller, url: input.url, attemptMs: input.timeout };
        await hosts.enter(sending, false);
        try {
          return await send({ job, context, prepared, ledger }, leave);
        } finally {
          await hosts.leave(sending, leave.host);
        }
      } finally {
        await turn.leave(leave.wasSent);
      }
    },
  };
});

/** Adds an attempt to the job's log whose run could not. */
async function recordDoubt({ at, sending }: Flight, context: RunContext): Promise<void> {
  const error = 'Its worker ended before the answer was there.';
  await recordAttempt(context, { at: new Date(at), attempt: sending, ms: 0, error });
}

/** One run of one call, with all that it needs. */
interface Call {
  job: RunningJob<CallInput>;
  context: RunContext;
  prepared: PreparedCall;
  ledger: CallLedger;
}

/** What is told as a call leaves: how its host did, and whether anything was sent. */
interface Leave {
  host: HostOutcome;
  wasSent: boolean;
}
