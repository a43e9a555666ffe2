import type { Messages } from '../../locales/messages.ts';
import { BadData } from '../read/bad-data.ts';
import type { DataWarning } from '../read/data-warning.ts';
import type { DateDoubt } from '../values/date-column.ts';
import type { NumberReading } from '../values/number-evidence.ts';

/** Cells of a column that could not be read as what they are used for. */
export interface Unread {
  /** Takes note of a cell that isn't empty; `row` counts from 1. */
  see(isRead: boolean, value: unknown, row: number): void;
  /** Cells that aren't empty. */
  cells: number;
  count: number;
  first: number;
  samples: string[];
}

const MOST_SAMPLES = 3;
const SAMPLE = 40;

const shorten = (text: string): string => (text.length > SAMPLE ? `${text.slice(0, SAMPLE)}…` : text);

/** Creates a count of cells that could not be read. */
export function createUnread(): Unread {
  return {
    cells: 0,
    count: 0,
    first: 0,
    samples: [],
    see(isRead, value, row) {
      this.cells += 1;
      if (isRead) return;
      if (this.count === 0) this.first = row;
      this.count += 1;
      if (this.samples.length >= MOST_SAMPLES) return;
      const sample = shorten(String(value).replaceAll(/\s+/g, ' ').trim());
      if (!this.samples.includes(sample)) this.samples.push(sample);
    },
  };
}

const listSamples = ({ samples, count }: Unread): string =>
  samples.filter(Boolean).join(', ') + (count > samples.length && samples.length >= MOST_SAMPLES ? ', …' : '');

/** What a sentence tells of: the sum of a table, or a chart; and what the other rows lack. */
export interface PartialOf {
  of: 'total' | 'chart';
  what: 'number' | 'date';
}

/** The sentence below a table or a chart that was made of a part of its rows. */
export function tellPartial(unread: Unread, { of, what }: PartialOf, lang: string, messages: Messages): string {
  const { cells, count } = unread;
  const number = new Intl.NumberFormat(lang);
  const fill = (text: string): string =>
    text
      .replace('{read}', number.format(cells - count))
      .replace('{all}', number.format(cells))
      .replace('{count}', number.format(count));
  const isOne = new Intl.PluralRules(lang).select(count) === 'one';
  const part = fill(of === 'total' ? messages.partialTotal : messages.partialChart);
  const words = {
    number: { one: messages.noNumber, other: messages.noNumbers },
    date: { one: messages.noDate, other: messages.noDates },
  }[what];
  const samples = listSamples(unread);
  return `${part}; ${fill(isOne ? words.one : words.other)}${samples === '' ? '' : `: ${samples}`}`;
}

/** A column, as warnings name it and errors point at it. */
export interface NamedColumn {
  /** `Column "amount"`. */
  name: string;
  /** Where the request has the table or chart, as a JSON pointer; '' where that is not known. */
  pointer: string;
  /** Whether what could not be read, or can be read in two ways, ends the report. */
  isStrict: boolean;
}

const at = (pointer: string): string => (pointer === '' ? '' : ` of ${pointer}`);

/** The warning of a column's cells that could not be read, none where all were. Throws BadData of a strict report. */
export function warnOfUnread(
  unread: Unread,
  { name, pointer, isStrict }: NamedColumn,
  { what, outcome }: { what: string; outcome: string },
): DataWarning[] {
  const { count, cells, first } = unread;
  if (count === 0) return [];
  const are = count === 1 ? `is no ${what}` : `are no ${what}s`;
  const counts = `${count.toLocaleString('en')} of ${cells.toLocaleString('en')} values ${are}`;
  const samples = unread.samples.map((sample) => `"${sample}"`).join(', ');
  const sentence = `${name}: ${counts} (${samples}; the first in row ${first.toLocaleString('en')})`;
  // What is empty was not read wrongly.
  if (isStrict && unread.samples.some(Boolean)) {
    throw new BadData(`${sentence}${at(pointer)}: mend the data, or leave out "strict" to have them named instead.`);
  }
  return [{ code: 'format_mismatch', message: `${sentence}. ${outcome}` }];
}

function settle(named: NamedColumn, code: string, sentence: string, advice: string): DataWarning[] {
  if (named.isStrict) throw new BadData(`${sentence}: ${advice}${at(named.pointer)}.`);
  return [{ code, message: `${sentence}: ${advice} to say which.` }];
}

/** The warning of numbers that have two readings. Throws BadData of a strict report. */
export function warnOfNumbers({ doubt, sign }: NumberReading, named: NamedColumn): DataWarning[] {
  if (!doubt) return [];
  const { what, sample, point, comma, isByOthers } = doubt;
  const taken = sign === '.' ? 'a point' : 'a comma';
  const advice = 'set "decimal"';
  if (what === 'either') {
    const readings = `"${sample}" is ${point} with a decimal point and ${comma} with a decimal comma`;
    const why = isByOthers ? ', as other columns have it' : '';
    const sentence = `${named.name}: ${readings}, and no value tells which; it was read with ${taken}${why}`;
    return settle(named, 'ambiguous_numbers', sentence, advice);
  }
  const mixed = `${named.name} has decimals behind a point ("${point}") and behind a comma ("${comma}")`;
  const rest = sample === '' ? 'each was read as it was written' : `"${sample}" was read with ${taken}`;
  return settle(named, 'ambiguous_numbers', `${mixed}; ${rest}`, advice);
}

/** The warnings of numbers that count different things. Throws BadData of a strict report. */
export function warnOfMixed(
  mixed: readonly string[],
  { name, pointer, isStrict }: NamedColumn,
  outcome: string,
): DataWarning[] {
  return mixed.map((units) => {
    if (isStrict) throw new BadData(`${name} has ${units}${at(pointer)}: have a column for each.`);
    return { code: 'mixed_units', message: `${name} has ${units}: ${outcome}.` };
  });
}

/** The warning of dates that have two readings; `order` is the one that was taken. Throws BadData of a strict report. */
export function warnOfDates(doubt: DateDoubt | undefined, taken: string, named: NamedColumn): DataWarning[] {
  if (!doubt) return [];
  const { what, sample, DMY, MDY } = doubt;
  const readings =
    what === 'either'
      ? `"${sample}" is ${DMY} with the day first and ${MDY} with the month first, and no value tells which`
      : `has dates with the day first ("${DMY}") and with the month first ("${MDY}")`;
  const sentence = `${named.name}${what === 'either' ? ':' : ''} ${readings}; "${sample}" was read as ${taken}`;
  return settle(named, 'ambiguous_dates', sentence, 'set "dateFormat"');
}
