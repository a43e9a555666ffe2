import type { Attachment, Email } from 'postal-mime';
import { MAX_DIAGNOSTIC, MAX_RECIPIENTS, type MailReport, type ReportedRecipient } from './mail-report.ts';
import { jobsIn, MAX_READ, returnPathsIn } from './names.ts';
import { readPlainBounce } from './plain-bounce.ts';
import { type FieldGroup, isAddress, readAddress, readFieldGroups, readTyped } from './report-fields.ts';

/** Headers by which servers say for whom a mail came. */
const RECEIVED_FOR = ['delivered-to', 'x-original-to', 'envelope-to', 'x-envelope-to', 'x-rcpt-to', 'to'];
/** Complaints; others are no person's "this is spam" (`not-spam`, `auth-failure`, `virus`). */
const COMPLAINTS = new Set(['abuse', 'fraud', 'opt-out', 'opt-out-list', 'complaint']);
const DAEMON = /^(?:mailer-daemon|mail-daemon|mdaemon)@/i;
/** Who writes bounces, and answers by itself too. */
const MASTER = /^(?:postmaster|noreply-postmaster|bounce[\w.-]*)@/i;
/** What automatic answers have (RFC 3834): of who is away, has moved, or wants to know first who we are. */
const ANSWERS_ITSELF = ['x-autoreply', 'x-autorespond', 'x-auto-response-suppress'];
/** Who forwards what readers at Outlook.com call junk, and where it says whose mail it was. */
const JUNK_REPORTER = /^staff@hotmail\.com$/i;
const JUNK_RECIPIENT = /^X-HmXmrOriginalRecipient:\s*<?([^\s<>]{1,320})>?\s*$/im;

/** Reads what a mail reports: a delivery status (RFC 3464), a complaint (RFC 5965), or a bounce in plain words. Pure. */
export function readReport(mail: Email): MailReport {
  const returned = returnedOf(mail);
  const feedback = partOf(mail, 'message/feedback-report');
  const status = partOf(mail, 'message/delivery-status') ?? partOf(mail, 'message/global-delivery-status');
  const text = mail.text ?? '';
  const told = feedback
    ? readComplaint(readFieldGroups(feedback)[0])
    : status
      ? readStatus(status, text, failedOf(mail))
      : (readJunkReport(mail, returned) ?? readWords(mail, text));
  const texts = [feedback ?? '', returned, told.sort === 'other' ? '' : text];
  return {
    ...told,
    localParts: returnPathsIn([...headersOf(mail, RECEIVED_FOR), ...texts]),
    jobs: jobsIn(texts),
  };
}

type Told = Pick<MailReport, 'sort' | 'recipients'>;
const OTHER: Told = { sort: 'other', recipients: [] };

function readComplaint(fields: FieldGroup | undefined): Told {
  if (!COMPLAINTS.has(fields?.get('feedback-type')?.toLowerCase() ?? '')) return OTHER;
  const address = readAddress(fields?.get('original-rcpt-to'));
  const recipient = { original: address, final: null, action: 'failed', status: null } as const;
  const agent = fields?.get('user-agent') ?? null;
  return {
    sort: 'complaint',
    recipients: [{ ...recipient, diagnostic: agent && `Reported as spam (${agent.slice(0, 200)})` }],
  };
}

/** Delivery status fields: those of the mail, and then those of each recipient; some servers part them by nothing. */
function readStatus(fields: string, text: string, failed: readonly string[]): Told {
  const groups = readFieldGroups(fields).filter((group) => group.has('action') || group.has('final-recipient'));
  const recipients = groups
    .slice(0, MAX_RECIPIENTS)
    .flatMap(toRecipient)
    .map((one) => behindForward(one, failed));
  if (recipients.every(({ diagnostic }) => diagnostic !== null)) return { sort: 'delivery', recipients };
  const words = new Map(readPlainBounce(text, failed).map(({ final, diagnostic }) => [final, diagnostic]));
  return {
    sort: 'delivery',
    recipients: recipients.map((one) => {
      const said = one.diagnostic ?? words.get(one.final?.toLowerCase() ?? '') ?? null;
      return { ...one, diagnostic: said?.replace(GENERATED, '') || null };
    }),
  };
}

/** How Exim says of an address which one it was forwarded from. */
const GENERATED = /^\(generated from [^()]{1,320}\)\s*/;

/** Exim calls the recipient that the mail named the final one; where the mail ended up its X-Failed-Recipients says. */
function behindForward(one: ReportedRecipient, failed: readonly string[]): ReportedRecipient {
  const isNamed = one.final === null || failed.includes(one.final.toLowerCase());
  if (isNamed || one.original !== null || one.action !== 'failed' || failed.length === 0) return one;
  return { ...one, original: one.final, final: failed[0] ?? null };
}

function toRecipient(fields: FieldGroup): ReportedRecipient[] {
  const status = /[245]\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0] ?? null;
  const action = actionOf(fields.get('action')?.toLowerCase() ?? '', status);
  if (action === null) return [];
  const diagnostic = fields.get('diagnostic-code');
  return [
    {
      original: readAddress(fields.get('original-recipient')) ?? readAddress(fields.get('x-original-recipient')),
      final: readAddress(fields.get('final-recipient')) ?? readAddress(fields.get('x-actual-recipient')),
      action,
      status,
      diagnostic: diagnostic === undefined ? null : readTyped(diagnostic).text.slice(0, MAX_DIAGNOSTIC) || null,
    },
  ];
}

/** `relayed` and `expanded` are no last word: whoever took the mail says no more. */
function actionOf(said: string, status: string | null): ReportedRecipient['action'] | null {
  const [word = ''] = /^[a-z]+/.exec(said) ?? [];
  if (word === 'failed' || word === 'delayed' || word === 'delivered') return word;
  return word === '' && status?.startsWith('5') ? 'failed' : null;
}

/** A complaint without fields: the mail itself comes back, with a header that says whose it was. */
function readJunkReport({ from }: Email, returned: string): Told | null {
  const address = JUNK_REPORTER.test(from?.address ?? '') ? JUNK_RECIPIENT.exec(returned)?.[1] : undefined;
  if (address === undefined || !isAddress(address)) return null;
  const diagnostic = 'Reported as spam (Outlook.com)';
  return {
    sort: 'complaint',
    recipients: [{ original: address, final: null, action: 'failed', status: null, diagnostic }],
  };
}

/** A bounce without fields: from a daemon, or with what automatic answers of daemons have. */
function readWords(mail: Email, text: string): Told {
  const failed = failedOf(mail);
  const from = mail.from?.address ?? '';
  const isDaemon = failed.length > 0 || DAEMON.test(from) || (MASTER.test(from) && !answersItself(mail));
  const recipients = isDaemon ? readPlainBounce(text, failed) : [];
  return recipients.length > 0 ? { sort: 'delivery', recipients } : OTHER;
}

const answersItself = (mail: Email): boolean =>
  headersOf(mail, ['auto-submitted']).some((value) => /^\s*auto-replied\b/i.test(value)) ||
  headersOf(mail, ANSWERS_ITSELF).length > 0;

/** The addresses that failed, as Exim and its kin list them in a header. */
const failedOf = (mail: Email): string[] =>
  headersOf(mail, ['x-failed-recipients'])
    .join(',')
    .split(',', MAX_RECIPIENTS)
    .map((one) => one.trim().toLowerCase())
    .filter(isAddress);

/** The headers of the mail that came back, with its beginning. */
function returnedOf({ attachments }: Email): string {
  const part = attachments.find(({ mimeType }) =>
    ['message/rfc822', 'message/global', 'text/rfc822-headers', 'message/global-headers'].includes(mimeType),
  );
  return part ? textOf(part, MAX_READ) : '';
}

function partOf({ attachments }: Email, type: string): string | null {
  const part = attachments.find(({ mimeType }) => mimeType === type);
  return part ? textOf(part) : null;
}

function textOf({ content }: Attachment, most = Number.POSITIVE_INFINITY): string {
  if (typeof content === 'string') return content.slice(0, most);
  return new TextDecoder().decode(new Uint8Array(content as ArrayBuffer).subarray(0, most));
}

const headersOf = ({ headers }: Email, names: readonly string[]): string[] =>
  names.flatMap((name) => headers.filter(({ key }) => key === name).map(({ value }) => value));
