import { randomNonce } from '../../../src/jobs/id.ts';

/** What the inbox knows of a mail without opening it. */
export interface InboxMail {
  /** `inb_` and 16 characters; mails that came later have a greater one. */
  id: string;
  /** The job that sent it. */
  job: string;
  /** The key that posted the job. */
  caller: string;
  /** When it came, RFC 3339. */
  at: string;
  /** The envelope: the sender's address, and the recipients it was taken for, `bcc` too. */
  from: string;
  to: string[];
  subject: string;
  messageId: string;
  attachmentCount: number;
  /** Of the whole mail, as it would have been sent. */
  bytes: number;
}

/** What is written down of a mail; the rest stands in its place in the inbox. */
export type MailRecord = Pick<InboxMail, 'caller' | 'from' | 'to' | 'subject' | 'messageId' | 'attachmentCount'>;

/** A mail's place in the inbox, by which it is ordered: no address of a person is in it. */
export interface MailPlace {
  /** When it came (ms); no two mails have the same. */
  at: number;
  job: string;
  nonce: string;
  bytes: number;
}

/** What narrows a list of mails; a mail must match all that is given. */
export interface MailFilter {
  /** A recipient: a whole address must be the same, anything else a part of one. Upper and lower case are the same. */
  to?: string | undefined;
  /** A part of the subject, upper or lower case. */
  subject?: string | undefined;
  job?: string | undefined;
  /** A part of the subject, the sender, or a recipient. */
  text?: string | undefined;
}

const AT_LENGTH = 8;
const ID_SHAPE = /^inb_([0-9a-z]{8})([0-9a-z]{8})$/;

/** A new part of an id, to tell mails apart that came at the same time. */
export const newNonce = randomNonce;

/** The id of the mail in that place. */
export const mailId = ({ at, nonce }: Pick<MailPlace, 'at' | 'nonce'>): string =>
  `inb_${at.toString(36).padStart(AT_LENGTH, '0')}${nonce}`;

/** Reads when a mail came (ms), and its nonce, from an id; null for any other text. */
export function parseMailId(id: string): Pick<MailPlace, 'at' | 'nonce'> | null {
  const [, at = '', nonce = ''] = ID_SHAPE.exec(id) ?? [];
  return at ? { at: Number.parseInt(at, 36), nonce } : null;
}

/** A mail as it is shown, of its place and its record. */
export const toInboxMail = (place: MailPlace, record: MailRecord): InboxMail => ({
  id: mailId(place),
  job: place.job,
  at: new Date(place.at).toISOString(),
  bytes: place.bytes,
  ...record,
});

/** Whether a mail is one of those that the filter names. */
export function matches({ to, subject, job, text }: MailFilter, mail: InboxMail): boolean {
  const has = (whole: string, part: string) => whole.toLowerCase().includes(part.toLowerCase());
  if (job !== undefined && mail.job !== job) return false;
  if (to !== undefined && !mail.to.some((address) => (isAddress(to) ? isSame(address, to) : has(address, to)))) {
    return false;
  }
  if (subject !== undefined && !has(mail.subject, subject)) return false;
  return text === undefined || [mail.subject, mail.from, ...mail.to].some((whole) => has(whole, text));
}

const isAddress = (text: string): boolean => /^[^@]+@[^@]+$/.test(text);
const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** How much the inbox keeps. */
export interface InboxLimits {
  mails: number;
  bytes: number;
  ageMs: number;
}

/** Chooses which of these mails, the oldest first, have to go. The newest stays, however large it is. */
export function chooseGoing(places: readonly MailPlace[], limits: InboxLimits, nowMs: number): MailPlace[] {
  let mails = places.length;
  let bytes = places.reduce((sum, place) => sum + place.bytes, 0);
  return places.filter((place) => {
    const isOver = mails > limits.mails || (bytes > limits.bytes && mails > 1);
    if (!isOver && place.at >= nowMs - limits.ageMs) return false;
    mails -= 1;
    bytes -= place.bytes;
    return true;
  });
}
