import type { z } from 'zod';
import { minorDigits } from '../../text/currency-digits.ts';
import { readDecimal } from '../../text/decimal.ts';
import type { InvoiceData } from './data.ts';
import type { VatCategory, WholeChange } from './fields.ts';
import { checkQr } from './payment/qr-rules.ts';
import { countInvoice } from './sums.ts';
import { listVatKeys, type VatKey, vatKeyOf, vatName, wholeVatKey } from './vat.ts';

type Amount = number | string;
type Place = PropertyKey[];

/** Says what is wrong at a place of the invoice. */
type Refuse = (path: Place, message: string) => void;

/** More are a mistake: each is a row of the sums, and of each discount of the whole. */
const MAX_RATES = 20;

/** Categories without VAT, and those that want a rate. */
const WITHOUT_RATE: readonly VatCategory[] = ['Z', 'E', 'AE', 'K', 'G'];
const ANY_RATE: readonly VatCategory[] = ['L', 'M'];

/** What is wrong with the rate of a category (BR-S-5, BR-Z-5, BR-E-5, BR-AE-5, BR-IC-5, BR-G-5, BR-O-5). */
function findRateFault(category: VatCategory | undefined, vat: Amount | undefined): string | undefined {
  if (category === undefined) return undefined;
  if (category === 'S' && !(Number(vat) > 0)) return 'must be above 0 with vatCategory S';
  if (category === 'O' && vat !== undefined) return 'must be left out with vatCategory O';
  if (WITHOUT_RATE.includes(category) && Number(vat ?? 0) !== 0) {
    return `must be 0 or left out with vatCategory ${category}`;
  }
  return ANY_RATE.includes(category) && vat === undefined ? `must be there with vatCategory ${category}` : undefined;
}

function checkRates({ lines, discounts, charges }: InvoiceData, refuse: Refuse): void {
  for (const [field, entries] of Object.entries({ lines, discounts, charges })) {
    for (const [index, { vat, vatCategory }] of entries.entries()) {
      const fault = findRateFault(vatCategory, vat);
      if (fault) refuse([field, index, 'vat'], fault);
    }
  }
}

/** A discount or charge of the whole must be of some VAT: its own, or that of all lines. */
function checkWhole(data: InvoiceData, keys: (VatKey | undefined)[], refuse: Refuse): void {
  const check = (change: WholeChange, place: Place) => {
    const key = wholeVatKey(change, data);
    if (change.percent === undefined && key === null) {
      refuse([...place, 'vat'], 'must be there, or vatCategory, where lines differ in their VAT');
    }
    if (change.percent !== undefined && key !== null && !keys.some((known) => vatName(known) === vatName(key))) {
      refuse([...place, 'vat'], 'must be that of a line, or left out for all of them');
    }
  };
  for (const [index, change] of data.discounts.entries()) check(change, ['discounts', index]);
  for (const [index, change] of data.charges.entries()) check(change, ['charges', index]);
}

/** Reasons for no VAT: one for each category that a line has (BR-E-10); what is out of scope stands alone (BR-O-11). */
function checkExemptions(data: InvoiceData, categories: Set<VatCategory | undefined>, refuse: Refuse): void {
  const { exemptions } = data;
  for (const [index, { category, reason, code }] of exemptions.entries()) {
    const place = ['exemptions', index];
    if (exemptions.findIndex((other) => other.category === category) < index) {
      refuse([...place, 'category'], 'must differ from those before it');
    } else if (!categories.has(category)) {
      refuse([...place, 'category'], 'must be the vatCategory of a line');
    }
    if (category === 'E' && !reason && code === undefined) refuse([...place, 'reason'], 'must be there, or a code');
  }
  if (categories.has('E') && !exemptions.some(({ category }) => category === 'E')) {
    refuse(['exemptions'], 'must have the reason of vatCategory E');
  }
  if (categories.has('O') && categories.size > 1) {
    refuse(['lines'], 'must all have vatCategory O where one has it');
  }
}

/** Who must be known for a category, and what (BR-AE-2, BR-IC-2, BR-IC-11, BR-G-2). */
function checkParties(data: InvoiceData, categories: Set<VatCategory | undefined>, refuse: Refuse): void {
  const { seller, buyer, delivered } = data;
  const untaxed = (['AE', 'K', 'G'] as const).find((category) => categories.has(category));
  if (untaxed && !seller.vatId && !(seller.taxNumber && untaxed === 'AE')) {
    refuse(['seller', 'vatId'], `must be there with vatCategory ${untaxed}`);
  }
  if (categories.has('AE') && !buyer.vatId && !buyer.orgNumber) {
    refuse(['buyer', 'vatId'], 'must be there, or orgNumber, with vatCategory AE');
  }
  if (!categories.has('K')) return;
  if (!buyer.vatId) refuse(['buyer', 'vatId'], 'must be there with vatCategory K');
  if (delivered === undefined) refuse(['delivered'], 'must be there with vatCategory K');
}

/** Amounts have no more decimals than their currency: what is printed is what was asked for. */
function checkDecimals(data: InvoiceData, refuse: Refuse): void {
  const check = (amount: Amount | undefined, currency: string, path: Place) => {
    const digits = minorDigits(currency);
    const { scale, digits: value } = readDecimal(amount ?? 0);
    if (scale <= digits || value % 10n ** BigInt(scale - digits) === 0n) return;
    refuse(path, `must have at most ${digits} decimals in ${currency}`);
  };
  const { currency, lines, discounts, charges, prepaid, rounding, roundTo, vatCurrency } = data;
  for (const [index, { discount, charge }] of lines.entries()) {
    check(discount?.amount, currency, ['lines', index, 'discount', 'amount']);
    check(charge?.amount, currency, ['lines', index, 'charge', 'amount']);
  }
  for (const [index, { amount }] of discounts.entries()) check(amount, currency, ['discounts', index, 'amount']);
  for (const [index, { amount }] of charges.entries()) check(amount, currency, ['charges', index, 'amount']);
  check(prepaid, currency, ['prepaid']);
  check(rounding, currency, ['rounding']);
  check(roundTo, currency, ['roundTo']);
  if (vatCurrency) check(vatCurrency.amount, vatCurrency.currency, ['vatCurrency', 'amount']);
}

const OF_DIRECT_DEBIT = ['mandate', 'creditorId', 'debitedAccount'] as const;

/** What tells of a direct debit goes with none of the other ways to pay. */
function checkDirectDebit({ payment }: InvoiceData, refuse: Refuse): void {
  if (!payment || payment.means === 'direct-debit') return;
  for (const field of OF_DIRECT_DEBIT) {
    if (payment[field]) refuse(['payment', field], 'must be left out, unless means is direct-debit');
  }
}

/** What is credited is never below zero: it would be an invoice. */
function checkCredit(data: InvoiceData, refuse: Refuse): void {
  const { type, prepaid = 0, rounding = 0 } = data;
  // Whatever else is below zero is turned.
  if (type !== 'credit-note' && Number(prepaid) === 0 && Number(rounding) === 0) return;
  const { isCredit, total, due } = countInvoice(data);
  if (!isCredit || due >= 0n) return;
  if (total < 0n) {
    refuse(['type'], 'must be left out, or "invoice": what is credited comes to less than 0');
  } else if (Number(prepaid) !== 0) refuse(['prepaid'], 'must not be more than what is credited');
  else refuse(['rounding'], 'must not be more than what is credited');
}

/** Adds an issue for each rule that fields of an invoice break together. */
export function checkInvoice(data: InvoiceData, context: z.RefinementCtx): void {
  // What is wrong with a field alone is mended first.
  if (context.issues.length > 0) return;
  const refuse: Refuse = (path, message) => context.addIssue({ code: 'custom', path, message });
  const { issued, due, currency, vatCurrency, rounding, roundTo } = data;
  if (due !== undefined && due < issued) refuse(['due'], 'must not be before the date it was issued');
  if (vatCurrency?.currency === currency) refuse(['vatCurrency', 'currency'], "must not be the invoice's own currency");
  if (rounding !== undefined && roundTo !== undefined) refuse(['rounding'], 'must be left out with roundTo');
  const keys = listVatKeys(data);
  if (keys.length > MAX_RATES) {
    refuse(['lines'], `must have at most ${MAX_RATES} different rates of VAT`);
    return;
  }
  const changes = [...data.discounts, ...data.charges].map((change) => vatKeyOf(change, data));
  const categories = new Set(keys.map((key) => key?.category));
  for (const key of changes) if (key) categories.add(key.category);
  checkRates(data, refuse);
  checkWhole(data, keys, refuse);
  checkExemptions(data, categories, refuse);
  checkParties(data, categories, refuse);
  checkDecimals(data, refuse);
  checkDirectDebit(data, refuse);
  if (context.issues.length > 0) return;
  checkCredit(data, refuse);
  checkQr(data, refuse);
}
