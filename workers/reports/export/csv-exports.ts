import { join } from 'node:path';
import { signOf } from '../data/values/number-evidence.ts';
import { namesOfParts } from '../files/name-pdfs.ts';
import { openPieces } from '../files/pieces.ts';
import { type Decimal, toNumeric } from '../text/decimal.ts';
import type { ExportedCell } from './exported-cell.ts';
import type { ExportSetting, FormatExports } from './table-exports.ts';

/** Spreadsheets take a text that begins so for a formula, also behind what they drop. */
const FORMULA = /^[\s\0]*[=+\-@\t\r＝＋－＠]/;
/** Signed numbers and telephones do nothing. */
const HARMLESS = /^[+-][\d\s.,]+%?$/;
const BYTE_ORDER_MARK = '\ufeff';

/** A text that no spreadsheet takes for a formula: one that begins like one has an apostrophe in front. */
export const withoutFormula = (text: string): string =>
  FORMULA.test(text) && !HARMLESS.test(text) ? `'${text}` : text;

/** Writes values as the locale's spreadsheets read them: with its decimal sign, and all their digits. */
class CsvWriter {
  readonly #sign: string;
  readonly #delimiter: string;

  constructor(locale: string) {
    this.#sign = signOf(locale);
    this.#delimiter = this.#sign === ',' ? ';' : ',';
  }

  #number(number: Decimal, format: string | undefined): string {
    const isPercent = format?.startsWith('percent') === true;
    const shown = isPercent ? { digits: number.digits * 100n, scale: number.scale } : number;
    const text = toNumeric(shown);
    const exact = isPercent && text.includes('.') ? text.replace(/\.?0+$/, '') : text;
    return exact.replace('.', this.#sign) + (isPercent ? '%' : '');
  }

  #cell(cell: ExportedCell): string {
    if (!cell) return '';
    if (cell.kind === 'number') return this.#number(cell.number, cell.format);
    if (cell.kind === 'date') return cell.iso.replace('T', ' ');
    const text = cell.kind === 'boolean' ? String(cell.value) : withoutFormula(cell.text);
    // Whatever parts cells here, a spreadsheet of another country takes another sign for that.
    const isQuoted = /["\r\n;,\t]|^\s|\s$/.test(text);
    return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
  }

  line(cells: readonly ExportedCell[]): string {
    const line = cells.map((cell) => this.#cell(cell)).join(this.#delimiter);
    // A row of one empty cell would be no row.
    return `${line === '' ? '""' : line}\r\n`;
  }
}

/** Creates a CSV of each table's rows: UTF-8 with its mark, the locale's decimal sign, a semicolon where that is a comma. */
export function createCsvExports({ folder, name, report }: ExportSetting): FormatExports {
  const writer = new CsvWriter(report.locale);
  const sheets: string[] = [];
  const pathOf = (index: number): string => join(folder, `table-${index}.csv`);
  return {
    open({ columns }, sheet) {
      const pieces = openPieces(pathOf(sheets.length));
      sheets.push(sheet);
      const write = (line: string): void => pieces.write(Buffer.from(line));
      // There is one row of titles, in which each has its group's in front.
      const titles = columns.map(({ title, group }): ExportedCell => {
        return { kind: 'text', text: group === undefined ? title : `${group} ${title}` };
      });
      write(BYTE_ORDER_MARK + writer.line(titles));
      return { row: (cells) => write(writer.line(cells)), total: () => {}, close: () => pieces.close() };
    },
    async finish() {
      const names = namesOfParts(name, sheets.length === 1 ? [''] : sheets, '.csv');
      return names.map((own, index) => ({ name: own, type: 'text/csv; charset=utf-8', path: pathOf(index) }));
    },
  };
}
