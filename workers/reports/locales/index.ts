import { da } from './da.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fi } from './fi.ts';
import { fr } from './fr.ts';
import { it } from './it.ts';
import { nb } from './nb.ts';
import { nl } from './nl.ts';
import { nn } from './nn.ts';
import { pl } from './pl.ts';
import { sv } from './sv.ts';

/** The words that a report adds by itself. */
export interface Words {
  /** `{page}` and `{pages}` are filled in. */
  footer: string;
  total: string;
  monthlyReport: string;
  user: string;
  name: string;
  period: string;
  created: string;
  entries: string;
  details: string;
  /** The heading of a table of contents. */
  contents: string;
  subtotal: string;
  noData: string;
  other: string;
  barChart: string;
  lineChart: string;
  areaChart: string;
  pieChart: string;
  /** "Jan (lowest 3)": before a value in a sentence about a chart. */
  lowest: string;
  highest: string;
  invoice: string;
  creditNote: string;
  invoiceNumber: string;
  creditNoteNumber: string;
  issued: string;
  due: string;
  buyer: string;
  description: string;
  quantity: string;
  unitPrice: string;
  vat: string;
  amount: string;
  netTotal: string;
  /** `{rate}` and `{net}` are filled in. */
  vatOf: string;
  amountDue: string;
  amountCredited: string;
  payment: string;
  account: string;
  bic: string;
  reference: string;
  terms: string;
  notes: string;
  vatId: string;
  orgNumber: string;
  email: string;
}

/** By language; each has a file of its own. */
const LANGUAGES: Record<string, Words> = { da, de, en, es, fi, fr, it, nb, nl, nn, pl, sv, no: nb };

/** The words of a language tag; those of a language that isn't here are English. */
export const wordsFor = (lang: string): Words => LANGUAGES[new Intl.Locale(lang).language] ?? en;
