import type { SendMailOptions } from 'nodemailer';
import type { RunningJob } from '../../src/jobs/define.ts';
import type { Mailbox } from '../../src/mail-address.ts';
import type { OpenAttachment } from './attachments.ts';
import { type EmailInput, recipientsOf } from './input.ts';

/**
 * The mail as nodemailer takes it. Message-ID and Date follow from the job alone: a second run of the job sends
 * the same mail again, and receivers can tell that it is the same.
 */
export function createMessage(
  { id, createdAt, input }: RunningJob<EmailInput>,
  defaultFrom: Mailbox,
  attachments: OpenAttachment[],
): SendMailOptions & { messageId: string } {
  const from = input.from ?? defaultFrom;
  return {
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    date: createdAt,
    from,
    to: input.to,
    cc: input.cc,
    replyTo: input.replyTo,
    subject: input.subject,
    text: input.text,
    html: input.html,
    attachments,
    headers: input.headers,
    xMailer: false,
    // The envelope is ours and never read back from headers: no name or header can add a recipient, and bcc is in no header.
    envelope: {
      from: from.address,
      to: [...new Set(recipientsOf(input).map(({ address }) => address))],
    },
  };
}
