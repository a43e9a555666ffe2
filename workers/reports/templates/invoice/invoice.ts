import { tableBlock } from '../../input/table.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Block, Content, Setting } from '../../model.ts';
import { type Decimal, readDecimal, toNumeric } from '../../text/decimal.ts';
import { createFormatter } from '../../text/formats.ts';
import { defineTemplate } from '../template.ts';
import { type InvoiceData, invoiceFields } from './data.ts';
import type { Buyer, Seller } from './parties.ts';
import { checkInvoice } from './rules.ts';
import { type CountedInvoice, countInvoice, minorDigits } from './sums.ts';

const ONE: Decimal = { digits: 1n, scale: 0 };

/** How an invoice's numbers are written. */
interface Writers {
  /** An amount in the currency's smallest units, without and with the currency's name. */
  amount(units: bigint): string;
  money(units: bigint): string;
  price(value: number | string): string;
  quantity(value: Decimal): string;
  rate(percentage: number | string): string;
}

function createWriters(currency: string, locale: string): Writers {
  const scale = minorDigits(currency);
  const decimals = { minimumFractionDigits: scale, maximumFractionDigits: scale };
  const amount = new Intl.NumberFormat(locale, decimals);
  const money = new Intl.NumberFormat(locale, { style: 'currency', currency, ...decimals });
  const price = new Intl.NumberFormat(locale, { minimumFractionDigits: scale, maximumFractionDigits: 6 });
  const quantity = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const rate = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 6 });
  return {
    amount: (digits) => amount.format(toNumeric({ digits, scale })),
    money: (digits) => money.format(toNumeric({ digits, scale })),
    price: (value) => price.format(toNumeric(readDecimal(value))),
    quantity: (value) => quantity.format(toNumeric(value)),
    rate(percentage) {
      const { digits, scale: places } = readDecimal(percentage);
      return rate.format(toNumeric({ digits, scale: places + 2 }));
    },
  };
}

/** Keys with their values, those without a value left out. */
const facts = (items: [string, string | undefined][]): { key: string; value: string }[] =>
  items.flatMap(([key, value]) => (value ? [{ key, value }] : []));

function linesOf({ address, orgNumber, vatId, email }: Seller | Buyer, messages: Messages): string[] {
  const numbers = facts([
    [messages.orgNumber, orgNumber],
    [messages.vatId, vatId],
  ]);
  return [...address, ...numbers.map(({ key, value }) => `${key} ${value}`), ...(email ? [email] : [])];
}

function linesTable({ lines, currency }: InvoiceData, sums: CountedInvoice, write: Writers, messages: Messages): Block {
  const hasVat = sums.vats.length > 0;
  const right = { align: 'right' };
  const columns = [
    { key: 'description', title: messages.description },
    { key: 'quantity', title: messages.quantity, ...right },
    { key: 'unitPrice', title: messages.unitPrice, ...right },
    ...(hasVat ? [{ key: 'vat', title: messages.vat, ...right }] : []),
    { key: 'amount', title: `${messages.amount} ${currency}`, ...right },
  ];
  const rows = lines.map(({ description, unit, unitPrice, vat }, index) => ({
    description,
    quantity: [write.quantity(sums.lines[index]?.quantity ?? ONE), unit].filter(Boolean).join(' '),
    unitPrice: write.price(unitPrice),
    vat: vat === undefined ? '' : write.rate(vat),
    amount: write.amount(sums.lines[index]?.amount ?? 0n),
  }));
  return tableBlock.parse({ type: 'table', columns, rows });
}

function sumsBlock({ net, vats, due, isCredit }: CountedInvoice, write: Writers, messages: Messages): Block {
  const perRate = vats.map(({ rate, net: base, vat }) => ({
    label: messages.vatOf.replace('{rate}', write.rate(rate)).replace('{net}', write.amount(base)),
    value: write.amount(vat),
  }));
  const items = vats.length > 0 ? [{ label: messages.netTotal, value: write.amount(net) }, ...perRate] : [];
  const label = isCredit ? messages.amountCredited : messages.amountDue;
  return { type: 'sums', items, total: { label, value: write.money(due) } };
}

/** The parties, the lines, the sums for each rate of VAT, and how to pay. */
function buildInvoice(data: InvoiceData, { locale, words }: Setting): Content {
  const { messages } = words;
  const { number, issued, due, currency, seller, buyer, payment, notes } = data;
  const sums = countInvoice(data);
  const { isCredit } = sums;
  const title = isCredit ? messages.creditNote : messages.invoice;
  const write = createWriters(currency, locale);
  const date = createFormatter('date', locale);
  const dates = facts([
    [isCredit ? messages.creditNoteNumber : messages.invoiceNumber, number],
    [messages.issued, date(issued).text],
    [messages.due, due && date(due).text],
    [messages.reference, payment?.reference],
  ]);
  const paying = facts([
    [messages.account, payment?.account],
    [messages.bic, payment?.bic],
    [messages.reference, payment?.reference],
    [messages.due, due && date(due).text],
  ]);
  const sender = { name: seller.name, lines: linesOf(seller, messages) };
  const recipient = { label: messages.buyer, name: buyer.name, lines: linesOf(buyer, messages) };
  const blocks: Block[] = [
    { type: 'letterhead', title, sender, recipient, facts: dates },
    linesTable(data, sums, write, messages),
    sumsBlock(sums, write, messages),
  ];
  if (payment?.account) blocks.push({ type: 'callout', title: messages.payment, items: paying });
  if (payment?.terms) blocks.push({ type: 'text', text: payment.terms });
  if (notes) blocks.push({ type: 'heading', level: 3, text: messages.notes }, { type: 'text', text: notes });
  const footer = `${seller.name} · ${title} ${number} · ${messages.footer}`;
  return { title: `${title} ${number}`, author: seller.name, blocks, footer };
}

const invoiceData = invoiceFields.superRefine(checkInvoice);

/** An invoice or a credit note. */
export const invoice = defineTemplate({ name: 'invoice', data: invoiceData, build: buildInvoice });
