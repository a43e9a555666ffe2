import { CsvError, type Options } from 'csv-parse';
import { parse } from 'csv-parse/sync';
import { LOOKED_AT } from './records.ts';

/** How cells are quoted, and what a quote inside of one has before it. */
export interface Quoting {
  quote: string;
  escape: string;
}

/** Quotes as RFC 4180 has them: doubled inside a cell. */
const USUAL: Quoting = { quote: '"', escape: '"' };
/** Of MySQL, Go and PHP: `"19\" monitor"`. */
const BACKSLASH: Quoting = { quote: '"', escape: '\\' };
/** Of SQL: `'Ann, jr'`. */
const SINGLE: Quoting = { quote: "'", escape: "'" };

/** What every reading of a CSV has in common. */
export const CSV_OPTIONS = {
  record_delimiter: ['\r\n', '\n', '\r'],
  relax_column_count: true,
  relax_quotes: true,
  skip_records_with_empty_values: true,
  // Behind a quoted cell csv-parse bears no spaces but those that it cuts off itself: see `trimCells`.
  ltrim: true,
} satisfies Options;

/** So many characters of the beginning are looked at. */
export const SAMPLE_CHARACTERS = 100_000;

/** Whether all quotes of the beginning stand where they should, as they do not where cells are cut inside of them. */
export function hasStrictQuotes(text: string, delimiter: string, fromLine: number, quoting: Quoting): boolean {
  try {
    const options = { ...CSV_OPTIONS, ...quoting, delimiter, from_line: fromLine, to: LOOKED_AT, relax_quotes: false };
    parse(text.slice(0, SAMPLE_CHARACTERS), options);
    return true;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return error.code === 'CSV_QUOTE_NOT_CLOSED' && text.length >= SAMPLE_CHARACTERS;
  }
}

/** A row of cells that are all in single quotes. */
const isSingle = (line: string, delimiter: string): boolean =>
  line.length > 1 && line.split(`'${delimiter}'`).join('').match(/'/g)?.length === 2 && /^'.*'$/.test(line);

/**
 * Finds out how cells are quoted: as RFC 4180 has it, unless another way alone explains all quotes of the beginning. Of
 * single quotes all names of columns have to be in some: names of people have them too.
 */
export function detectQuoting(text: string, delimiters: readonly string[], fromLine: number): Quoting {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  const isStrict = (quoting: Quoting) => (delimiter: string) => hasStrictQuotes(text, delimiter, fromLine, quoting);
  if (sample.includes('\\"') && !delimiters.some(isStrict(USUAL)) && delimiters.some(isStrict(BACKSLASH))) {
    return BACKSLASH;
  }
  const first =
    sample
      .split(/\r\n|\n|\r/, fromLine)
      .at(-1)
      ?.trim() ?? '';
  const isQuoted = (delimiter: string) => isSingle(first, delimiter) && isStrict(SINGLE)(delimiter);
  return delimiters.some(isQuoted) ? SINGLE : USUAL;
}
