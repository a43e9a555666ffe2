import { type Decimal, roundTo, withoutZeros } from './decimal.ts';

/** Currencies by the digits of their smallest unit, as ISO 4217 has them; all others have two. */
const DIGITS: Readonly<Record<number, string>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};
const USUAL = 2;

const known = new Map(
  Object.entries(DIGITS).flatMap(([digits, codes]) => codes.split(' ').map((code) => [code, Number(digits)] as const)),
);

/** Digits after the point of a currency's smallest unit (ISO 4217): 2 of NOK and HUF, none of JPY, 3 of KWD. */
export const minorDigits = (currency: string): number => known.get(currency) ?? USUAL;

const habits = new Map<string, number>();

/** Digits after the point with which people write a currency: none of HUF, though it has two. */
export function writtenDigits(currency: string): number {
  const before = habits.get(currency);
  if (before !== undefined) return before;
  const format = new Intl.NumberFormat('en', { style: 'currency', currency });
  const digits = format.resolvedOptions().maximumFractionDigits ?? USUAL;
  habits.set(currency, digits);
  return digits;
}

/**
 * Finds the digits after the point that an amount is printed with: as many as people write where that loses nothing of
 * it, else those of the currency's smallest unit.
 */
export function digitsOfAmount(amount: Decimal, currency: string): number {
  const [own, habit] = [minorDigits(currency), writtenDigits(currency)];
  if (habit >= own || withoutZeros(roundTo(amount, own)).scale > habit) return own;
  return habit;
}
