import type { Messages } from '../../../locales/messages.ts';
import type { LetterheadBlock } from '../../../model.ts';
import type { InvoiceData } from '../data.ts';
import type { Address, Buyer, Seller } from '../parties.ts';
import { writeReference } from '../payment/bank.ts';
import { facts, type InvoiceParts } from './parts.ts';

/** Countries that write the postal code behind the city. */
const CODE_BEHIND = new Set(['AU', 'CA', 'GB', 'IE', 'IN', 'NZ', 'SG', 'TW', 'US', 'ZA']);

/** The lines of an address; the country where it is not that of the seller. */
function addressLines({ address, postalCode, city, country }: Address, { data, lang }: InvoiceParts): string[] {
  const place = [postalCode, city].filter(Boolean);
  if (country && CODE_BEHIND.has(country)) place.reverse();
  const isAbroad = country !== undefined && country !== data.seller.country;
  const name = isAbroad && new Intl.DisplayNames(lang, { type: 'region' }).of(country);
  return [...address, place.join(' '), name || ''].filter(Boolean);
}

function partyLines(party: Seller | Buyer, parts: InvoiceParts): string[] {
  const { messages } = parts;
  const numbers = facts(messages, [
    ['orgNumber', party.orgNumber],
    ['vatId', party.vatId],
    ['taxNumber', 'taxNumber' in party ? party.taxNumber : undefined],
  ]);
  return [
    ...addressLines(party, parts),
    ...numbers.map(({ key, value }) => `${key} ${value}`),
    ...(party.email ? [party.email] : []),
  ];
}

function contactLine({ contact }: Seller | Buyer): string | undefined {
  return [contact?.name, contact?.phone, contact?.email].filter(Boolean).join(', ') || undefined;
}

function deliveryFact({ delivered }: InvoiceData, { write }: InvoiceParts): [keyof Messages, string | undefined] {
  if (typeof delivered !== 'object') return ['deliveryDate', delivered && write.date(delivered)];
  return ['deliveryPeriod', write.period(delivered)];
}

/** Writes the invoices that this one is about, each with its date. */
function writePreceding({ data, write }: InvoiceParts): string {
  return data.preceding
    .map(({ number, issued }) => (issued === undefined ? number : `${number} (${write.date(issued)})`))
    .join(', ');
}

/** Makes the head of an invoice: who sends it to whom, its numbers and dates, and what the buyer finds it by. */
export function makeHead(title: string, parts: InvoiceParts): LetterheadBlock {
  const { data, sums, write, messages } = parts;
  const { seller, buyer, due, payment, deliveryAddress } = data;
  const { isCredit } = sums;
  const attention = buyer.contact?.name ? [buyer.contact.name] : [];
  const delivery = deliveryAddress && {
    label: messages.deliveryAddress,
    name: deliveryAddress.name || buyer.name,
    lines: addressLines(deliveryAddress, parts),
  };
  return {
    type: 'letterhead',
    title,
    sender: { name: seller.name, lines: partyLines(seller, parts) },
    recipient: { label: messages.buyer, name: buyer.name, lines: [...attention, ...partyLines(buyer, parts)] },
    ...(delivery && { delivery }),
    facts: facts(messages, [
      [isCredit ? 'creditNoteNumber' : 'invoiceNumber', data.number],
      ['issued', write.date(data.issued)],
      ['due', isCredit ? undefined : due && write.date(due)],
      ['precedingInvoice', writePreceding(parts)],
      deliveryFact(data, parts),
      ['customerNumber', buyer.customerNumber],
      ['buyerReference', data.buyerReference],
      ['orderNumber', data.orderNumber],
      ['contractNumber', data.contractNumber],
      ['projectNumber', data.projectNumber],
      ['deliveryNote', data.deliveryNote],
      ['contact', contactLine(seller)],
      ['reference', isCredit ? undefined : payment?.reference && writeReference(payment.reference)],
    ]),
  };
}
