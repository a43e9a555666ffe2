import { AppError } from '../../src/errors.ts';
import { type Dependency, defineProcessor, type StatefulDeps } from '../../src/jobs/processor.ts';
import { closeAttachments } from './content/attachments.ts';
import { type ComposedMail, openComposer } from './content/compose.ts';
import { showMail } from './content/preview.ts';
import { findBounces } from './delivery/bounces.ts';
import { createBreaker } from './delivery/breaker.ts';
import { deliver } from './delivery/deliver.ts';
import type { Answers } from './delivery/recipient-answers.ts';
import { PROBE_MS, relayName } from './delivery/relay-options.ts';
import { judgeSmtpError } from './delivery/smtp-error.ts';
import { createThrottle } from './delivery/throttle.ts';
import { openTransport } from './delivery/transport.ts';
import { type EmailResult, emails } from './job.ts';

/** Says in the result who was left out, and why; who had an answer before is told by that. */
function withSuppressed(result: EmailResult, listed: ComposedMail['suppressed']): EmailResult {
  const final = [...result.accepted, ...result.rejected.filter(({ permanent }) => permanent)];
  const suppressed = listed.filter(({ address }) => !final.some((one) => one.address === address));
  if (suppressed.length === 0) return result;
  const rejected = result.rejected.filter(({ address }) => !suppressed.some((one) => one.address === address));
  return { ...result, rejected, suppressed, state: result.state === 'sent' ? 'partly' : result.state };
}

/** Every recipient is on the suppression list. */
function nobodyLeft(suppressed: ComposedMail['suppressed']): AppError {
  const reasons = suppressed.map(({ address, reason, messageStream }) => {
    return `${address} (${reason}${messageStream === null ? '' : `, ${messageStream}`})`;
  });
  const shown = reasons.length > 5 ? [...reasons.slice(0, 5), `${reasons.length - 5} more`] : reasons;
  const sentence = `Nothing was sent: every recipient is on the suppression list: ${shown.join('; ')}.`;
  return new AppError('recipient_suppressed', sentence);
}

/** Sends mails over one pool of connections for the process. */
export const createProcessor = defineProcessor(emails, ({ config, log, redis, jobKey }: StatefulDeps) => {
  const composer = openComposer(config, redis);
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
    async onAnswers(answers: Answers) {
      const bounces = findBounces(answers);
      await composer.suppressions.add(bounces).catch((err) => log.warn({ err }, 'a bounce was not written down'));
    },
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
      const mail = await composer.compose(job, context);
      const { message, suppressed } = mail;
      try {
        if (job.input.dryRun) return await showMail(mail, context);
        const leftOut = suppressed.map(({ address }) => address);
        const result = await deliver(delivery, job, context, message, leftOut);
        return { result: withSuppressed(result, suppressed), files: [] };
      } catch (error) {
        const isNobodyLeft = suppressed.length === message.envelope.to.length;
        // Somebody may have got the mail before; only when nobody did, it ends so.
        throw isNobodyLeft && error instanceof AppError && error.code === 'mail_refused'
          ? nobodyLeft(suppressed)
          : error;
      } finally {
        closeAttachments(mail.attachments);
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
      await composer.close();
    },
  };
});
