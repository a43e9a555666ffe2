import { createHash } from 'node:crypto';
import type { SendMailOptions } from 'nodemailer';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import { type EmailInput, recipientsOf } from '../input/mail.ts';
import { writeHeader } from '../source/headers.ts';
import { withCrlf } from '../source/line-ends.ts';
import { toPart } from './attachment-part.ts';
import type { OpenAttachment } from './attachments.ts';
import type { MailContent } from './render-content.ts';

/** A mail as nodemailer takes it; what the ledger, the log and the result read of it is always there. */
export type MailMessage = SendMailOptions & {
  messageId: string;
  date: Date;
  /** The sender that people see. */
  from: Mailbox;
  envelope: { from: string; to: string[] };
  /** The subject as people read it. */
  subject: string;
};

/** The parts of a mail beside its job. */
export interface MailParts {
  /** Whose mail it is. */
  sender: Mailbox;
  content: MailContent;
  attachments: OpenAttachment[];
  /** Null: the mail can't be unsubscribed from. */
  unsubscribeUrl: string | null;
  /** An address beside it that does the same (`mailto:`); null for none. */
  unsubscribeMailto: string | null;
}

/** RFC 8058: a mail program shows a button, and posts to the URL when it is pressed. */
const unsubscribeHeaders = (url: string, mailto: string | null): Record<string, string> => ({
  'List-Unsubscribe': mailto === null ? `<${url}>` : `<${url}>, <${mailto}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
});

/** A header whose value is written as it goes out; nodemailer folds it at its spaces. */
const written = (value: string) => ({ prepared: true, foldLines: true, value });

/** Writes the caller's headers. Of References nodemailer takes the bare text only, and changes nothing of it. */
const headersOf = (given: EmailInput['headers']) =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const text = writeHeader(name, value);
      return [name, name.toLowerCase() === 'references' ? text : written(text)];
    }),
  );

/** Spaces in a row would be folded into lines of nothing else, which is no mail any more (RFC 5322, 3.2.2). */
const named = ({ name, address }: Mailbox): Mailbox => ({ name: name.replace(/\s+/g, ' '), address });

/** An invitation goes beside the text, where mail programs offer to answer it, and as a file for all others. */
const invitationOf = ({ method, content }: NonNullable<EmailInput['calendar']>) => ({
  method,
  content: withCrlf(content),
  filename: 'invite.ics',
});

/**
 * Makes the mail as nodemailer takes it. It follows from the job alone, Message-ID, Date and what stands between its
 * parts too: a second run of the job sends the same bytes again, and receivers recognise them.
 */
export function createMessage(
  { id, createdAt, input }: RunningJob<EmailInput>,
  { sender, content, attachments, unsubscribeUrl, unsubscribeMailto }: MailParts,
): MailMessage {
  return {
    messageId: `<${id}@${sender.address.slice(sender.address.lastIndexOf('@') + 1)}>`,
    date: createdAt,
    from: named(sender),
    to: input.to?.map(named),
    cc: input.cc?.map(named),
    replyTo: input.replyTo && named(input.replyTo),
    subject: content.subject,
    text: content.text && withCrlf(content.text),
    html: content.html && withCrlf(content.html),
    attachments: attachments.map(toPart),
    ...(input.calendar === undefined ? {} : { icalEvent: invitationOf(input.calendar) }),
    headers: {
      ...headersOf(input.headers),
      ...(unsubscribeUrl === null ? {} : unsubscribeHeaders(unsubscribeUrl, unsubscribeMailto)),
    },
    baseBoundary: createHash('sha256').update(id).digest('hex').slice(0, 16),
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    // The envelope is never read back from headers: no name or header can add a recipient, and bcc is in no header.
    envelope: {
      from: sender.address,
      to: [...new Set(recipientsOf(input).map(({ address }) => address))],
    },
  };
}
