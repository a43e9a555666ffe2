import { tableBlock } from '../../../input/table.ts';
import type { Block } from '../../../model.ts';
import type { InvoiceLine } from '../data.ts';
import type { CountedLine } from '../sums.ts';
import { facts, type InvoiceParts, nameChange, writeChange, writeRate } from './parts.ts';

/** What stands below the description of a line. */
function detailsOf(line: InvoiceLine, { messages, write }: InvoiceParts): string[] {
  const numbers = facts(messages, [
    ['itemNumber', line.itemNumber],
    ['buyerItemNumber', line.buyerItemNumber],
  ]);
  const numbered = numbers.map(({ key, value }) => `${key} ${value}`).join(' · ');
  return [numbered, line.period ? write.period(line.period) : '', line.note ?? ''].filter(Boolean);
}

/** The rows of a line: what it is, and below it its discount and charge. */
function rowsOf(line: InvoiceLine, counted: CountedLine, parts: InvoiceParts): Record<string, string>[] {
  const { write } = parts;
  const { changes, vat } = counted;
  const changed = changes.reduce((sum, { isCharge, amount }) => sum + (isCharge ? amount : -amount), 0n);
  const quantity = write.quantity(counted.quantity);
  return [
    {
      description: [line.description, ...detailsOf(line, parts)].join('\n'),
      quantity: line.unit ? `${quantity} ${line.unit}` : quantity,
      unitPrice: write.price(counted.price),
      vat: vat && vat.category !== 'O' ? writeRate(vat, parts) : '',
      amount: write.amount(counted.amount - changed),
    },
    ...changes.map((change) => ({
      description: nameChange(change, parts),
      quantity: '',
      unitPrice: '',
      vat: '',
      amount: writeChange(change, parts),
    })),
  ];
}

/** What lines come to so far, below each of their rows. */
function sumsBelow({ sums, write }: InvoiceParts): string[] {
  let sum = 0n;
  return sums.lines.flatMap(({ amount, changes }) => {
    const signed = changes.map((change) => (change.isCharge ? change.amount : -change.amount));
    const base = signed.reduce((rest, change) => rest - change, amount);
    return [base, ...signed].map((part) => {
      sum += part;
      return write.amount(sum);
    });
  });
}

/** Makes the table of an invoice's lines. */
export function makeLinesTable(parts: InvoiceParts): Block {
  const { data, sums, messages } = parts;
  const hasVat = sums.vats.some(({ category }) => category !== 'O');
  const right = { align: 'right' };
  const withVat = data.pricesIncludeVat ? ` ${messages.withVat}` : '';
  const columns = [
    { key: 'description', title: messages.description },
    { key: 'quantity', title: messages.quantity, ...right },
    { key: 'unitPrice', title: `${messages.unitPrice}${withVat}`, ...right },
    ...(hasVat ? [{ key: 'vat', title: messages.vat, ...right }] : []),
    { key: 'amount', title: `${messages.amount} ${data.currency}${withVat}`, ...right },
  ];
  const rows = data.lines.flatMap((line, index) => rowsOf(line, sums.lines[index] as CountedLine, parts));
  // What changes a line stands on its page.
  const keeps = sums.lines.flatMap(({ changes }) => [...changes.map(() => true), false]);
  return {
    ...tableBlock.parse({ type: 'table', columns, rows }),
    carried: { key: 'amount', texts: sumsBelow(parts) },
    keeps,
  };
}
