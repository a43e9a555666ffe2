import { z } from 'zod';
import { choiceField, flagField, lineField, listField, oneOrListField } from '../../../src/fields/fields.ts';
import {
  AddressError,
  type AddressRules,
  checkMailbox,
  type Mailbox,
  parseMailbox,
} from '../../../src/fields/mail-address.ts';
import { findStreamIssues, streamFields } from '../../../src/suppressions/stream.ts';
import { findPictureNames, LOGO_CID } from '../html.ts';
import { attachmentInput, decodedBytes, MAX_ATTACHMENTS, MAX_INLINE_BYTES } from './attachments.ts';
import { calendarInput } from './calendar.ts';
import { contentFields, findContentIssues } from './content-fields.ts';
import { headersInput } from './headers.ts';
import { MAX_RECIPIENTS, MAX_SUBJECT_LENGTH } from './limits.ts';

const ONE = 'must be an address like kari@example.no or Kari Nordmann <kari@example.no>';
const written = z.union([z.string(), z.strictObject({ name: z.string().optional(), address: z.string() })], ONE);
type Written = z.output<typeof written>;

/** Reads one address; what is wrong with it becomes an issue at `path`. */
function readMailbox(
  value: Written,
  path: number[],
  { context, rules = {} }: { context: z.core.$RefinementCtx; rules?: AddressRules },
): Mailbox {
  try {
    return typeof value === 'string' ? parseMailbox(value, rules) : checkMailbox(value, rules);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.addIssue({ code: 'custom', path, message: error.message });
    return z.NEVER;
  }
}

const mailbox = written.transform((value, context) => readMailbox(value, [], { context }));

const mailboxes = oneOrListField(written, MAX_RECIPIENTS, {
  what: 'addresses',
  sentence: `${ONE}, or a list of such`,
}).transform((value, context) => {
  const rules = { allowsLetters: true };
  if (!Array.isArray(value)) return [readMailbox(value, [], { context, rules })];
  return value.map((entry, index) => readMailbox(entry, [index], { context, rules }));
});

/** The body of `POST /v1/emails`; addresses come out as `{name, address}`, recipients as lists. */
export const emailInput = z
  .strictObject({
    from: mailbox.optional().meta({ description: 'Sender; without it the deployment’s EMAILS_FROM.' }),
    to: mailboxes.optional().meta({ description: 'One address or a list; at most 50 over to, cc and bcc.' }),
    cc: mailboxes.optional().meta({ description: 'Like `to`.' }),
    bcc: mailboxes.optional().meta({ description: 'Like `to`; no recipient sees it.' }),
    replyTo: mailbox.optional().meta({ description: 'Where answers go.' }),
    subject: lineField(MAX_SUBJECT_LENGTH)
      .optional()
      .meta({ description: 'One line. Needed, unless the template has a subject of its own.' }),
    ...contentFields,
    attachments: listField(attachmentInput, 0, MAX_ATTACHMENTS).default([]),
    calendar: calendarInput
      .optional()
      .meta({ description: 'An invitation: beside the text, where mail programs offer to answer it, and as a file.' }),
    onUnknown: choiceField('hold', 'resend')
      .default('hold')
      .meta({ description: 'When the connection ended before the answer: leave it at that, or send once more.' }),
    headers: headersInput
      .default({})
      .meta({ description: 'Further headers: X-..., List-Id, In-Reply-To and a few more.' }),
    ...streamFields,
    dryRun: flagField
      .optional()
      .meta({ description: 'True: nothing is sent; the result shows the mail as it would have been sent.' }),
  })
  .superRefine((mail, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const recipients = recipientsOf(mail).length;
    if (recipients === 0) refuse('to', 'must have at least one recipient (in to, cc or bcc)');
    if (recipients > MAX_RECIPIENTS) {
      const field = (mail.to?.length ?? 0) > MAX_RECIPIENTS / 2 ? 'to' : mail.cc ? 'cc' : 'bcc';
      refuse(field, `must have at most ${MAX_RECIPIENTS} recipients over to, cc and bcc; there are ${recipients}`);
    }
    for (const [field, message] of findContentIssues(mail)) refuse(field, message);
    for (const [field, message] of findStreamIssues(mail, recipients)) refuse(field, message);
    const inline = mail.attachments.map((entry) => ('content' in entry ? (decodedBytes(entry.content) ?? 0) : 0));
    const bytes = inline.reduce((sum, size) => sum + size, 0);
    if (bytes > MAX_INLINE_BYTES) {
      refuse('attachments', `must have at most ${MAX_INLINE_BYTES} bytes of content in all; there are ${bytes}`);
    }
    for (const [field, message] of findPictureIssues(mail)) refuse(field, message);
  });

/** A mail as it was accepted. */
export type EmailInput = z.output<typeof emailInput>;

/** Finds pictures that the HTML shows and no attachment brings, and two that go by one name. */
function findPictureIssues({ html = '', attachments }: Pick<EmailInput, 'html' | 'attachments'>): [string, string][] {
  const names = attachments.flatMap(({ cid }) => cid ?? []);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const missing = findPictureNames(html).find((name) => name !== LOGO_CID && !names.includes(name));
  return [
    ...(twice === undefined ? [] : [['attachments', `must have each cid once; "${twice}" is there twice`] as const]),
    ...(missing === undefined ? [] : [['html', `shows cid:${missing.slice(0, 64)}, which no attachment has`] as const]),
  ].map(([field, message]) => [field, message]);
}

/** Lists all recipients of a mail, in order of `to`, `cc`, `bcc`. */
export function recipientsOf(mail: {
  to?: Mailbox[] | undefined;
  cc?: Mailbox[] | undefined;
  bcc?: Mailbox[] | undefined;
}): Mailbox[] {
  return [...(mail.to ?? []), ...(mail.cc ?? []), ...(mail.bcc ?? [])];
}
