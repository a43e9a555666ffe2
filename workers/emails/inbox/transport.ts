import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { AnswerLostError, type MailTransport } from '../delivery/transport.ts';
import type { DkimKeys } from '../source/dkim-keys.ts';
import { openSource } from '../source/source.ts';
import type { Inbox } from './inbox.ts';
import { KEPT } from './kept.ts';
import { endsConnection, findRefusal, losesAnswer } from './misbehaviour.ts';

const TAKEN = `250 2.0.0 ${KEPT}`;

/**
 * Opens the way into the inbox, in the place of a relay: whole mails as a relay would get them, signed where the settings
 * say so. Recipients whose names ask for it are answered for as a mail server might.
 */
export function openInboxTransport(inbox: Pick<Inbox, 'add'>, keys: DkimKeys): MailTransport {
  return {
    delivery: 'inbox',
    async send(message, { signal, claim, job }) {
      signal.throwIfAborted();
      const { from, to } = message.envelope;
      const rejectedErrors = to.flatMap((address) => findRefusal(address) ?? []);
      const closing = rejectedErrors.find(endsConnection);
      if (closing) throw Object.assign(new Error(closing.response), closing);
      const accepted = to.filter((address) => !rejectedErrors.some(({ recipient }) => recipient === address));
      if (accepted.length === 0) throw Object.assign(new Error('no recipient was taken'), { rejectedErrors });
      await claim();
      const source = openSource(message, keys);
      const { messageId, subject, attachments = [] } = message;
      const record = {
        caller: job.caller,
        from,
        to: accepted,
        subject,
        messageId,
        attachmentCount: attachments.length,
      };
      await inbox.add(job.id, record, source, signal);
      if (accepted.some(losesAnswer)) throw new AnswerLostError('the connection broke after the mail');
      const rejected = rejectedErrors.map(({ recipient = '' }) => recipient);
      return {
        envelope: { from, to },
        messageId,
        accepted,
        rejected,
        rejectedErrors,
        response: TAKEN,
      } as SMTPPoolSentMessageInfo;
    },
    lowerConnections: () => false,
    verify: async () => {},
    drain: () => {},
    close: () => {},
  };
}
