import type { SmtpError } from '../delivery/answers/smtp-error.ts';

/** What a mailbox of that name does in the inbox, as servers word it. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['450', '450 4.2.1 The mailbox is busy, try again later'],
  ['452', '452 4.2.2 The mailbox is full'],
  ['550', '550 5.1.1 No such user here'],
  ['552', '552 5.2.2 The mailbox is over its quota'],
  ['421', '421 4.3.2 The service is closing, try again later'],
]);
/** The mailbox whose mails are taken and not answered for. */
const UNANSWERED = 'unknown';

/** The local part without what follows a `+`: each test can have an address of its own. */
const mailboxOf = (address: string): string =>
  address.slice(0, address.lastIndexOf('@')).split('+')[0]?.toLowerCase() ?? '';

/** What a mail server would have answered for a recipient; null when the inbox takes mails for it. */
export function findRefusal(address: string): SmtpError | null {
  const response = REFUSALS.get(mailboxOf(address));
  if (response === undefined) return null;
  const responseCode = Number(response.slice(0, 3));
  return {
    code: 'EENVELOPE',
    command: 'RCPT TO',
    recipient: address,
    response: `${response} <${address}>`,
    responseCode,
  };
}

/** Whether the answer ends the conversation with the server, for every recipient. */
export const endsConnection = ({ responseCode }: SmtpError): boolean => responseCode === 421;

/** Whether the connection breaks after the whole mail to that recipient was sent. */
export const losesAnswer = (address: string): boolean => mailboxOf(address) === UNANSWERED;
