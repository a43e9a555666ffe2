import type { Messages } from '../../../locales/messages.ts';
import type { InvoiceData } from '../data.ts';
import type { CountedChange, CountedInvoice } from '../sums.ts';
import type { VatKey } from '../vat.ts';
import type { Writers } from './writers.ts';

/** All that the parts of an invoice's paper are made of. */
export interface InvoiceParts {
  data: InvoiceData;
  sums: CountedInvoice;
  write: Writers;
  messages: Messages;
  /** The language of the words. */
  lang: string;
}

/** Words with their values, those without a value left out. */
export const facts = (
  messages: Messages,
  items: [keyof Messages, string | undefined][],
): { key: string; value: string }[] =>
  items.flatMap(([word, value]) => (value ? [{ key: messages[word], value }] : []));

/** Writes a discount or a charge: what is taken off with a minus. */
export const writeChange = ({ isCharge, amount }: CountedChange, { write }: InvoiceParts): string =>
  write.amount(isCharge ? amount : -amount);

/** Writes a rate of VAT; where several categories have none, they are told apart by their letters. */
export function writeRate(vat: VatKey, { sums, write }: InvoiceParts): string {
  const isShared = sums.vats.filter(({ rate }) => rate === vat.rate).length > 1;
  return isShared ? `${write.percent(vat.rate)} (${vat.category})` : write.percent(vat.rate);
}

/** Calls a discount or a charge by what it is, its percentage and its reason. */
export function nameChange({ isCharge, percent, reason }: CountedChange, { messages, write }: InvoiceParts): string {
  const name = [isCharge ? messages.charge : messages.discount, percent && write.percent(percent)].filter(Boolean);
  return [name.join(' '), reason].filter(Boolean).join(' · ');
}

/** Calls one of the whole so; where there are several rates of VAT, also by its own. */
export function nameWholeChange(change: CountedChange, parts: InvoiceParts): string {
  const name = nameChange(change, parts);
  if (!change.vat || parts.sums.vats.length < 2) return name;
  return `${name} (${parts.messages.vat} ${writeRate(change.vat, parts)})`;
}
