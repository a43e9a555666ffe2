import type { Brand } from '../../../src/brands/brand.ts';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { Subscription } from '../../../src/signing/links.ts';
import { hasOwnUnsubscribe, TRANSACTIONAL } from '../../../src/suppressions/stream.ts';
import { type EmailInput, recipientsOf } from '../input/mail.ts';
import { languageOf } from '../words/language.ts';

/** Of a sender's name, in unsubscribe links: these stand in a header. */
const MAX_SENDER_LENGTH = 80;

/** What of a mail its unsubscribe link says. */
export interface MailOfCaller {
  input: Pick<
    EmailInput,
    'from' | 'to' | 'cc' | 'bcc' | 'messageStream' | 'unsubscribe' | 'unsubscribeUrl' | 'lang' | 'variables' | 'html'
  >;
  caller: string;
  brand?: (Pick<Brand, 'senderName'> & { name: string }) | null | undefined;
}

/** Tells who a mail is from: a name that the request does not say is that of its brand. */
export function senderOf(
  { input: { from }, brand }: Pick<MailOfCaller, 'input' | 'brand'>,
  fallback: Mailbox,
): Mailbox {
  const { name, address } = from ?? fallback;
  const own = from === undefined ? brand?.senderName || name : name || brand?.senderName || '';
  return { name: own, address };
}

/** What the mail's reader leaves by a link of ours; null where it has none. */
export function subscriptionOf({ input, caller, brand }: MailOfCaller, sender: Mailbox): Subscription | null {
  const [recipient] = recipientsOf(input);
  if (!recipient || !hasOwnUnsubscribe(input)) return null;
  return {
    address: recipient.address.toLowerCase(),
    messageStream: input.messageStream ?? TRANSACTIONAL,
    caller,
    page: {
      lang: languageOf(input),
      sender: Array.from(sender.name).slice(0, MAX_SENDER_LENGTH).join('') || null,
      brand: brand?.name ?? null,
    },
  };
}
