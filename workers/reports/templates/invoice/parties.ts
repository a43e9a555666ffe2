import type { z } from 'zod';
import { formField, listField, objectField, textField } from '../../../../src/fields/fields.ts';

const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
/** What Intl has names for that is no country: groups of them, parts that ISO 3166 has no code for, what is for trying. */
const NO_COUNTRIES = new Set(['AC', 'CP', 'CQ', 'DG', 'EA', 'EU', 'EZ', 'IC', 'QO', 'TA', 'UN', 'XA', 'XB', 'ZZ']);
/** Northern Ireland, which has a code of its own for VAT. */
const NORTHERN_IRELAND = 'XI';

/** Whether a code is that of a country today (ISO 3166). */
export function isCountry(code: string): boolean {
  if (!/^[A-Z]{2}$/.test(code) || NO_COUNTRIES.has(code)) return false;
  if (code === NORTHERN_IRELAND) return true;
  const [canonical] = Intl.getCanonicalLocales(`und-${code}`);
  return canonical === `und-${code}` && names.of(code) !== undefined;
}

const countryField = formField(isCountry, 'must be the code of a country (ISO 3166), such as NO');

/** Where somebody is (BG-5, BG-8, BG-15): lines as they are written on a letter, and the parts that programs read. */
const addressFields = {
  address: listField(textField(100), 0, 6).default([]),
  postalCode: textField(20, 0).optional(),
  city: textField(100, 0).optional(),
  country: countryField.optional(),
};

const contactField = objectField({
  name: textField(200, 0).optional(),
  phone: textField(50, 0).optional(),
  email: textField(200, 0).optional(),
});

const electronicAddressField = objectField({
  scheme: formField(
    (scheme) => /^(?:\d{4}|[A-Z]{2})$/.test(scheme),
    'must be the code of a scheme of electronic addresses (EAS), such as "0192" or "EM"',
  ),
  id: textField(200),
});

const partyFields = {
  name: textField(200),
  ...addressFields,
  vatId: textField(50, 0).optional(),
  orgNumber: textField(50, 0).optional(),
  email: textField(200, 0).optional(),
  contact: contactField.optional(),
  electronicAddress: electronicAddressField.optional(),
};

/** Who sells (BG-4). `taxNumber` is that of the local tax office (BT-32), beside or in place of a VAT identifier (BT-31). */
export const sellerField = objectField({ ...partyFields, taxNumber: textField(50, 0).optional() });

/** Who buys (BG-7). `customerNumber` is how the seller knows them (BT-46). */
export const buyerField = objectField({ ...partyFields, customerNumber: textField(50, 0).optional() });

/** Where it was delivered (BG-13), where that is not the buyer's address. */
export const deliveryAddressField = objectField({ name: textField(200, 0).optional(), ...addressFields });

export type Seller = z.infer<typeof sellerField>;
export type Buyer = z.infer<typeof buyerField>;
export type Address = Omit<z.infer<typeof deliveryAddressField>, 'name'>;

/** Lists the lines of an address without what says no more than postal code and city, which stand in fields of their own. */
export function streetLines({ address, postalCode, city }: Address): string[] {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  const place = [plain(`${postalCode ?? ''}${city ?? ''}`), plain(`${city ?? ''}${postalCode ?? ''}`)];
  return address.filter((line) => plain(line) !== '' && !place.includes(plain(line)));
}
