import type { InvoiceData } from '../data.ts';
import type { Buyer, Seller } from '../parties.ts';
import { isCreditorReference, isQrReference } from './bank.ts';
import type { Transfer } from './epc.ts';
import { type BillParty, partStreet, type SwissBill } from './swiss-bill.ts';

/** The transfer that an invoice asks for; its number is the reference where there is no other. */
export function transferOf({ seller, number, payment }: InvoiceData, amount: bigint): Transfer {
  const { account = '', bic, reference } = payment ?? {};
  return { name: seller.name, account, bic, amount, reference: reference || number };
}

function billParty({ name, address, postalCode, city, country }: Seller | Buyer): BillParty | undefined {
  if (!postalCode || !city || !country) return undefined;
  return { name, ...partStreet(address[0] ?? ''), postalCode, city, country };
}

/** The Swiss QR-bill of an invoice; undefined where the seller's address is not known in parts. */
export function swissBillOf(data: InvoiceData, amount: bigint, title: string): SwissBill | undefined {
  const { seller, buyer, currency, payment } = data;
  const { account = '', reference = '' } = payment ?? {};
  const creditor = billParty(seller);
  if (!creditor) return undefined;
  const hasType = isQrReference(reference) || isCreditorReference(reference);
  const message = [title, hasType ? '' : reference].filter(Boolean).join(', ');
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
