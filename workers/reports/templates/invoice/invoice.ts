import type { Block, Content, Setting } from '../../model.ts';
import { defineTemplate } from '../template.ts';
import { type InvoiceData, invoiceFields } from './data.ts';
import { makeHead } from './paper/head.ts';
import { makeLinesTable } from './paper/lines-table.ts';
import type { InvoiceParts } from './paper/parts.ts';
import { makeSums } from './paper/sums-block.ts';
import { createWriters } from './paper/writers.ts';
import { makePaying, makeSlip } from './payment/paying.ts';
import { checkInvoice } from './rules.ts';
import { countInvoice } from './sums.ts';

/** The parties, the lines, the sums for each rate of VAT, and how to pay. */
function buildInvoice(data: InvoiceData, { locale, lang, words }: Setting): Content {
  const { messages } = words;
  const sums = countInvoice(data);
  const parts: InvoiceParts = { data, sums, messages, lang, write: createWriters(data.currency, locale) };
  const title = sums.isCredit ? messages.creditNote : messages.invoice;
  const blocks: Block[] = [makeHead(title, parts), makeLinesTable(parts), makeSums(parts), ...makePaying(parts)];
  const { number, seller, notes } = data;
  if (notes) blocks.push({ type: 'heading', level: 3, text: messages.notes }, { type: 'text', text: notes });
  blocks.push(...makeSlip(parts));
  // What these have is filled in, and not looked at again: a name may have braces.
  const footer = `{author} · {title} · ${messages.footer}`;
  return { title: `${title} ${number}`, author: seller.name, blocks, footer };
}

const invoiceData = invoiceFields.superRefine(checkInvoice);

/** An invoice or a credit note. */
export const invoice = defineTemplate({ name: 'invoice', data: invoiceData, build: buildInvoice });
