import { defineProcessor, type StatefulDeps } from '../../src/jobs/processor.ts';
import { closeAttachments } from './content/attachments.ts';
import { openComposer } from './content/compose.ts';
import { showMail } from './content/preview.ts';
import { assertNoBreaker, deliver } from './delivery/deliver.ts';
import { tellRecipients } from './delivery/result.ts';
import { openRoute } from './delivery/route.ts';
import { emails } from './job.ts';
import { createReturnPathWriter } from './returns/return-path.ts';
import type { EmailsConfig } from './settings.ts';
import { readDkimKeys } from './source/dkim-keys.ts';

/** Sends mails over the process's pools of connections, one for each relay, or keeps them in the inbox. */
export const createProcessor = defineProcessor(emails, (deps: StatefulDeps<EmailsConfig>) => {
  const { config, redis, jobFields } = deps;
  const composer = openComposer(config, redis);
  const keys = readDkimKeys(config);
  const { relaysFor, check, dependency, drain, close } = openRoute(deps, keys);
  const delivery = {
    ...{ jobFields, relaysFor, bounces: composer.bounces },
    writeReturnPath: createReturnPathWriter(config),
  };
  return {
    async process(job, context) {
      context.signal.throwIfAborted();
      if (!job.input.dryRun) await assertNoBreaker(delivery, job, composer.senderOf(job.input));
      const mail = await composer.compose(job, context).catch(async (error: unknown) => {
        throw job.input.dryRun ? error : await tellRecipients(jobFields, job, error);
      });
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
    drain,
    async close() {
      close();
      await composer.close();
    },
  };
});
