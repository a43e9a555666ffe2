import { tableBlock } from '../../../input/table.ts';
import type { Block } from '../../../model.ts';
import { type Decimal, type PrintedNumber, readDecimal } from '../../../text/decimal.ts';
import type { InvoiceLine } from '../data.ts';
import type { CountedLine } from '../sums.ts';
import type { VatKey } from '../vat.ts';
import { facts, type InvoiceParts, nameChange, writeRate } from './parts.ts';

/** What stands below the description of a line. */
function detailsOf(line: InvoiceLine, { messages, write }: InvoiceParts): string[] {
  const numbers = facts(messages, [
    ['itemNumber', line.itemNumber],
    ['buyerItemNumber', line.buyerItemNumber],
  ]);
  const numbered = numbers.map(({ key, value }) => `${key} ${value}`).join(' · ');
  return [numbered, line.period ? write.period(line.period) : '', line.note ?? ''].filter(Boolean);
}

type Cells = Record<string, string | PrintedNumber>;

/** A number as it is printed, and for files of the table with at least so many decimals. */
function printed({ digits, scale }: Decimal, text: string, decimals = 0): PrintedNumber {
  const raised = Math.max(scale, decimals);
  return { digits: digits * 10n ** BigInt(raised - scale), scale: raised, text, format: 'exact' };
}

/** A rate; what tells it apart from others of the same percentage makes a text of it. */
function printedRate(vat: VatKey, parts: InvoiceParts): string | PrintedNumber {
  const text = writeRate(vat, parts);
  const { digits, scale } = readDecimal(vat.rate);
  const isPlain = text === parts.write.percent(vat.rate);
  return isPlain ? { digits, scale: scale + 2, text, format: `percent:${scale}` } : text;
}

/** The rows of a line: what it is, and below it its discount and charge. */
function rowsOf(line: InvoiceLine, counted: CountedLine, parts: InvoiceParts): Cells[] {
  const { sums, write } = parts;
  const { changes, vat } = counted;
  const changed = changes.reduce((sum, { isCharge, amount }) => sum + (isCharge ? amount : -amount), 0n);
  const quantity = write.quantity(counted.quantity);
  const amountOf = (units: bigint) => printed({ digits: units, scale: sums.digits }, write.amount(units));
  return [
    {
      description: [line.description, ...detailsOf(line, parts)].join('\n'),
      quantity: line.unit ? `${quantity} ${line.unit}` : printed(counted.quantity, quantity),
      unitPrice: printed(counted.price, write.price(counted.price), sums.digits),
      vat: vat && vat.category !== 'O' ? printedRate(vat, parts) : '',
      amount: amountOf(counted.amount - changed),
    },
    ...changes.map((change) => ({
      description: nameChange(change, parts),
      quantity: '',
      unitPrice: '',
      vat: '',
      amount: amountOf(change.isCharge ? change.amount : -change.amount),
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

const NUMBERS = ['unitPrice', 'amount'];

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
  const table = tableBlock.parse({ type: 'table', columns, rows });
  return {
    ...table,
    // Each cell says itself how it is written, and none is parted.
    columns: table.columns?.map((column) => (NUMBERS.includes(column.key) ? { ...column, format: 'written' } : column)),
    carried: { key: 'amount', texts: sumsBelow(parts) },
    keeps,
  };
}
