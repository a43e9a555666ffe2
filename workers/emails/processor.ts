import type { AppError } from '../../src/errors.ts';
import { type Dependency, defineProcessor, type StatefulDeps } from '../../src/jobs/define.ts';
import { parseMailbox } from '../../src/mail-address.ts';
import { closeAttachments, openAttachments } from './attachments.ts';
import { createBreaker } from './breaker.ts';
import { deliver } from './delivery.ts';
import { emails } from './job.ts';
import { createMessage } from './message.ts';
import { PROBE_MS, relayName } from './relay.ts';
import { judgeSmtpError } from './smtp-error.ts';
import { createThrottle } from './throttle.ts';
import { openTransport } from './transport.ts';

/** Sends mails over one pool of connections for the process. */
export const createProcessor = defineProcessor(emails, ({ config, log, redis, jobKey }: StatefulDeps) => {
  const sender = parseMailbox(config.MAIL_FROM);
  const transport = openTransport(config);
  const relay = relayName(config);
  let seen: Dependency | null = null;
  const onRelay = (fault: AppError | null) => {
    seen = {
      name: 'mail relay',
      ok: fault === null,
      detail: fault?.message ?? 'The mail relay takes mail.',
      seenAt: new Date().toISOString(),
    };
  };
  const delivery = {
    redis,
    jobKey,
    transport,
    onRelay,
    breaker: createBreaker(redis, relay, PROBE_MS),
    throttle: createThrottle(redis, {
      relay,
      relayRate: config.MAIL_RATE,
      domainRate: config.MAIL_RATE_PER_DOMAIN,
    }),
  };
  return {
    async process(job, context) {
      context.signal.throwIfAborted();
      const attachments = await openAttachments(job, context);
      try {
        return { result: await deliver(delivery, job, context, createMessage(job, sender, attachments)), files: [] };
      } finally {
        closeAttachments(attachments);
      }
    },
    async check() {
      try {
        await transport.verify();
        onRelay(null);
        log.info({ relay }, 'the mail relay answers');
      } catch (error) {
        const verdict = judgeSmtpError(error, []);
        const sentence = verdict.about === 'recipients' ? 'The mail relay takes no mail.' : verdict.error.message;
        log.warn({ relay, err: error }, `${sentence} Mails wait until that is mended`);
        if (verdict.about !== 'recipients') onRelay(verdict.error);
      }
    },
    dependency: () => seen,
    drain: transport.drain,
    async close() {
      transport.close();
    },
  };
});
