import type { SumsBlock } from '../../../model.ts';
import { exemptionOf } from '../exemptions.ts';
import type { VatSum } from '../sums.ts';
import { type InvoiceParts, nameWholeChange, writeChange, writeRate } from './parts.ts';

type Item = SumsBlock['items'][number];

/** The VAT of a category and rate, and why there is none. */
function vatItem(vat: VatSum, parts: InvoiceParts): Item {
  const { data, messages, write } = parts;
  const words = data.pricesIncludeVat ? messages.vatIncluded : messages.vatOf;
  const { reason, code } = exemptionOf(vat.category, data, messages);
  return {
    label: words.replace('{rate}', writeRate(vat, parts)).replace('{net}', write.amount(vat.net)),
    value: write.amount(vat.vat),
    note: reason ?? code,
  };
}

/** What the lines come to, and discounts and charges of the whole, where there are any. */
function changeItems(parts: InvoiceParts): Item[] {
  const { sums, messages, write } = parts;
  if (sums.changes.length === 0) return [];
  const changes = sums.changes.map((change) => ({
    label: nameWholeChange(change, parts),
    value: writeChange(change, parts),
  }));
  return [{ label: messages.linesTotal, value: write.amount(sums.linesAmount) }, ...changes];
}

/** VAT for each category and rate, below what it is of; with VAT in the prices below the total that it is in. */
function vatItems(parts: InvoiceParts): Item[] {
  const { data, sums, messages, write } = parts;
  const vats = sums.vats.filter(({ category }) => category !== 'O').map((vat) => vatItem(vat, parts));
  if (vats.length === 0) {
    return sums.due === sums.total ? [] : [{ label: messages.total, value: write.amount(sums.total) }];
  }
  const net = { label: messages.netTotal, value: write.amount(sums.net) };
  // The amount due says it, where they are the same.
  const isSame = !data.pricesIncludeVat && sums.due === sums.total;
  const total = isSame ? [] : [{ label: messages.grossTotal, value: write.amount(sums.total) }];
  return data.pricesIncludeVat ? [...total, ...vats, net] : [net, ...vats, ...total];
}

/** VAT in the currency that it is accounted in. */
function foreignItems({ data, sums, messages, write }: InvoiceParts): Item[] {
  const { vatInCurrency: foreign } = sums;
  if (!foreign) return [];
  const rate = data.vatCurrency?.exchangeRate;
  const label = messages.vatInCurrency.replace('{currency}', foreign.currency);
  const exchange = rate === undefined ? '' : ` (${write.exchange(rate, foreign.currency)})`;
  return [{ label: label + exchange, value: write.moneyIn(foreign.amount, foreign.currency) }];
}

/** What is between the total and the amount due. */
function dueItems({ sums, messages, write }: InvoiceParts): Item[] {
  const { prepaid, rounding } = sums;
  return [
    ...(prepaid === 0n ? [] : [{ label: messages.prepaid, value: write.amount(-prepaid) }]),
    ...(rounding === 0n ? [] : [{ label: messages.rounding, value: write.amount(rounding) }]),
  ];
}

/** Makes the sums below an invoice's lines. */
export function makeSums(parts: InvoiceParts): SumsBlock {
  const { data, sums, messages, write } = parts;
  const isOutside = sums.vats.some(({ category }) => category === 'O');
  return {
    type: 'sums',
    items: [...changeItems(parts), ...vatItems(parts), ...foreignItems(parts), ...dueItems(parts)],
    total: { label: sums.isCredit ? messages.amountCredited : messages.amountDue, value: write.money(sums.due) },
    note: isOutside ? exemptionOf('O', data, messages).reason : undefined,
  };
}
