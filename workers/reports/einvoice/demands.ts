import type { z } from 'zod';
import type { InvoiceData } from '../templates/invoice/data.ts';
import type { VatCategory } from '../templates/invoice/fields.ts';
import { countInvoice } from '../templates/invoice/sums.ts';
import { type VatKey, vatKeyOf } from '../templates/invoice/vat.ts';
import { minorDigits } from '../text/currency-digits.ts';
import { ADDRESS_SCHEMES, COUNTRY_CODES, CURRENCY_CODES, EXEMPTION_CODES } from './code-lists.ts';
import { listedCountry, plainId } from './parties.ts';
import { type EInvoice, PROFILES } from './profiles.ts';
import { toPlainText } from './values.ts';
import { isBlank } from './xml.ts';
import { checkXRechnung } from './xrechnung.ts';

type Refuse = (path: PropertyKey[], message: string) => void;

const MISSING = 'must be there with einvoice';

/** Most decimals of an amount (BR-DEC). */
const MOST_DECIMALS = 2;

/** What must say something has more in it than spaces, and characters that XML can't hold. */
function checkNames({ number, seller, buyer, lines, preceding }: InvoiceData, refuse: Refuse): void {
  const check = (text: string, path: PropertyKey[]) => {
    if (isBlank(text)) refuse(path, 'must have letters or digits with einvoice');
  };
  check(number, ['number']);
  check(seller.name, ['seller', 'name']);
  check(buyer.name, ['buyer', 'name']);
  for (const [index, one] of preceding.entries()) check(one.number, ['preceding', index, 'number']);
  // Its first line is its name.
  for (const [index, { description }] of lines.entries()) {
    check(description.trim().split('\n')[0] ?? '', ['lines', index, 'description']);
  }
}

/** An identifier for VAT begins with its country, and Greece has a code of its own there (BR-CO-9). */
function checkVatId(id: string | undefined, path: PropertyKey[], refuse: Refuse): void {
  if (!id) return;
  const country = plainId(id).slice(0, 2);
  if (country !== 'EL' && !COUNTRY_CODES.has(country)) {
    refuse(path, 'must begin with the code of its country, such as DE, with einvoice');
  }
}

function checkCountry(country: string | undefined, path: PropertyKey[], refuse: Refuse): void {
  if (country === undefined) refuse(path, MISSING);
  else if (!COUNTRY_CODES.has(listedCountry(country))) refuse(path, 'must be one that EN 16931 knows, with einvoice');
}

/** Where parties are (BR-9, BR-11, BR-57, BR-CL-14), and how they are reached (BR-CL-25). */
function checkPlaces({ seller, buyer, deliveryAddress }: InvoiceData, refuse: Refuse): void {
  for (const [field, party] of Object.entries({ seller, buyer })) {
    checkCountry(party.country, [field, 'country'], refuse);
    checkVatId(party.vatId, [field, 'vatId'], refuse);
    const scheme = party.electronicAddress?.scheme;
    if (scheme !== undefined && !ADDRESS_SCHEMES.has(scheme)) {
      refuse([field, 'electronicAddress', 'scheme'], 'must be a code of the list EAS, such as "0192" or "EM"');
    }
  }
  if (deliveryAddress) checkCountry(deliveryAddress.country, ['deliveryAddress', 'country'], refuse);
}

/** Who is known for VAT (BR-S-2, BR-Z-2, BR-E-2, BR-O-2, BR-CO-26); other categories are seen to wherever they are used. */
function checkIdentity({ seller, buyer }: InvoiceData, categories: Set<VatCategory>, refuse: Refuse): void {
  if (!categories.has('O')) {
    const { vatId, taxNumber, orgNumber } = seller;
    if (isBlank(vatId) && isBlank(taxNumber)) {
      refuse(['seller', 'vatId'], 'must be there, or taxNumber and orgNumber, with einvoice');
    } else if (isBlank(vatId) && isBlank(orgNumber)) {
      refuse(
        ['seller', 'orgNumber'],
        'must be there with einvoice where vatId is not: a taxNumber is known to its office alone',
      );
    }
    if (categories.has('AE') && isBlank(buyer.vatId) && isBlank(buyer.orgNumber)) {
      refuse(['buyer', 'vatId'], 'must be there, or orgNumber, with einvoice and vatCategory AE');
    }
    return;
  }
  if (isBlank(seller.orgNumber)) refuse(['seller', 'orgNumber'], 'must be there with einvoice and vatCategory O');
  for (const [field, { vatId }] of Object.entries({ seller, buyer })) {
    if (vatId) refuse([field, 'vatId'], 'must be left out with einvoice and vatCategory O');
  }
}

function checkMoney({ currency, vatCurrency, payment }: InvoiceData, isCredit: boolean, refuse: Refuse): void {
  for (const [code, path] of [
    [currency, ['currency']],
    [vatCurrency?.currency, ['vatCurrency', 'currency']],
  ] as const) {
    if (code === undefined || CURRENCY_CODES.has(code)) continue;
    refuse([...path], 'must be a currency of today (ISO 4217) with einvoice');
  }
  const message = `must be one of at most ${MOST_DECIMALS} decimals with einvoice`;
  if (minorDigits(currency) > MOST_DECIMALS) refuse(['currency'], message);
  if (vatCurrency && minorDigits(vatCurrency.currency) > MOST_DECIMALS) refuse(['vatCurrency', 'currency'], message);
  if (!isCredit && payment?.means === 'transfer' && isBlank(payment.account)) {
    refuse(['payment', 'account'], 'must be there with einvoice and means transfer');
  }
}

/** The tax of the Canary Islands has a rate (BR-AF-5, 6, 7). */
function checkIgic(key: VatKey | undefined, path: PropertyKey[], refuse: Refuse): void {
  if (key?.category === 'L' && key.rate === '0') refuse(path, 'must be above 0 with einvoice and vatCategory L');
}

/** Adds an issue for each thing that the profile EN 16931 demands of an invoice and that is not there. */
function checkInvoiceData(data: InvoiceData, einvoice: EInvoice, refuse: Refuse): void {
  const counted = countInvoice(data);
  const { lines, vats, due, isCredit } = counted;
  for (const [index, { vat }] of lines.entries()) {
    if (!vat) refuse(['lines', index, 'vat'], 'must be there, or vatCategory, with einvoice');
    checkIgic(vat, ['lines', index, 'vat'], refuse);
  }
  for (const field of ['discounts', 'charges'] as const) {
    for (const [index, change] of data[field].entries()) {
      checkIgic(vatKeyOf(change, data), [field, index, 'vat'], refuse);
    }
  }
  for (const [index, { category, reason, code }] of data.exemptions.entries()) {
    if (code === undefined) {
      if (category === 'E' && isBlank(reason))
        refuse(['exemptions', index, 'reason'], 'must be there, or a code, with einvoice');
      continue;
    }
    if (EXEMPTION_CODES.has(code)) continue;
    refuse(['exemptions', index, 'code'], 'must be a code of the list VATEX, such as VATEX-EU-AE');
  }
  const isTimed = data.due !== undefined || !isBlank(toPlainText(data.payment?.terms ?? ''));
  if (due > 0n && !isCredit && !isTimed) refuse(['due'], 'must be there, or payment.terms, with einvoice');
  checkNames(data, refuse);
  checkPlaces(data, refuse);
  checkIdentity(data, new Set(vats.map(({ category }) => category)), refuse);
  checkMoney(data, isCredit, refuse);
  if (einvoice === 'xrechnung') checkXRechnung(data, counted, refuse);
}

/** The fields of a report that an e-invoice is made of, and those that it does not go with. */
interface EInvoiceFields {
  template: string;
  data: unknown;
  einvoice?: EInvoice | undefined;
  profile?: string | undefined;
  password?: string | undefined;
  formats: readonly string[];
  attachments: readonly { filename?: string | undefined }[];
}

/**
 * Adds an issue for each thing that an e-invoice lacks, or that does not go with it. The PDF around it is of PDF/A-3b,
 * and open to all.
 */
export function checkEInvoice(report: EInvoiceFields, context: z.RefinementCtx): void {
  const { template, einvoice, profile, password, formats, attachments } = report;
  if (einvoice === undefined) return;
  const refuse: Refuse = (path, message) => context.addIssue({ code: 'custom', message, path });
  if (template !== 'invoice') {
    refuse(['einvoice'], 'must be left out with a template other than invoice');
    return;
  }
  if (profile !== undefined && profile !== 'PDF/A-3b')
    refuse(['profile'], 'must be PDF/A-3b or left out with einvoice');
  if (password !== undefined) refuse(['password'], 'must be left out with einvoice: the PDF is one of PDF/A-3b');
  if (!formats.includes('pdf')) refuse(['formats'], 'must have "pdf" with einvoice, which lies inside the PDF');
  for (const [index, { filename }] of attachments.entries()) {
    const { file } = PROFILES[einvoice];
    const isTaken = filename?.toLowerCase() === file;
    if (isTaken) refuse(['attachments', index, 'filename'], `must not be ${file} with einvoice`);
  }
  checkInvoiceData(report.data as InvoiceData, einvoice, (path, message) => refuse(['data', ...path], message));
}
