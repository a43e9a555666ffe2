import { isoInZone, offsetOf } from '../../dates/time-zone.ts';
import { isDecimal, toFloat } from '../../text/decimal.ts';
import { isDateName, isMomentName } from './date-names.ts';
import { createPatternReader } from './date-pattern.ts';
import { plainDigits } from './digits.ts';
import { isEmpty, isNothing } from './empty.ts';
import { SheetDate } from './sheet-value.ts';
import { both, type DateOrder, readDateNumber, readWrittenDate, type WrittenDate } from './written-date.ts';

/** Two readings of one date, where the column has none that fits one alone. */
export interface DateDoubt {
  what: 'either' | 'mixed';
  sample: string;
  DMY: string;
  MDY: string;
}

/** A column of dates: what its cells have shown, and how they are read once that is decided. */
export interface DateColumn {
  /** Takes note of a cell. */
  see(value: unknown): void;
  /**
   * Whether every cell that has something is a date that was written as one, and there is one. Years of two digits alone
   * are no date where the column is not called so; Unix time is one where the column is called as one of moments.
   */
  isDates(name: string): boolean;
  /** The same but for few cells. */
  isMostlyDates(name: string): boolean;
  /** Whether one of them has a time. */
  hasTimes(): boolean;
  /** Decides the order; `doubt` says where the locale had to, or where cells are at odds. */
  decide(): DateDoubt | undefined;
  /** The ISO text of a cell's date; undefined where it is none. */
  read(value: unknown): string | undefined;
}

/** A long table has few different days. */
const MOST_KNOWN = 5000;
/** Longer texts are no dates. */
const MOST_CHARACTERS = 60;
const SAMPLE = 40;
const DAY_LENGTH = 10;
/** A column of dates may have this part of other cells. */
const MOST_OTHERS = 0.1;
const NUMBER = /^\d{5,13}(?:[.,]\d{1,12})?$/;
/** Texts of digits alone are no dates unless somebody says that they are. */
const COMPACT = /^\d+$/;

/** Unix time that is most likely one: from 2001 to 2039, in seconds and in milliseconds. */
const MOMENTS = [1e9, 2.2e9] as const;
const DIGITS_OF_MOMENTS = /^(?:\d{10}|\d{13})$/;
const isMoment = (value: number): boolean => {
  const seconds = value < 1e11 ? value : value / 1000;
  return Number.isInteger(value) && seconds >= MOMENTS[0] && seconds < MOMENTS[1];
};

/** The order of day and month in a locale. */
function orderOf(locale: string): DateOrder {
  const parts = new Intl.DateTimeFormat(locale, { dateStyle: 'short', calendar: 'gregory' }).formatToParts(0);
  const types = parts.map(({ type }) => type);
  // Where the year comes first, other dates that are met have the day first.
  return types.indexOf('month') < types.indexOf('day') && types.indexOf('year') > 0 ? 'MDY' : 'DMY';
}

/** The same moment on the wall clock of a time zone. */
function inZone(iso: string | undefined, offset: number, timeZone: string): string | undefined {
  // A day alone is no moment.
  if (iso === undefined || iso.length === DAY_LENGTH) return iso;
  return isoInZone(Date.parse(`${iso}Z`) - offset * 60_000, timeZone);
}

class Column implements DateColumn {
  readonly #locale: string;
  readonly #timeZone: string | undefined;
  readonly #readPattern: ((text: string) => string | undefined) | undefined;
  readonly #known = new Map<string, WrittenDate | undefined>();
  readonly #samples: Record<DateOrder | 'either', string> = { DMY: '', MDY: '', either: '' };
  readonly #counts: Record<DateOrder | 'either', number> = { DMY: 0, MDY: 0, either: 0 };
  #cells = 0;
  #written = 0;
  #moments = 0;
  #hasTimes = false;
  #isShort = false;
  #order: DateOrder;

  constructor(locale: string, pattern: string | undefined, timeZone: string | undefined) {
    this.#locale = locale;
    this.#order = orderOf(locale);
    this.#timeZone = timeZone;
    this.#readPattern = pattern === undefined ? undefined : createPatternReader(pattern, locale);
  }

  see(value: unknown): void {
    if (isEmpty(value)) return;
    if (typeof value !== 'string') {
      this.#cells += 1;
      this.#seeTyped(value);
      return;
    }
    const date = this.#take(value);
    if (!date && isNothing(value)) return;
    this.#cells += 1;
    if (!date) return;
    if (DIGITS_OF_MOMENTS.test(value) && isMoment(Number(value))) this.#moments += 1;
    if (!COMPACT.test(value)) this.#written += 1;
    if ((date.DMY ?? date.MDY ?? '').length > DAY_LENGTH) this.#hasTimes = true;
    if (date.isShort) this.#isShort = true;
    if (date.DMY === date.MDY) return;
    const which = date.DMY === undefined ? 'MDY' : date.MDY === undefined ? 'DMY' : 'either';
    this.#counts[which] += 1;
    if (this.#samples[which] === '') this.#samples[which] = value.slice(0, SAMPLE);
  }

  #seeTyped(value: unknown): void {
    if (value instanceof SheetDate) {
      this.#written += 1;
      if (value.iso.length > DAY_LENGTH) this.#hasTimes = true;
    } else if (isMoment(isDecimal(value) ? toFloat(value) : Number(value))) {
      this.#moments += 1;
      this.#hasTimes = true;
    }
  }

  /** Cells that are dates in a column of that name. */
  #countDates(name: string): number {
    const hasMoments = this.#moments > 0 && !this.#readPattern && isMomentName(name);
    return this.#written + (hasMoments ? this.#moments : 0);
  }

  isDates(name: string): boolean {
    if (this.#cells === 0 || this.#countDates(name) < this.#cells) return false;
    return !this.#isShort || isDateName(name);
  }

  isMostlyDates(name: string): boolean {
    const dates = this.#countDates(name);
    const others = this.#cells - dates;
    const isFew = others <= this.#cells * MOST_OTHERS || (others === 1 && dates > 1);
    return dates > 0 && isFew && (!this.#isShort || isDateName(name));
  }

  hasTimes(): boolean {
    return this.#hasTimes;
  }

  decide(): DateDoubt | undefined {
    const { DMY, MDY, either } = this.#counts;
    if (DMY > 0 && MDY === 0) this.#order = 'DMY';
    else if (MDY > 0 && DMY === 0) this.#order = 'MDY';
    else if (DMY > 0 && MDY > 0) {
      if (DMY !== MDY) this.#order = DMY > MDY ? 'DMY' : 'MDY';
      if (either === 0) return undefined;
      return { what: 'mixed', sample: this.#samples.either, DMY: this.#samples.DMY, MDY: this.#samples.MDY };
    }
    if (DMY + MDY > 0 || either === 0) return undefined;
    const sample = this.#samples.either;
    const date = this.#take(sample);
    return { what: 'either', sample, DMY: date?.DMY ?? '', MDY: date?.MDY ?? '' };
  }

  read(value: unknown): string | undefined {
    if (typeof value === 'string') {
      const date = this.#take(value);
      if (!date) return undefined;
      // What has one reading alone is read that way.
      return date[this.#order] ?? date.DMY ?? date.MDY;
    }
    if (value instanceof SheetDate) return value.iso;
    if (this.#readPattern) return this.#take(isDecimal(value) ? String(toFloat(value)) : String(value))?.DMY;
    if (typeof value === 'number') return readDateNumber(value, this.#timeZone);
    return isDecimal(value) ? readDateNumber(toFloat(value), this.#timeZone) : undefined;
  }

  #take(text: string): WrittenDate | undefined {
    if (text.length > MOST_CHARACTERS) return undefined;
    const before = this.#known.get(text);
    if (before !== undefined || this.#known.has(text)) return before;
    const date = this.#parse(text);
    if (this.#known.size < MOST_KNOWN) this.#known.set(text, date);
    return date;
  }

  #parse(text: string): WrittenDate | undefined {
    if (this.#readPattern) {
      return both(this.#readPattern(plainDigits(text)));
    }
    const date = readWrittenDate(text, this.#locale);
    if (date) return this.#tellInZone(date, text);
    const digits = plainDigits(text);
    return both(NUMBER.test(digits) ? readDateNumber(Number(digits.replace(',', '.')), this.#timeZone) : undefined);
  }

  #tellInZone(date: WrittenDate, text: string): WrittenDate {
    const offset = this.#timeZone === undefined ? undefined : offsetOf(plainDigits(text));
    if (this.#timeZone === undefined || offset === undefined) return date;
    return {
      ...date,
      DMY: inZone(date.DMY, offset, this.#timeZone),
      MDY: inZone(date.MDY, offset, this.#timeZone),
    };
  }
}

/**
 * Creates a column of dates; `pattern` says how they are written, else their cells do. Moments, those that say how far
 * they are from UTC, are told by the clock of `timeZone`; without it as they were written.
 */
export const createDateColumn = (locale: string, pattern?: string, timeZone?: string): DateColumn =>
  new Column(locale, pattern, timeZone);
