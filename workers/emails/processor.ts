import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { defineProcessor, type RunContext } from '../../src/jobs/define.ts';
import { parseMailbox } from '../../src/mail-address.ts';
import { closeAttachments, openAttachments } from './attachments.ts';
import { type EmailResult, emails } from './job.ts';
import { createMessage } from './message.ts';
import { answerOf, classifySmtpError, isPermanent } from './smtp-error.ts';
import { AnswerLostError, type MailTransport, openTransport } from './transport.ts';

/** The server took the mail for at least one recipient. */
function resultOf(info: SMTPPoolSentMessageInfo): EmailResult {
  const response = answerOf(info.response);
  const rejected = (info.rejectedErrors ?? []).map((error) => ({
    address: error.recipient ?? '',
    code: error.responseCode ?? null,
    response: answerOf(error.response),
    permanent: isPermanent(error.responseCode),
  }));
  return {
    messageId: info.messageId,
    accepted: info.accepted.map((address) => ({ address, response })),
    rejected,
    state: rejected.length > 0 ? 'partly' : 'sent',
  };
}

/** Hands the mail over and says what became of it. */
async function deliver(
  transport: MailTransport,
  message: ReturnType<typeof createMessage>,
  { signal, log }: RunContext,
): Promise<EmailResult> {
  try {
    return resultOf(await transport.send(message, signal));
  } catch (error) {
    if (error instanceof AnswerLostError) {
      // Sending it again could deliver it twice. So the result says what is known, and a person decides.
      log.warn({ err: error, messageId: message.messageId }, 'no answer to a mail that was handed over as a whole');
      return { messageId: message.messageId, accepted: [], rejected: [], state: 'unknown' };
    }
    signal.throwIfAborted();
    throw classifySmtpError(error);
  }
}

/** Sends mails over one pool of connections for the process. */
export const createProcessor = defineProcessor(emails, ({ config }) => {
  const sender = parseMailbox(config.MAIL_FROM);
  const transport = openTransport(config);
  return {
    async process(job, context) {
      context.signal.throwIfAborted();
      const attachments = await openAttachments(job, context);
      try {
        return { result: await deliver(transport, createMessage(job, sender, attachments), context), files: [] };
      } finally {
        closeAttachments(attachments);
      }
    },
    async close() {
      transport.close();
    },
  };
});
