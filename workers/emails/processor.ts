import { defineProcessor, type StatefulDeps } from '../../src/jobs/processor.ts';
import { closeAttachments } from './content/attachments.ts';
import { openComposer } from './content/compose.ts';
import { showMail } from './content/preview.ts';
import { createBreaker } from './delivery/breaker.ts';
import { deliver } from './delivery/deliver.ts';
import { createRelayHealth } from './delivery/relay-health.ts';
import { PROBE_MS, relayName } from './delivery/relay-options.ts';
import { createRelayWatch } from './delivery/relay-watch.ts';
import { createThrottle } from './delivery/throttle.ts';
import { openTransport } from './delivery/transport.ts';
import { emails } from './job.ts';
import type { EmailsConfig } from './settings.ts';

/** Sends mails over one pool of connections for the process. */
export const createProcessor = defineProcessor(
  emails,
  ({ config, log, redis, jobFields }: StatefulDeps<EmailsConfig>) => {
    const composer = openComposer(config, redis);
    const transport = openTransport(config);
    const relay = relayName(config);
    const health = createRelayHealth(createBreaker(redis, relay, PROBE_MS));
    const throttle = createThrottle({
      redis,
      jobFields,
      relay,
      relayRate: config.EMAILS_RATE,
      domainRate: config.EMAILS_RATE_PER_DOMAIN,
    });
    const delivery = { jobFields, transport, relay: health, throttle, suppressions: composer.suppressions };
    return {
      async process(job, context) {
        context.signal.throwIfAborted();
        const mail = await composer.compose(job, context);
        try {
          if (job.input.dryRun) return await showMail(mail, context);
          return { result: await deliver(delivery, job, context, mail), files: [] };
        } finally {
          closeAttachments(mail.attachments);
        }
      },
      check: createRelayWatch({ verify: transport.verify, health, relay, log }),
      dependency: health.lastSeen,
      drain: transport.drain,
      async close() {
        transport.close();
        await composer.close();
      },
    };
  },
);
