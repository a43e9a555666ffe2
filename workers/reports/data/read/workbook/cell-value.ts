import { type Decimal, parseDecimal, toNumeric } from '../../../text/decimal.ts';
import { SheetDate, type SheetNumber } from '../../values/sheet-value.ts';
import { isoOf } from '../../values/written-date.ts';
import type { NumberFormat } from './number-format.ts';

/** What a cell has: a text, a number, a date, true or false. */
export type CellValue = string | SheetNumber | SheetDate | boolean;

/** More digits than a spreadsheet shows: what floating point adds. */
const MOST_DIGITS = 15;
const DAY_SECONDS = 86_400;
const LAST_DAY = 2_958_465;
/** The 29 February 1900 that spreadsheets count and no calendar has. */
const NO_DAY = 60;
const START_1900 = Date.UTC(1899, 11, 30);
const START_1904 = Date.UTC(1904, 0, 1);

/** Reads a number as XML has it: as it is written, but for the digits of a fraction that floating point adds. */
export function readSheetNumber(text: string): Decimal | undefined {
  const number = parseDecimal(text.trim());
  if (!number || number.scale === 0) return number;
  const digits = String(number.digits < 0n ? -number.digits : number.digits);
  if (digits.length <= MOST_DIGITS && !digits.endsWith('0')) return number;
  const rounded = digits.length > MOST_DIGITS ? Number(toNumeric(number)).toPrecision(MOST_DIGITS) : toNumeric(number);
  const [mantissa = '', exponent = ''] = rounded.split(/(?=e)/);
  return parseDecimal(mantissa.replace(/\.?0+$/, (zeros) => (mantissa.includes('.') ? '' : zeros)) + exponent);
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Hours, minutes, and seconds where there are some. */
function writeTime(seconds: number): string {
  const rest = seconds % 60;
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}`;
  return rest === 0 ? time : `${time}:${two(rest)}`;
}

/** The day that a number counts to; undefined for none. */
function dayOf(days: number, is1904: boolean): string | undefined {
  if (is1904) return isoDay(START_1904, days);
  if (days === NO_DAY) return undefined;
  // Before the day that never was they count from a day later.
  return isoDay(START_1900, days < NO_DAY ? days + 1 : days);
}

/** A long table has few different days. */
const days = new Map<number, string>();
const MOST_DAYS = 5000;

function isoDay(start: number, count: number): string {
  const time = start + count * DAY_SECONDS * 1000;
  const before = days.get(time);
  if (before !== undefined) return before;
  const iso = new Date(time).toISOString().slice(0, 10);
  if (days.size < MOST_DAYS) days.set(time, iso);
  return iso;
}

/** A number of days as the date or the time that its format shows; undefined for one that is none. */
function readSerial(number: Decimal, kind: NumberFormat['kind'], is1904: boolean): CellValue | undefined {
  const serial = Number(toNumeric(number));
  if (serial < 0 || serial >= LAST_DAY + 1) return undefined;
  const all = Math.round(serial * DAY_SECONDS);
  if (kind === 'duration') return writeTime(all);
  const days = kind === 'date' ? Math.floor(serial) : Math.floor(all / DAY_SECONDS);
  const seconds = all - Math.floor(all / DAY_SECONDS) * DAY_SECONDS;
  if (kind === 'time' || (days === 0 && !is1904)) return writeTime(seconds);
  const day = dayOf(days, is1904);
  if (day === undefined) return '1900-02-29';
  return new SheetDate(
    kind === 'date'
      ? day
      : `${day}T${two(Math.floor(seconds / 3600))}:${two(Math.floor((seconds % 3600) / 60))}:${two(seconds % 60)}`,
  );
}

/** The value of a cell that has a number, as its format shows it. */
export function fromNumber(text: string, format: NumberFormat, is1904: boolean): CellValue {
  const number = readSheetNumber(text);
  if (!number) return text;
  if (format.kind !== 'number') return readSerial(number, format.kind, is1904) ?? number;
  if (format.zeros > 0 && number.scale === 0 && number.digits >= 0n)
    return String(number.digits).padStart(format.zeros, '0');
  return withFormat(number, format);
}

/** A number with what its format shows of it. */
export function withFormat(
  number: Decimal,
  format: Pick<NumberFormat, 'isPercent' | 'currency' | 'decimals' | 'isGrouped'>,
): SheetNumber {
  const { isPercent, currency, decimals, isGrouped } = format;
  const unit = isPercent ? '%' : currency;
  const isAmount = isGrouped || unit !== '' || (decimals ?? 0) > 0;
  return {
    ...number,
    ...(decimals !== undefined && { decimals }),
    ...(unit !== '' && { unit }),
    ...(isAmount && { isAmount }),
  };
}

const ISO = /^(\d{4,5})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?Z?$/;

/** A date that is written as ISO 8601 has it; the text itself where it is none. */
export function fromIso(text: string): CellValue {
  const [, year, month, day, hour, minute, second = '00'] = ISO.exec(text) ?? [];
  const time = hour === undefined ? '' : `T${hour}:${minute}:${second}`;
  const iso = year === undefined ? undefined : isoOf(Number(year), Number(month), Number(day), time);
  return iso === undefined ? text.replace(/^T(?=\d)/, '') : new SheetDate(iso);
}

const ESCAPE = /_x([0-9A-Fa-f]{4})_/g;

/** A text of XLSX without the escapes that it has for characters which XML can't write; at its ends without spaces. */
export const fromText = (text: string): string =>
  (text.includes('_x')
    ? text.replace(ESCAPE, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    : text
  )
    .replaceAll('\r\n', '\n')
    .trim();

/** How a value stands among the names of columns, and where a row is looked at for them. */
export const textOf = (value: CellValue | undefined): string => {
  if (value === undefined) return '';
  return typeof value === 'object' && 'digits' in value ? toNumeric(value) : String(value);
};
