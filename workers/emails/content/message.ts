import type { SendMailOptions } from 'nodemailer';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import { type EmailInput, recipientsOf } from '../input/mail.ts';
import type { OpenAttachment } from './attachments.ts';
import type { MailContent } from './render-content.ts';

/** A mail as nodemailer takes it; what the ledger, the log and the result read of it is always there. */
export type MailMessage = SendMailOptions & { messageId: string; envelope: { from: string; to: string[] } };

/** The parts of a mail beside its job. */
export interface MailParts {
  /** Where the job names no `from`. */
  sender: Mailbox;
  content: MailContent;
  attachments: OpenAttachment[];
  /** Null: the mail can't be unsubscribed from. */
  unsubscribeUrl: string | null;
}

/** RFC 8058: a mail program shows a button, and posts to the URL when it is pressed. */
const unsubscribeHeaders = (url: string): Record<string, string> => ({
  'List-Unsubscribe': `<${url}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

/**
 * Makes the mail as nodemailer takes it. Message-ID and Date follow from the job alone: a second run of the job sends
 * the same mail again, and receivers recognise it.
 */
export function createMessage(
  { id, createdAt, input }: RunningJob<EmailInput>,
  { sender, content, attachments, unsubscribeUrl }: MailParts,
): MailMessage {
  const from = input.from ?? sender;
  return {
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: createdAt,
    from,
    to: input.to,
    cc: input.cc,
    replyTo: input.replyTo,
    subject: content.subject,
    text: content.text,
    html: content.html,
    attachments,
    headers: { ...input.headers, ...(unsubscribeUrl === null ? {} : unsubscribeHeaders(unsubscribeUrl)) },
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    // The envelope is never read back from headers: no name or header can add a recipient, and bcc is in no header.
    envelope: {
      from: from.address,
      to: [...new Set(recipientsOf(input).map(({ address }) => address))],
    },
  };
}
