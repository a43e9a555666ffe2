import { defineProcessor, type StatefulDeps } from '../../src/jobs/processor.ts';
import { closeAttachments } from './content/attachments.ts';
import { openComposer } from './content/compose.ts';
import { showMail } from './content/preview.ts';
import { assertNoBreaker, deliver } from './delivery/deliver.ts';
import { relayName } from './delivery/relay-options.ts';
import { openRoute } from './delivery/route.ts';
import { createThrottle } from './delivery/throttle.ts';
import { emails } from './job.ts';
import type { EmailsConfig } from './settings.ts';
import { readDkimKeys } from './source/dkim-keys.ts';

/** Sends mails over one pool of connections for the process, or keeps them in the inbox. */
export const createProcessor = defineProcessor(emails, (deps: StatefulDeps<EmailsConfig>) => {
  const { config, redis, jobFields } = deps;
  const composer = openComposer(config, redis);
  const keys = readDkimKeys(config);
  const { transport, relay, check, dependency } = openRoute(deps, keys);
  const throttle = createThrottle({
    redis,
    jobFields,
    relay: relayName(config),
    relayRate: config.EMAILS_RATE,
    domainRate: config.EMAILS_RATE_PER_DOMAIN,
  });
  const delivery = { jobFields, transport, relay, throttle, bounces: composer.bounces };
  return {
    async process(job, context) {
      context.signal.throwIfAborted();
      if (!job.input.dryRun) await assertNoBreaker(delivery, job, composer.senderOf(job.input));
      const mail = await composer.compose(job, context);
      try {
        if (job.input.dryRun) return await showMail(mail, { keys, spamd: config.EMAILS_SPAMD }, context);
        const result = await deliver(delivery, job, context, mail);
        return { result: mail.warnings.length > 0 ? { ...result, warnings: mail.warnings } : result, files: [] };
      } finally {
        closeAttachments(mail.attachments);
      }
    },
    check,
    dependency,
    drain: transport.drain,
    async close() {
      transport.close();
      await composer.close();
    },
  };
});
