import { digitsOfAmount } from './currency-digits.ts';
import { type Decimal, toDecimal, toFloat, toNumeric } from './decimal.ts';
import { createDecimalFormat } from './decimal-format.ts';

/** A value as it is printed; `fits` is false when it could not be written in the column's format. */
export interface Formatted {
  text: string;
  fits: boolean;
}

export type Formatter = (value: unknown) => Formatted;

/** What true and false are called. */
export interface BooleanWords {
  readonly yes: string;
  readonly no: string;
}

const SPEC = /^(?:(auto|text|date|datetime|bytes|percent)|(number)(?::(\d|10))?|(currency):([A-Z]{3}))$/;
/** What the reader of a column decides beside these: percentages and amounts with their own decimals. */
const JUDGED = /^(?:(percent)|(currency|sign):([A-Z]{3})):(\d{1,3})$/;
/** Percentages with more decimals have each their own. */
const MOST_COMMON_DECIMALS = 4;
/** The most decimals that Intl writes. */
const ALL_DECIMALS = 100;
const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

/** A year before is one that was typed wrongly. */
export const EARLIEST_YEAR = 1000;
const MOST_KNOWN_DATES = 5000;

/** Every ISO 4217 code that can be written; made once, since the list is long. */
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether `spec` is a format: auto (what the values are), text, number[:0-10], currency:<ISO 4217>, percent, date, datetime or bytes. */
export function isFormat(spec: string): boolean {
  const currency = SPEC.exec(spec)?.[5];
  return SPEC.test(spec) && (!currency || CURRENCIES.has(currency));
}

/** Whether values of this format are numbers, which stand to the right and can be summed. */
export const isNumeric = (spec: string | undefined): boolean =>
  /^(number|currency|percent|bytes|exact|sign|written)/.test(spec ?? '');

/** Whether values of this format are read as one thing, and so stay on one line: numbers and dates. */
export const isUnbroken = (spec: string | undefined): boolean => isNumeric(spec) || /^date/.test(spec ?? '');

/**
 * Milliseconds of the wall clock that a date names. An offset is read over: a report prints the time its writer
 * wrote, wherever the worker stands. Undefined when it is no date (2026-02-30 is none).
 */
function toWallClock(value: unknown): number | undefined {
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  if (year < EARLIEST_YEAR) return undefined;
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(time);
  return read.getUTCMonth() === month - 1 && read.getUTCDate() === day && hour < 24 && minute < 60 ? time : undefined;
}

function byteFormat(locale: string): (bytes: number) => string {
  const formats = BYTE_UNITS.map(
    (unit) => new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }),
  );
  return (bytes) => {
    // 999.95 kB would print as 1,000 kB: it is a megabyte already.
    let step = 0;
    let amount = bytes;
    while (Math.abs(amount) >= (step === 0 ? 1000 : 999.95) && step < BYTE_UNITS.length - 1) {
      amount /= 1000;
      step += 1;
    }
    return formats[step]?.format(amount) ?? String(bytes);
  };
}

/** From here on a number of few digits is written with an exponent: its zeros would fill a line and tell nothing. */
const HUGE = 10n ** 21n;
const FEW_DIGITS = 7;

/** Whether a number is read more easily with an exponent, which loses none of its digits. */
function isHuge({ digits, scale }: Decimal): boolean {
  if (scale > 0 || (digits < HUGE && digits > -HUGE)) return false;
  return String(digits).replace(/^-|0+$/g, '').length <= FEW_DIGITS;
}

function numberFormat(spec: string, locale: string): (value: Decimal) => string {
  const ordinary = ordinaryFormat(spec, locale);
  const huge = new Intl.NumberFormat(locale, { notation: 'scientific', maximumFractionDigits: FEW_DIGITS - 1 });
  return (value) => (isHuge(value) ? huge.format(toNumeric(value)) : ordinary(value));
}

/** How Intl writes what the reader of a column decided; undefined for a format of a request. */
function judgedOptions(spec: string): Intl.NumberFormatOptions | undefined {
  const [match, percent, sort, currency, digits] = JUDGED.exec(spec) ?? [];
  if (!match) return undefined;
  const decimals = Math.min(Number(digits), ALL_DECIMALS);
  const least = percent && decimals > MOST_COMMON_DECIMALS ? 0 : decimals;
  const options = { minimumFractionDigits: least, maximumFractionDigits: decimals };
  if (percent) return { style: 'percent', ...options };
  // The sign alone: which of the currencies that have it is meant, nobody said.
  return { style: 'currency', currency, ...(sort === 'sign' && { currencyDisplay: 'narrowSymbol' }), ...options };
}

/** Writes amounts as people do who use the currency, but never without decimals that are not zero. */
function amountFormat(currency: string, locale: string): (value: Decimal) => string {
  const formats = new Map<number, (value: Decimal) => string>();
  return (value) => {
    const digits = digitsOfAmount(value, currency);
    const known = formats.get(digits);
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    const format = known ?? createDecimalFormat(locale, { style: 'currency', currency, ...options });
    if (!known) formats.set(digits, format);
    return format(value);
  };
}

function ordinaryFormat(spec: string, locale: string): (value: Decimal) => string {
  const [, simple, , decimals, , currency] = SPEC.exec(spec) ?? [];
  if (simple === 'bytes') {
    const bytes = byteFormat(locale);
    return (value) => bytes(toFloat(value));
  }
  if (currency) return amountFormat(currency, locale);
  let options: Intl.NumberFormatOptions = judgedOptions(spec) ?? { maximumFractionDigits: 3 };
  if (simple === 'percent') options = { style: 'percent', maximumFractionDigits: 1 };
  if (decimals) options = { minimumFractionDigits: Number(decimals), maximumFractionDigits: Number(decimals) };
  return createDecimalFormat(locale, options);
}

/** Writes numbers with all the decimals that they have, zeros too, grouped. */
function createExactFormatter(locale: string): Formatter {
  const huge = numberFormat('number', locale);
  const formats = new Map<number, (value: Decimal) => string>();
  const formatFor = (decimals: number) => {
    const known = formats.get(decimals);
    const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    const format = known ?? createDecimalFormat(locale, options);
    formats.set(decimals, format);
    return format;
  };
  return (value) => {
    const number = toDecimal(value);
    if (!number) return { text: value === undefined || value === null ? '' : String(value), fits: false };
    if (isHuge(number)) return { text: huge(number), fits: true };
    return { text: formatFor(Math.min(number.scale, ALL_DECIMALS))(number), fits: true };
  };
}

/** Writes a number as a percentage, or beside its currency, with all its digits. */
function printUnit(number: Decimal, unit: string, locale: string): string {
  const digits = { maximumFractionDigits: ALL_DECIMALS };
  if (unit === '%') return new Intl.NumberFormat(locale, { style: 'percent', ...digits }).format(toNumeric(number));
  if (!CURRENCIES.has(unit)) return `${new Intl.NumberFormat(locale, digits).format(toNumeric(number))} ${unit}`;
  return new Intl.NumberFormat(locale, { style: 'currency', currency: unit, ...digits }).format(toNumeric(number));
}

/** Whether a value is a date of a workbook. */
const isDated = (value: unknown): value is { iso: string } =>
  typeof value === 'object' && value !== null && 'iso' in value && typeof value.iso === 'string';

/** Without a format numbers keep all their digits and are not grouped: a year or an order number stays readable. */
function plainFormat(locale: string, words: BooleanWords | undefined): Formatter {
  const digits = createDecimalFormat(locale, { useGrouping: false, maximumFractionDigits: ALL_DECIMALS });
  const huge = numberFormat('number', locale);
  const print = (value: Decimal) => (isHuge(value) ? huge(value) : digits(value));
  const dates = new Map<string, Formatter>();
  const printDate = (iso: string): string => {
    const spec = iso.includes('T') ? 'datetime' : 'date';
    const format = dates.get(spec) ?? dateFormat(spec, locale);
    dates.set(spec, format);
    return format(iso).text;
  };
  return (value) => {
    const number = typeof value === 'string' ? undefined : toDecimal(value);
    if (number && 'text' in number) return { text: String(number.text), fits: true };
    // A workbook's cell says what its number counts.
    if (number && 'unit' in number) return { text: printUnit(number, String(number.unit), locale), fits: true };
    // So does one that is a date, among others that are none.
    if (isDated(value)) return { text: printDate(value.iso), fits: true };
    if (words && typeof value === 'boolean') return { text: value ? words.yes : words.no, fits: true };
    return { text: number ? print(number) : String(value), fits: true };
  };
}

function dateFormat(spec: string, locale: string): Formatter {
  const options: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeZone: 'UTC' };
  const format = new Intl.DateTimeFormat(locale, spec === 'datetime' ? { ...options, timeStyle: 'short' } : options);
  // A long table has few different days.
  const known = new Map<unknown, Formatted>();
  return (value) => {
    const before = known.get(value);
    if (before) return before;
    const time = toWallClock(value);
    const formatted =
      time === undefined ? { text: String(value), fits: false } : { text: format.format(time), fits: true };
    if (known.size < MOST_KNOWN_DATES) known.set(value, formatted);
    return formatted;
  };
}

/**
 * Prints values of one column by the locale, and true and false by `words` where they are given. A missing value is printed as nothing; one that is not of the format
 * is printed as it is, and says so.
 */
export function createFormatter(spec: string | undefined, locale: string, words?: BooleanWords): Formatter {
  const format = createValueFormatter(spec ?? 'text', locale, words);
  return (value) => (value === null || value === undefined || value === '' ? { text: '', fits: true } : format(value));
}

function createValueFormatter(spec: string, locale: string, words: BooleanWords | undefined): Formatter {
  if (spec === 'date' || spec === 'datetime') return dateFormat(spec, locale);
  if (spec === 'exact') return createExactFormatter(locale);
  const plain = plainFormat(locale, words);
  if (!isNumeric(spec) || spec === 'written') return plain;
  const format = numberFormat(spec, locale);
  return (value) => {
    const number = toDecimal(value);
    return number === undefined ? { ...plain(value), fits: false } : { text: format(number), fits: true };
  };
}
