/** A value as it is printed; `fits` is false when it could not be written in the column's format. */
export interface Formatted {
  text: string;
  fits: boolean;
}

export type Formatter = (value: unknown) => Formatted;

const SPEC = /^(?:(text|date|datetime|bytes|percent)|(number)(?::(\d|10))?|(currency):([A-Z]{3}))$/;
const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];
const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;

const MOST_KNOWN_DATES = 5000;

/** Every ISO 4217 code that can be written; made once, since the list is long. */
const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** Whether `spec` is a format: text, number[:0-10], currency:<ISO 4217>, percent, date, datetime or bytes. */
export function isFormat(spec: string): boolean {
  const currency = SPEC.exec(spec)?.[5];
  return SPEC.test(spec) && (!currency || CURRENCIES.has(currency));
}

/** Whether values of this format are numbers, which stand to the right and can be summed. */
export const isNumeric = (spec: string | undefined): boolean => /^(number|currency|percent|bytes)/.test(spec ?? '');

/** Whether values of this format are read as one thing, and so stay on one line: numbers and dates. */
export const isUnbroken = (spec: string | undefined): boolean => isNumeric(spec) || /^date/.test(spec ?? '');

/** A number, or a text that is one as JSON would write it; undefined for all else. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && /^-?\d{1,300}(\.\d{1,300})?$/.test(value) ? Number(value) : undefined;
}

/**
 * Milliseconds of the wall clock that a date names. An offset is read over: a report prints the time its writer
 * wrote, wherever the worker stands. Undefined when it is no date (2026-02-30 is none).
 */
function toWallClock(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.abs(value) <= 8.64e15 ? value : undefined;
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (!match) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
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

/** From here on a number is written with an exponent: its hundreds of digits would fill a line and tell nothing. */
const HUGE = 1e21;

function numberFormat(spec: string, locale: string): (value: number) => string {
  const ordinary = ordinaryFormat(spec, locale);
  const huge = new Intl.NumberFormat(locale, { notation: 'scientific', maximumFractionDigits: 6 });
  return (value) => (Math.abs(value) < HUGE ? ordinary(value) : huge.format(value));
}

function ordinaryFormat(spec: string, locale: string): (value: number) => string {
  const [, simple, , decimals, , currency] = SPEC.exec(spec) ?? [];
  if (simple === 'bytes') return byteFormat(locale);
  let options: Intl.NumberFormatOptions = { maximumFractionDigits: 3 };
  if (simple === 'percent') options = { style: 'percent', maximumFractionDigits: 1 };
  if (currency) options = { style: 'currency', currency };
  if (decimals) options = { minimumFractionDigits: Number(decimals), maximumFractionDigits: Number(decimals) };
  const format = new Intl.NumberFormat(locale, options);
  return (value) => format.format(value);
}

/** Without a format numbers keep all their digits and are not grouped: a year or an order number stays readable. */
function plainFormat(locale: string): Formatter {
  const digits = new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 20 });
  const huge = numberFormat('number', locale);
  const print = (value: number) => (Math.abs(value) < HUGE ? digits.format(value) : huge(value));
  return (value) => ({ text: typeof value === 'number' ? print(value) : String(value), fits: true });
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
 * Prints values of one column by the locale. A missing value is printed as nothing; one that is not of the format
 * is printed as it is, and says so.
 */
export function createFormatter(spec: string | undefined, locale: string): Formatter {
  const format = createValueFormatter(spec ?? 'text', locale);
  return (value) => (value === null || value === undefined || value === '' ? { text: '', fits: true } : format(value));
}

function createValueFormatter(spec: string, locale: string): Formatter {
  if (spec === 'date' || spec === 'datetime') return dateFormat(spec, locale);
  const plain = plainFormat(locale);
  if (!isNumeric(spec)) return plain;
  const format = numberFormat(spec, locale);
  return (value) => {
    const number = toNumber(value);
    return number === undefined ? { ...plain(value), fits: false } : { text: format(number), fits: true };
  };
}

/** The sum of what is a number in `values`, with the rounding error of each step carried along (0.1 + 0.2 is 0.3). */
export function sumNumbers(values: Iterable<unknown>): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const number = toNumber(value) ?? 0;
    const next = sum + number;
    lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
    sum = next;
  }
  return sum + lost;
}
