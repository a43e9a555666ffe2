/** A decimal number, exactly: `digits` of which the last `scale` stand after the point. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/** A number with how it is printed, and the format by which spreadsheets show it. */
export interface PrintedNumber extends Decimal {
  readonly text: string;
  readonly format: string;
}

/** More digits on either side of the point, or a larger exponent, are no number: nobody means them. */
const MOST_DIGITS = 400;
/** Intl writes numbers of some digits more before the point as infinite, also as a sum of many. */
const MOST_WHOLE_DIGITS = 301;
const TEXT = new RegExp(
  String.raw`^([+-]?)(\d{0,${MOST_DIGITS}})(?:\.(\d{1,${MOST_DIGITS}}))?(?:[eE]([+-]?\d{1,3}))?$`,
);
const ZERO: Decimal = { digits: 0n, scale: 0 };
const powers = [1n];

/** Ten to the power of `exponent`, which is no less than zero. */
function powerOfTen(exponent: number): bigint {
  for (let next = powers.length; next <= exponent; next += 1) powers.push((powers[next - 1] ?? 1n) * 10n);
  return powers[exponent] ?? 1n;
}

/** Whether a value is a decimal: JSON can't have one. */
export const isDecimal = (value: unknown): value is Decimal =>
  typeof value === 'object' && value !== null && 'digits' in value && typeof value.digits === 'bigint';

/**
 * Reads a number as it was written, with a point and perhaps an exponent: 0.1 is one tenth, not the fraction that a
 * computer comes nearest with. Returns undefined for what is no number.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const [match, sign = '', whole = '', fraction = '', exponent = '0'] = TEXT.exec(text) ?? [];
  if (match === undefined || whole + fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  if (scale > MOST_DIGITS || whole.length + fraction.length - scale > MOST_WHOLE_DIGITS) return undefined;
  const size = scale < 0 ? digits * powerOfTen(-scale) : digits;
  return { digits: sign === '-' ? -size : size, scale: Math.max(0, scale) };
}

/** The decimal that a value is: itself, a finite number, or a text of one; undefined for all else. */
export function toDecimal(value: unknown): Decimal | undefined {
  if (typeof value === 'string') return /^-?\d/.test(value) ? parseDecimal(value) : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? parseDecimal(String(value)) : undefined;
  return isDecimal(value) ? value : undefined;
}

/** Reads a number that was checked before. Throws for what is none. */
export function readDecimal(value: number | string): Decimal {
  const decimal = parseDecimal(String(value));
  if (!decimal) throw new Error(`${value} is no number`);
  return decimal;
}

const digitsAt = ({ digits, scale }: Decimal, wanted: number): bigint =>
  wanted === scale ? digits : digits * powerOfTen(wanted - scale);

export function add(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return { digits: digitsAt(one, scale) + digitsAt(other, scale), scale };
}

export const multiply = (one: Decimal, other: Decimal): Decimal => ({
  digits: one.digits * other.digits,
  scale: one.scale + other.scale,
});

export const negate = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale });

/** Below zero where `one` is the smaller, above it where it is the larger. */
export function compare(one: Decimal, other: Decimal): number {
  const scale = Math.max(one.scale, other.scale);
  const [left, right] = [digitsAt(one, scale), digitsAt(other, scale)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Whether two are the same number, with however many decimals. */
export const isEqual = (one: Decimal, other: Decimal): boolean => compare(one, other) === 0;

/** Decimals that a part has beyond those of its whole: a third is 0.33333333333333333333. */
const PART_DECIMALS = 20;

/** A part of `count` equal ones; what doesn't come out even is rounded far behind the digits of the whole. */
export function divide({ digits, scale }: Decimal, count: number): Decimal {
  const whole = { digits: digits * powerOfTen(PART_DECIMALS), scale: scale + PART_DECIMALS };
  return { digits: divideRounded(whole.digits, BigInt(count)), scale: whole.scale };
}

/**
 * One number divided by another, which is not zero; what doesn't come out even is rounded at 20 decimals, or at those
 * of the dividend where it has more. Zeros at the end are dropped: 6 by 2 is 3.
 */
export function quotient(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(PART_DECIMALS, one.scale);
  const raised = one.digits * powerOfTen(scale - one.scale + other.scale);
  const [dividend, divisor] = other.digits < 0n ? [-raised, -other.digits] : [raised, other.digits];
  return withoutZeros({ digits: divideRounded(dividend, divisor), scale });
}

/** The number without the zeros at the end of its decimals. */
export function withoutZeros({ digits, scale }: Decimal): Decimal {
  if (scale === 0) return { digits, scale };
  if (digits === 0n) return ZERO;
  const zeros = Math.min(scale, /0*$/.exec(String(digits))?.[0].length ?? 0);
  return { digits: digits / powerOfTen(zeros), scale: scale - zeros };
}

/** A part of a whole number, rounded to a whole one; halves go away from zero. */
export function divideRounded(digits: bigint, divisor: bigint): bigint {
  const half = digits < 0n ? -divisor / 2n : divisor / 2n;
  return (digits + half) / divisor;
}

/** The number with `scale` decimals as a whole count of its smallest unit; halves are rounded away from zero. */
export function roundToUnits({ digits, scale: from }: Decimal, scale: number): bigint {
  return from <= scale ? digits * powerOfTen(scale - from) : divideRounded(digits, powerOfTen(from - scale));
}

/** The number rounded to at most `scale` decimals; halves are rounded away from zero. */
export const roundTo = (number: Decimal, scale: number): Decimal =>
  number.scale <= scale ? number : { digits: roundToUnits(number, scale), scale };

/** The number as Intl takes it without a loss. */
export function toNumeric({ digits, scale }: Decimal): Intl.StringNumericLiteral {
  if (scale === 0) return String(digits) as Intl.StringNumericLiteral;
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
  const point = text.length - scale;
  const sign = digits < 0n ? '-' : '';
  return `${sign}${text.slice(0, point)}.${text.slice(point)}` as Intl.StringNumericLiteral;
}

/** The nearest floating-point number: for drawing, not for adding up. */
export const toFloat = (decimal: Decimal): number => Number(toNumeric(decimal));

/** The sum of what is a number in `values`. */
export function sumDecimals(values: Iterable<unknown>): Decimal {
  let sum = ZERO;
  for (const value of values) sum = add(sum, toDecimal(value) ?? ZERO);
  return sum;
}
