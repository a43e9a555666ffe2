/** Text without the spaces that make it easier to read, in capitals. */
export const compact = (text: string): string => text.replaceAll(/\s/g, '').toUpperCase();

/** The rest of a number of any length, by 97 (ISO 7064); letters count from 10. */
function restBy97(text: string): number {
  let rest = 0;
  for (const sign of text) {
    const value = Number.parseInt(sign, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}

const isChecked = (text: string): boolean => restBy97(text.slice(4) + text.slice(0, 4)) === 1;

/** Whether an account is written as an IBAN is: a country, two digits, and at least eleven signs. */
export const looksLikeIban = (account: string): boolean => /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(compact(account));

/** Whether an account is an IBAN (ISO 13616) whose check digits are right. */
export const isIban = (account: string): boolean => looksLikeIban(account) && isChecked(compact(account));

/** Whether a text is written as a BIC is (ISO 9362): a bank, a country, a place, and perhaps a branch. */
export const isBic = (bic: string): boolean => /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?$/.test(compact(bic));

/** Whether a reference is written as a creditor reference is: RF and two digits. */
export const looksLikeCreditorReference = (reference: string): boolean => /^RF\d{2}/.test(compact(reference));

/** Whether a reference is a creditor reference (ISO 11649) whose check digits are right. */
export const isCreditorReference = (reference: string): boolean =>
  /^RF\d{2}[A-Z0-9]{1,21}$/.test(compact(reference)) && isChecked(compact(reference));

/** What carries over, by the sum of what was carried and the digit (modulo 10, recursive). */
const CARRY = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5];

/** Whether a reference is one of Swiss QR-bills: 27 digits, of which the last follows from the others. */
export function isQrReference(reference: string): boolean {
  const digits = compact(reference);
  if (!/^\d{27}$/.test(digits) || /^0+$/.test(digits)) return false;
  let carry = 0;
  for (const digit of digits.slice(0, -1)) carry = CARRY[(carry + Number(digit)) % 10] ?? 0;
  return (10 - carry) % 10 === Number(digits.at(-1));
}

/** Whether an account of a Swiss bank is for payments with QR references (QR-IBAN). */
export function isQrIban(account: string): boolean {
  const bank = Number(compact(account).slice(4, 9));
  return isSwissIban(account) && bank >= 30_000 && bank <= 31_999;
}

/** Whether an account is an IBAN of Switzerland or Liechtenstein. */
export const isSwissIban = (account: string): boolean =>
  isIban(account) && /^(?:CH|LI)\d{7}.{12}$/.test(compact(account));

const inFours = (text: string): string => compact(text).replaceAll(/(.{4})(?=.)/g, '$1 ');

/** An IBAN in groups of four, as people read it; another account as it came. */
export const writeAccount = (account: string): string => (looksLikeIban(account) ? inFours(account) : account);

/** A reference as people read it: of a QR-bill in groups of five from the right, a creditor reference in fours. */
export function writeReference(reference: string): string {
  if (isQrReference(reference)) return compact(reference).replaceAll(/\B(?=(?:.{5})+$)/g, ' ');
  return isCreditorReference(reference) ? inFours(reference) : reference;
}
