import type { InvoiceData } from './data.ts';
import type { VatCategory } from './fields.ts';

/** What decides the VAT of a line, a discount or a charge. */
export interface VatKey {
  category: VatCategory;
  /** In percent, as short as it can be: "25", "5.5"; "0" where there is none. */
  rate: string;
}

/** The fields that say it. */
interface VatFields {
  vat?: number | string | undefined;
  vatCategory?: VatCategory | undefined;
}

/**
 * Finds the category and rate of a line. Without `vatCategory` a rate above zero is S; one of zero, or none, is what the
 * only exemption says; else zero is Z, and without a rate there is no VAT, nor a reason for that: undefined.
 */
export function vatKeyOf({ vat, vatCategory }: VatFields, { exemptions }: Pick<InvoiceData, 'exemptions'>) {
  const rate = String(Number(vat ?? 0));
  const only = exemptions.length === 1 ? exemptions[0]?.category : undefined;
  const derived = rate === '0' ? (only ?? (vat === undefined ? undefined : 'Z')) : 'S';
  const category = vatCategory ?? derived;
  return category && ({ category, rate } satisfies VatKey);
}

/** A text that the same category and rate have, and no others; of no VAT too. */
export const vatName = (key: VatKey | undefined): string => (key ? `${key.category} ${key.rate}` : '');

/** Lists the different categories and rates that lines have, in the order in which they come; undefined among them. */
export function listVatKeys(data: Pick<InvoiceData, 'lines' | 'exemptions'>): (VatKey | undefined)[] {
  const keys = new Map<string, VatKey | undefined>();
  for (const line of data.lines) {
    const key = vatKeyOf(line, data);
    keys.set(vatName(key), key);
  }
  return [...keys.values()];
}

/**
 * Finds what a discount or charge of the whole bears: what it says, else what all lines have. Null where they have
 * different ones and it says nothing.
 */
export function wholeVatKey(change: VatFields, data: Pick<InvoiceData, 'lines' | 'exemptions'>) {
  if (change.vat !== undefined || change.vatCategory !== undefined) return vatKeyOf(change, data);
  const keys = listVatKeys(data);
  return keys.length === 1 ? keys[0] : null;
}
