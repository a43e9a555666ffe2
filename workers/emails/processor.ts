import { AppError } from '../../src/errors.ts';
import { type Dependency, defineProcessor } from '../../src/jobs/processor.ts';
import type { WorkerDeps } from '../../src/kinds/worker-deps.ts';
import { closeAttachments } from './content/attachments.ts';
import { openComposer } from './content/compose.ts';
import { assertNoBreaker, deliver } from './delivery/deliver.ts';
import { tellRecipients } from './delivery/result.ts';
import { openRoute } from './delivery/route.ts';
import { emails } from './job.ts';
import { showMail } from './preview/dry-run.ts';
import { openReceiver } from './receiver/open-receiver.ts';
import { createReturnPathWriter } from './returns/return-path.ts';
import type { EmailsConfig } from './settings.ts';
import { readDkimKeys } from './source/dkim-keys.ts';
import { openUnknownMails } from './unknown/unknown-mails.ts';

/** Sends mails over the process's pools of connections, one for each relay, or keeps them in the inbox. */
export const createProcessor = defineProcessor(emails, (deps: WorkerDeps<EmailsConfig>) => {
  const { config, redis, jobFields, findJob, tellEndpoints } = deps;
  const composer = openComposer(config, redis);
  const keys = readDkimKeys(config);
  const route = openRoute(deps, keys);
  const receiver = openReceiver(deps);
  const unknownMails = openUnknownMails(redis);
  const delivery = {
    ...{ jobFields, findJob, tellEndpoints, relaysFor: route.relaysFor, bounces: composer.bounces },
    writeReturnPath: createReturnPathWriter(config),
  };
  return {
    async process(job, context) {
      context.signal.throwIfAborted();
      if (!job.input.dryRun) await assertNoBreaker(delivery, job, composer.senderOf(job.input));
      const enterUnknown = async (error: unknown) => {
        if (isUnknown(error)) await unknownMails.add(job.id);
        throw error;
      };
      const mail = await composer.compose(job, context).catch(async (error: unknown) => {
        return enterUnknown(job.input.dryRun ? error : await tellRecipients(jobFields, job, error));
      });
      try {
        if (job.input.dryRun) return await showMail(mail, { keys, spamd: config.EMAILS_SPAMD }, context);
        const result = await deliver(delivery, job, context, mail).catch(enterUnknown);
        if (result.unknown) await unknownMails.add(job.id);
        return { result: mail.warnings.length > 0 ? { ...result, warnings: mail.warnings } : result, files: [] };
      } finally {
        closeAttachments(mail.attachments);
      }
    },
    async check() {
      receiver.check();
      await route.check();
    },
    dependency: () => withReceiver(route.dependency(), receiver.fault()),
    drain() {
      receiver.drain();
      route.drain();
    },
    async close() {
      route.close();
      await Promise.all([composer.close(), receiver.close()]);
    },
  };
});

/** Whether an error says of somebody that it is not known whether the mail arrived. */
const isUnknown = (error: unknown): boolean =>
  error instanceof AppError && (error.recipients ?? []).some(({ state }) => state === 'unknown');

/** What mails depend on, with what keeps us from receiving bounces. */
const withReceiver = (dependency: Dependency | null, why: string | null): Dependency | null =>
  dependency && why !== null
    ? { ...dependency, holds: [{ about: 'receiver', who: null, why }, ...(dependency.holds ?? [])] }
    : dependency;
