import { createFormatter } from '../../text/formats.ts';
import type { MeasureLabel } from './axes/category-axis.ts';
import { numberStyle } from './number-style.ts';

/** Prints a value beside its bar or point. */
export type WriteValue = (value: number) => string;

/** A label says no more than this many digits of the largest value. */
const DIGITS = 3;

function writeWith(locale: string, options: Intl.NumberFormatOptions): WriteValue {
  const format = new Intl.NumberFormat(locale, options);
  return (value) => format.format(value);
}

/** A format says no more than this many decimals by itself. */
const MOST_DECIMALS = 3;

/**
 * Ways to write the values, from the exact one, which tables have, to the short: with three digits where the format
 * leaves the decimals open, amounts of money without ",00", and large ones as "1.2M" in the locale's own way.
 */
export function valueWriters(values: readonly number[], format = 'number', locale: string): WriteValue[] {
  const own = createFormatter(format, locale);
  const exact: WriteValue = (value) => own(value).text;
  if (format === 'bytes') return [exact];
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  const style = numberStyle(format);
  const scale = style.style === 'percent' ? 100 : 1;
  const decimals = largest === 0 ? 0 : Math.max(0, DIGITS - 1 - Math.floor(Math.log10(largest * scale) + 1e-9));
  const short = writeWith(locale, { ...style, notation: 'compact', maximumFractionDigits: 2 });
  if (decimals > 8) return [writeWith(locale, { ...style, notation: 'scientific', maximumFractionDigits: 2 })];
  if (style.style === 'currency')
    return [exact, writeWith(locale, { ...style, trailingZeroDisplay: 'stripIfInteger' }), short];
  const rounded = writeWith(locale, { ...style, maximumFractionDigits: decimals });
  if (format === 'percent') return [rounded, short];
  // What the format leaves out of small numbers would leave nothing.
  return format === 'number' && decimals > MOST_DECIMALS ? [rounded, short] : [exact, rounded, short];
}

/** The first way that is no wider than `room` points for every value; undefined when there is none. */
export const findWriter = (
  values: readonly number[],
  room: number,
  writers: readonly WriteValue[],
  measure: MeasureLabel,
): WriteValue | undefined => writers.find((write) => values.every((value) => measure(write(value)) <= room));
