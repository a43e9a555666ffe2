import { domainToUnicode } from 'node:url';
import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { MailMessage } from '../content/message.ts';

/** Whether an address has letters in front of the @ that only a relay with SMTPUTF8 (RFC 6531) takes. */
const hasLetters = (address: string): boolean => /[^\0-\x7f]/.test(address);

const REFUSED = {
  command: 'RCPT TO',
  responseCode: 553,
  // RFC 6531, 3.5.
  response: '553 5.6.7 The mail relay takes only plain letters in front of the @ (it has no SMTPUTF8)',
};

const without = (given: MailMessage['to']): Mailbox[] | undefined =>
  (given as Mailbox[] | undefined)?.filter(({ address }) => !hasLetters(address));

/** The mail for those whom every relay can reach; the others are in its headers no more, which would be UTF-8. */
const forPlain = (message: MailMessage, to: string[]): MailMessage => ({
  ...message,
  to: without(message.to),
  cc: without(message.cc),
  envelope: { ...message.envelope, to },
});

/** What a mail with such addresses is sent by. */
export interface LetterRelay {
  /** Whether the relay has SMTPUTF8. Rejects with nodemailer's error, or with the reason why the attempt was stopped. */
  hasUtf8(): Promise<boolean>;
  transmit(message: MailMessage): Promise<SMTPPoolSentMessageInfo>;
}

/**
 * Sends a mail some of whose recipients may have letters beyond ASCII in front of the @. Where the relay does not take
 * those, they are refused as it would, and the others get the mail. Rejects like `transmit`.
 */
export async function sendWithLetters(message: MailMessage, relay: LetterRelay): Promise<SMTPPoolSentMessageInfo> {
  const { to } = message.envelope;
  const lettered = to.filter(hasLetters);
  // Of recipients with an answer only the headers speak, and those of a mail to plain addresses have to be plain.
  if (lettered.length === 0) return relay.transmit(forPlain(message, to));
  if (await relay.hasUtf8()) return withAddresses(to, () => relay.transmit(message));
  const rejectedErrors = lettered.map((recipient) =>
    Object.assign(new Error(REFUSED.response), REFUSED, { recipient }),
  );
  const plain = to.filter((address) => !hasLetters(address));
  if (plain.length === 0) throw Object.assign(new Error('no recipient was taken'), { rejectedErrors });
  const info = await relay.transmit(forPlain(message, plain)).catch((error: Rejection) => {
    throw Object.assign(error, { rejectedErrors: [...(error.rejectedErrors ?? []), ...rejectedErrors] });
  });
  return {
    ...info,
    rejected: [...info.rejected, ...lettered],
    rejectedErrors: [...(info.rejectedErrors ?? []), ...rejectedErrors],
  };
}

type Rejection = Error & { rejectedErrors?: (Error & { recipient?: string | undefined })[] };

/** nodemailer writes the domain of such an address with its letters too; answers are told of the addresses as given. */
async function withAddresses(
  to: readonly string[],
  transmit: () => Promise<SMTPPoolSentMessageInfo>,
): Promise<SMTPPoolSentMessageInfo> {
  const given = new Map(to.map((address) => [toUnicode(address), address]));
  const back = (address: string) => given.get(toUnicode(address)) ?? address;
  const rename = (errors: Rejection['rejectedErrors'] = []) => {
    for (const error of errors) if (error.recipient !== undefined) error.recipient = back(error.recipient);
    return errors;
  };
  try {
    const info = await transmit();
    const { accepted, rejected, rejectedErrors } = info;
    const renamed = { accepted: accepted.map(back), rejected: rejected.map(back) };
    return rejectedErrors ? { ...info, ...renamed, rejectedErrors: rename(rejectedErrors) } : { ...info, ...renamed };
  } catch (error) {
    rename((error as Rejection).rejectedErrors);
    throw error;
  }
}

function toUnicode(address: string): string {
  const at = address.lastIndexOf('@') + 1;
  return address.slice(0, at) + domainToUnicode(address.slice(at));
}
