import { z } from 'zod';
import { type MailRecipient, mailRecipient } from '../../src/delivery/mail-recipient.ts';
import { defineJob } from '../../src/jobs/contract.ts';
import type { JobFacts } from '../../src/jobs/facts.ts';
import type { FileReference } from '../../src/jobs/files/file-reference.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import { SUPPRESSION_REASONS } from '../../src/suppressions/suppression.ts';
import { fieldsInDoubt } from './delivery/ledger.ts';
import { LIFETIME_MS, MAX_ATTEMPTS, SCHEDULE_MS } from './delivery/retry-schedule.ts';
import { type Attachment, MAX_ATTACHED_BYTES } from './input/attachments.ts';
import { TEMPLATE_NAMES } from './input/content-fields.ts';
import { type EmailInput, emailInput } from './input/mail.ts';
import { peopleIn } from './input/people.ts';
import { findSenderErrors } from './input/sender.ts';
import { addReturns, type Returns } from './returns/returns.ts';
import type { EmailsConfig } from './settings.ts';
import { partsIn } from './stored/parts.ts';

/** What is known of a mail after its delivery attempts. */
export const emailResult = z.object({
  messageId: z.string().meta({ description: 'The Message-ID header; the same in every attempt.' }),
  delivery: z
    .enum(['smtp', 'inbox'])
    .optional()
    .meta({ description: '`smtp`: handed to the relay; `inbox`: kept in the inbox, since SMTP_URL is not set.' }),
  recipients: z
    .array(mailRecipient)
    .meta({ description: 'What became of each recipient. Of a dry run: none. A failed mail has them in its `error`.' }),
  unknown: z
    .array(z.string())
    .optional()
    .meta({ description: 'With `state: unknown`: the recipients that may or may not have got the mail.' }),
  suppressed: z
    .array(
      z.object({
        address: z.string(),
        reason: z.enum(SUPPRESSION_REASONS),
        messageStream: z.string().nullable().meta({ description: 'The stream that is stopped; null: every mail.' }),
        at: z.iso.datetime(),
      }),
    )
    .optional()
    .meta({ description: 'Recipients that were left out: they are on the suppression list.' }),
  preview: z
    .object({
      from: z.string(),
      recipients: z.array(z.string()),
      subject: z.string(),
      text: z.string().nullable(),
      html: z.string().nullable(),
      spam: z
        .object({ score: z.number(), threshold: z.number(), rules: z.array(z.string()) })
        .optional()
        .meta({ description: 'What SpamAssassin made of it, where EMAILS_SPAMD names one.' }),
    })
    .optional()
    .meta({ description: 'Of a dry run: the mail as it would be sent. The whole of it is in the files.' }),
  warnings: z
    .array(z.object({ code: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'What a mail can be sent with and hardly should be, such as HTML that Gmail cuts.' }),
  state: z.enum(['sent', 'partly', 'unknown', 'preview']).meta({
    description:
      '`sent`: the mail server took it for every recipient, which is its word and no more; `partly`: for some; `preview`: a dry run; ' +
      '`unknown`: the whole mail was sent, but the connection ended before the server answered, so it may or may not ' +
      'have been taken; or it waited in a backup that was restored, and may have been sent before.',
  }),
});

export type EmailResult = z.infer<typeof emailResult>;

/** Mail: one message to at most 50 recipients, through the configured relay. */
export const emails = defineJob({
  kind: 'emails',
  idPrefix: 'eml',
  summary: 'Sends a mail, with attachments of its own or from other jobs.',
  input: emailInput,
  result: emailResult,
  present: presentResult,
  presentError: ({ recipients }, later) => (recipients ? { recipients: addReturns(recipients, later as Returns) } : {}),
  isInDoubt: ({ unknown = [] }) => unknown.length > 0,
  // The processor sets the time of the next attempt itself; the schedule is for errors that it does not classify.
  attempts: MAX_ATTEMPTS,
  mayGiveWay: false,
  templates: { builtIn: TEMPLATE_NAMES, showsBrand: true, partsIn, load: () => import('./stored/engine.ts') },
  outward: { fieldsInDoubt },
  backoff: { scheduleMs: SCHEDULE_MS },
  expiresAfterMs: LIFETIME_MS,
  timeoutMs: (config: EmailsConfig) => config.EMAILS_TIMEOUT_SECONDS * 1000,
  accepts: 'json',
  batch: { path: 'batch', field: 'messages', max: 500 },
  permit: findSenderErrors,
  title: titleOf,
  facts: factsOf,
  // A mail leaves no file that could be sent on.
  ownFields: ['subject', 'deliverTo'],
  brandOf: ({ brand }) => brand,
  subjects: peopleIn,
  markup: {
    ...{ html: 'html', markdown: 'markdown' },
    ...{ to: 'mailbox', cc: 'mailbox', bcc: 'mailbox', from: 'mailbox', replyTo: 'mailbox' },
  },
  references: ({ attachments }) => attachments.flatMap(referencesOf),
  attachedBytes: MAX_ATTACHED_BYTES,
  example: {
    to: ['Kari Nordmann <kari@example.no>'],
    subject: 'Rapporten er klar',
    text: 'Hei Kari!\n\nRapporten for oktober er klar.\n',
    html: '<p>Hei Kari!</p><p>Rapporten for <b>oktober</b> er klar.</p>',
  },
});

/** What an earlier version wrote of a mail's recipients. */
interface FormerResult {
  accepted?: { address: string; response: string }[];
  rejected?: { address: string; code: number | null; response: string; permanent: boolean }[];
  unknown?: string[];
  suppressed?: { address: string; at: string }[];
}

/** What is told of a recipient of whose answer nothing was kept. */
export const UNTOLD = {
  stage: null,
  command: null,
  code: null,
  status: null,
  response: null,
  class: null,
  at: null,
} as const;

/**
 * Shows the recipients with what came back of each since, also of a result that an earlier version wrote; a mail is unknown as
 * long as nothing was heard of somebody.
 */
function presentResult(result: EmailResult, _urlOf: unknown, later?: unknown): Partial<EmailResult> {
  if (later === undefined) return result.recipients === undefined ? { recipients: readFormerResult(result) } : {};
  const recipients = addReturns(result.recipients ?? readFormerResult(result), later as Returns);
  if (result.state !== 'unknown') return { recipients };
  const unknown = recipients.filter(({ state }) => state === 'unknown').map(({ address }) => address);
  if (unknown.length > 0) return { recipients, unknown };
  const hasAll = recipients.every(({ state }) => state === 'accepted' || state === 'delivered');
  return { recipients, unknown: undefined, state: hasAll ? 'sent' : 'partly' };
}

/** Lists the recipients of an ended mail with the last that is known of each; none of one that has not ended. */
export function shownRecipients({ outcome, error, later }: StoredJob): MailRecipient[] {
  const result = outcome?.result as EmailResult | undefined;
  if (result) return presentResult(result, undefined, later).recipients ?? result.recipients;
  return addReturns(error?.recipients ?? [], (later ?? {}) as Returns);
}

/** Reads the recipients of a result that an earlier version wrote. */
function readFormerResult(result: EmailResult): MailRecipient[] {
  const { accepted = [], rejected = [], unknown = [], suppressed = [] } = result as FormerResult;
  return [
    ...accepted.map((one) => ({ ...UNTOLD, ...one, state: 'accepted' as const })),
    ...rejected.map(({ permanent, ...one }) => {
      return { ...UNTOLD, ...one, state: permanent ? ('refused' as const) : ('deferred' as const) };
    }),
    ...unknown.map((address) => ({ ...UNTOLD, address, state: 'unknown' as const })),
    ...suppressed.map(({ address, at }) => ({ ...UNTOLD, address, at, state: 'suppressed' as const })),
  ];
}

/** The upload, or the other job, that an attachment names. */
function referencesOf(attachment: Attachment, index: number): FileReference[] {
  const place = `/attachments/${index}`;
  if ('job' in attachment) return [{ id: attachment.job, pointer: `${place}/job` }];
  if (!('upload' in attachment)) return [];
  const limit = { what: 'attached files', bytes: MAX_ATTACHED_BYTES };
  return [{ id: attachment.upload, pointer: `${place}/upload`, limit }];
}

/** A mail made of a template has its subject there. */
function titleOf({ subject, template, variables }: EmailInput): string | undefined {
  const texts = [subject, variables?.['title'], template];
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

/** The mail's subject, the first three of its recipients, and how many there are of more. */
function factsOf(mail: EmailInput): JobFacts {
  const subject = titleOf(mail);
  const recipients = recipientsOf(mail);
  return {
    ...(subject === undefined ? {} : { subject }),
    recipients: recipients.slice(0, 3),
    ...(recipients.length > 3 ? { recipientCount: recipients.length } : {}),
  };
}

const recipientsOf = ({ to = [], cc = [], bcc = [] }: EmailInput): string[] =>
  [...to, ...cc, ...bcc].map(({ address }) => address);
