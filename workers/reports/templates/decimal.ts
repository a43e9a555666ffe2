/** A decimal number, exactly: `digits` of which the last `scale` stand after the point. */
export interface Decimal {
  digits: bigint;
  scale: number;
}

const DECIMAL = /^-?\d{1,12}(?:\.\d{1,6})?$/;

/** Whether a number, or a text of one, has at most 12 digits before and 6 after the point. */
export const isDecimal = (value: number | string): boolean => DECIMAL.test(String(value));

/** Reads a number as it was written: 0.1 is one tenth, not the fraction that a computer comes nearest with. */
export function readDecimal(value: number | string): Decimal {
  const [whole = '', fraction = ''] = String(value).split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

export const multiply = (one: Decimal, other: Decimal): Decimal => ({
  digits: one.digits * other.digits,
  scale: one.scale + other.scale,
});

/** The number with `scale` decimals as a whole count of its smallest unit; halves are rounded away from zero. */
export function roundToUnits({ digits, scale: from }: Decimal, scale: number): bigint {
  if (from <= scale) return digits * 10n ** BigInt(scale - from);
  const divisor = 10n ** BigInt(from - scale);
  const half = digits < 0n ? -divisor / 2n : divisor / 2n;
  return (digits + half) / divisor;
}

/** The number as Intl takes it without a loss. */
export function toNumeric({ digits, scale }: Decimal): Intl.StringNumericLiteral {
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const point = text.length - scale;
  const sign = digits < 0n ? '-' : '';
  return `${sign}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ''}` as Intl.StringNumericLiteral;
}
