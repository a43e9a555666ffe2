import { isoInZone } from '../../dates/time-zone.ts';
import { EARLIEST_YEAR } from '../../text/formats.ts';
import { plainDigits } from './digits.ts';
import { calendarOf } from './locale-dates/calendars.ts';
import { createLocaleDates, type LocaleDateReader } from './locale-dates/patterns.ts';
import { monthOf } from './month-names.ts';

/** Which of two numbers is the day: `31/10/2026` or `10/31/2026`. */
export type DateOrder = 'DMY' | 'MDY';

/** A date as people write it, in one order or in both. ISO texts: `2026-10-31`, with a time `2026-10-31T14:30:05`. */
export interface WrittenDate {
  DMY: string | undefined;
  MDY: string | undefined;
  /** Whether it is three short numbers, as versions and bank codes are too: `1.2.10`. */
  isShort: boolean;
}

const MOST_CHARACTERS = 60;
const TIME = String.raw`(?:(?:[T ]|, ?)(?<hour>\d{1,2})(?:[:.](?<minute>\d\d)(?:[:.](?<second>\d\d)(?:[.,]\d{1,9})?)?)?(?: ?(?<half>[AaPp])\.?[Mm]\.?)?(?: ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))?)?`;
const YEAR_FIRST = new RegExp(
  String.raw`^(?<year>\d{4})(?:-|/|\.|\. |年 ?|년 ?)(?<month>\d{1,2})(?:-|/|\.|\. |月 ?|월 ?)(?<day>\d{1,2})(?:\.|日|일)?${TIME}$`,
);
const COMPACT =
  /^(?<year>(?:19|20)\d\d)(?<month>\d\d)(?<day>\d\d)(?:T?(?<hour>\d\d)(?<minute>\d\d)(?<second>\d\d)?Z?)?$/;
const YEAR_LAST = new RegExp(
  String.raw`^(?<first>\d{1,2})(?<mark>/|-|\.|\. )(?<second_>\d{1,2})\k<mark>(?<year>\d{4}|\d\d)\.?${TIME}$`,
);
const WEEKDAY = String.raw`(?:\p{L}{2,14}\.?,? )?`;
const NAME = String.raw`(?<name>\p{L}{2,14})`;
const DAY_NAME = new RegExp(
  String.raw`^${WEEKDAY}(?<day>\d{1,2})(?:\.|st|nd|rd|th|er)?(?:-|/| |\. ?)(?:de |of )?${NAME}\.?,?(?:-|/| )(?:de )?(?<year>\d{4}|\d\d)\.?${TIME}$`,
  'u',
);
const NAME_DAY = new RegExp(
  String.raw`^${WEEKDAY}${NAME}\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,? (?<year>\d{4})${TIME}$`,
  'u',
);
const YEAR_NAME = new RegExp(String.raw`^(?<year>\d{4})(?:-| )${NAME}\.?(?:-| )(?<day>\d{1,2})${TIME}$`, 'u');
/** Two digits from here on are of the century before. */
const PIVOT = 69;

type Parts = Record<string, string | undefined>;

const two = (number: number): string => String(number).padStart(2, '0');

/** The year that two or four digits mean. */
export function fullYear(text: string): number {
  const year = Number(text);
  if (text.length > 2) return year;
  return year < PIVOT ? 2000 + year : 1900 + year;
}

/** The time of a date as ISO has it; '' where there is none, undefined where it is no time of a day. */
function timeOf({ hour, minute, second, half }: Parts): string | undefined {
  if (hour === undefined) return '';
  if (minute === undefined && half === undefined) return undefined;
  let hours = Number(hour);
  if (half !== undefined) {
    if (hours < 1 || hours > 12) return undefined;
    hours = (hours % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  }
  const [minutes, seconds] = [Number(minute ?? 0), Number(second ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
  return `T${two(hours)}:${two(minutes)}:${two(seconds)}`;
}

/** The ISO text of a day that is in the calendar; undefined for one that is not. */
export function isoOf(year: number, month: number, day: number, time = ''): string | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31 || year < EARLIEST_YEAR) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}${time}`;
}

/** A date that has one reading alone. */
export const both = (iso: string | undefined): WrittenDate | undefined =>
  iso === undefined ? undefined : { DMY: iso, MDY: iso, isShort: false };

function readNamed(groups: Parts, locale: string, time: string): WrittenDate | undefined {
  const month = monthOf(groups['name'] ?? '', locale);
  return month === undefined
    ? undefined
    : both(isoOf(fullYear(groups['year'] ?? ''), month, Number(groups['day']), time));
}

function readYearLast(groups: Parts, time: string): WrittenDate | undefined {
  const year = fullYear(groups['year'] ?? '');
  const [first, second] = [Number(groups['first']), Number(groups['second_'])];
  const DMY = isoOf(year, second, first, time);
  // With points between them nobody begins with the month.
  const MDY = groups['mark']?.startsWith('.') ? undefined : isoOf(year, first, second, time);
  const isShort = groups['year']?.length === 2 && time === '';
  return DMY || MDY ? { DMY, MDY, isShort } : undefined;
}

/** A year, and a day: without both there is nothing that a locale could say of a text. */
const HAS_DATE = /^(?=.*(?<!\d)\d{4}(?!\d))(?=.*(?<!\d)\d{1,2}(?!\d))/;
const BEHIND = new RegExp(`^${TIME}$`);
/** By locale: what reads dates as it writes them, and whether it counts years otherwise than we do. */
const readers = new Map<string, LocaleDateReader>();
const otherwise = new Map<string, boolean>();

function countsOtherwise(locale: string): boolean {
  const known = otherwise.get(locale) ?? calendarOf(locale) !== 'gregory';
  otherwise.set(locale, known);
  return known;
}

function readerOf(locale: string): LocaleDateReader {
  const known = readers.get(locale);
  if (known) return known;
  const reader = createLocaleDates(locale, (text, { year, month, day }) => {
    const date = readUsual(plainDigits(text).replaceAll(/ +/g, ' '), locale);
    const iso = isoOf(year, month, day);
    return date?.DMY === iso || date?.MDY === iso;
  });
  readers.set(locale, reader);
  return reader;
}

/** Reads a date as Intl writes it in a locale. */
function readLocal(plain: string, read: LocaleDateReader): WrittenDate | undefined {
  const found = read(plain);
  const groups = found && BEHIND.exec(found.rest)?.groups;
  const time = groups && timeOf(groups);
  return found && time !== undefined ? both(isoOf(found.year, found.month, found.day, time)) : undefined;
}

/** Reads a text as a date, in whatever usual form, or as a locale writes it; undefined for what is none. */
export function readWrittenDate(text: string, locale: string): WrittenDate | undefined {
  if (text.length > MOST_CHARACTERS || text.length < 6 || !/\p{Nd}/u.test(text)) return undefined;
  const plain = plainDigits(text).replaceAll(/ +/g, ' ');
  const usual = readUsual(plain, locale);
  if (!HAS_DATE.test(plain)) return usual;
  // Where years are counted otherwise, what looks like one of ours may be one of theirs.
  return usual && !countsOtherwise(locale) ? usual : (readLocal(plain, readerOf(locale)) ?? usual);
}

/** Reads a date in the forms that are usual anywhere. */
function readUsual(plain: string, locale: string): WrittenDate | undefined {
  for (const shape of [YEAR_FIRST, COMPACT]) {
    const groups = shape.exec(plain)?.groups;
    if (!groups) continue;
    const time = timeOf(groups);
    if (time === undefined) return undefined;
    return both(isoOf(Number(groups['year']), Number(groups['month']), Number(groups['day']), time));
  }
  const numbers = YEAR_LAST.exec(plain)?.groups;
  const named = numbers
    ? undefined
    : [DAY_NAME, NAME_DAY, YEAR_NAME].map((shape) => shape.exec(plain)?.groups).find(Boolean);
  const groups = numbers ?? named;
  const time = groups && timeOf(groups);
  if (!groups || time === undefined) return undefined;
  return numbers ? readYearLast(numbers, time) : readNamed(groups, locale, time);
}

const DAY_MS = 86_400_000;
/** Day 0 of spreadsheets: their first days count a 29 February 1900 that never was. */
const SERIAL_START = Date.UTC(1899, 11, 30);
const SERIALS = [20_000, 80_000] as const;
const SECONDS = [1e8, 1e11] as const;
const LATEST_MS = 8.64e15;

function isoOfTime(time: number, timeZone?: string): string {
  const moment = Math.round(time / 1000) * 1000;
  const iso = timeZone ? isoInZone(moment, timeZone) : new Date(moment).toISOString();
  return iso.slice(iso.startsWith('+') ? 1 : 0).replace(/(?:T00:00:00)?(?:\.000Z)?$/, '');
}

/**
 * Reads a number as a date, by its size: a spreadsheet's count of days, `20261031`, Unix seconds, milliseconds.
 * The last two are moments, told by the clock of `timeZone` or of UTC. Returns undefined for what is none of them.
 */
export function readDateNumber(number: number, timeZone?: string): string | undefined {
  if (number >= SERIALS[0] && number < SERIALS[1]) return isoOfTime(SERIAL_START + number * DAY_MS);
  if (Number.isInteger(number) && COMPACT.test(String(number))) return readWrittenDate(String(number), 'en')?.DMY;
  if (number >= SECONDS[0] && number < SECONDS[1]) return isoOfTime(number * 1000, timeZone);
  if (number >= SECONDS[1] && number <= 253_402_300_799_000 && number <= LATEST_MS) return isoOfTime(number, timeZone);
  return undefined;
}
