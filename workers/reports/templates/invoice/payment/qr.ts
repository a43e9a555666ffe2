import type { InvoiceData } from '../data.ts';
import type { Buyer, Seller } from '../parties.ts';
import { isCreditorReference, isQrReference } from './bank.ts';
import type { Transfer } from './epc.ts';
import { type BillParty, isLatin, partStreet, type SwissBill } from './swiss-bill.ts';

/** Most characters of what a Swiss bill says beside its reference. */
const MAX_MESSAGE = 140;

/** A text on one line: what a code says is parted by lines. */
const onLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

/** The transfer that an invoice asks for; its number is the reference where there is no other. */
export function transferOf({ seller, number, payment }: InvoiceData, amount: bigint): Transfer {
  const { account = '', bic, reference } = payment ?? {};
  return { name: onLine(seller.name), account, bic, amount, reference: onLine(reference || number) };
}

function billParty({ name, address, postalCode, city, country }: Seller | Buyer): BillParty | undefined {
  if (!postalCode || !city || !country) return undefined;
  return { name, ...partStreet(address[0] ?? ''), postalCode, city, country };
}

/** The Swiss QR-bill of an invoice; undefined where the seller's address is not known in parts. */
export function swissBillOf(data: InvoiceData, amount: bigint, title: string): SwissBill | undefined {
  const { seller, buyer, currency, payment, number } = data;
  const { account = '', reference = '' } = payment ?? {};
  const creditor = billParty(seller);
  if (!creditor) return undefined;
  const hasType = isQrReference(reference) || isCreditorReference(reference);
  // The number alone where the word before it is in other letters.
  const name = isLatin(title) ? title : number;
  const message = onLine([hasType ? '' : reference, name].filter(Boolean).join(', ')).slice(0, MAX_MESSAGE);
  return {
    account,
    creditor,
    debtor: billParty(buyer),
    amount,
    currency,
    reference: hasType ? reference : '',
    message,
  };
}
