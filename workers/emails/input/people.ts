import { type EmailInput, recipientsOf } from './mail.ts';

/** Their values have an @ and are no addresses: ids of messages, of lists, of campaigns. */
const OF_IDS = ['references', 'in-reply-to', 'list-id', 'feedback-id'];
const MOST_IN_HEADERS = 50;
/** As long as addresses are (RFC 5321, 4.5.3.1.3). */
const MAX_ADDRESS_LENGTH = 254;

/** Lists the addresses that a mail's headers name. */
const addressesIn = (headers: EmailInput['headers']): string[] =>
  Object.entries(headers)
    .filter(([name]) => !OF_IDS.includes(name.toLowerCase()))
    .flatMap(([, value]) => value.split(/[\s<>()[\],;:"']+/))
    .filter((word) => word.length <= MAX_ADDRESS_LENGTH && /^[^@]+@[^@]+\.[^@]+$/.test(word))
    .slice(0, MOST_IN_HEADERS);

/**
 * Lists whose data a mail is, by their addresses: its recipients, its sender, who gets the answers, and whom its headers
 * name (50 of them at most).
 */
export function peopleIn(mail: EmailInput): string[] {
  const { from, replyTo, headers } = mail;
  const named = [...recipientsOf(mail), ...[from, replyTo].flatMap((one) => one ?? [])];
  const addresses = [...named.map(({ address }) => address), ...addressesIn(headers)];
  return [...new Set(addresses.map((address) => address.toLowerCase()))];
}
