import { escapeXml } from '../../../../src/fields/escape-xml.ts';
import { BadData } from '../../data/read/bad-data.ts';
import { type Highlight, highlightAt } from '../../data/shape/highlight-rows.ts';
import { openPieces } from '../../files/pieces.ts';
import { coloursOf } from '../../layout/highlight-colours.ts';
import { toNumeric } from '../../text/decimal.ts';
import type { ExportedCell } from '../exported-cell.ts';
import type { ExportedTable, TableExport } from '../table-exports.ts';
import { numberCode } from './number-codes.ts';
import { MAIN, XML } from './parts.ts';
import { DATE, DATE_TIME, type Look, type Styles } from './styles.ts';

const MOST_ROWS = 1_048_576;
const DAY_MS = 86_400_000;
const DAY_ZERO = Date.UTC(1899, 11, 30);
/** Before it spreadsheets count a day that never was; they have no day before 1900. */
const FIRST_DAY = Date.UTC(1900, 2, 1);
/** Widths in characters. */
const NARROWEST = 6;
const PLAIN: Look = { isBold: false };
const PAPER = '#ffffff';
const WIDEST = 60;

/** Lets the rows of titles stay while one scrolls. */
const headView = (rows: number): string =>
  `<pane ySplit="${rows}" topLeftCell="A${rows + 1}" activePane="bottomLeft" state="frozen"/>` +
  '<selection pane="bottomLeft"/></sheetView></sheetViews>';

/** Neighbouring columns, from the first to the last, that have one title above theirs. */
interface TitleGroup {
  first: number;
  last: number;
}

function groupTitles(columns: ExportedTable['columns']): TitleGroup[] {
  const groups: TitleGroup[] = [];
  for (const [at, { group }] of columns.entries()) {
    const last = groups.at(-1);
    if (group === undefined) continue;
    if (last?.last === at - 1 && columns[at - 1]?.group === group) last.last = at;
    else groups.push({ first: at, last: at });
  }
  return groups;
}

const toCell = (text: string): ExportedCell => ({ kind: 'text', text });

/** The name of a column by its place from 0: A, Z, AA. */
export function columnLetters(index: number): string {
  let letters = '';
  for (let left = index; left >= 0; left = Math.floor(left / 26) - 1)
    letters = String.fromCharCode(65 + (left % 26)) + letters;
  return letters;
}

/** A text as an `is` element has it: signs that read like an escape are escaped. */
const textXml = (text: string): string =>
  `<is><t xml:space="preserve">${escapeXml(text.replaceAll(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_'))}</t></is>`;

/** A sheet whose rows are written to a file as they come; its head, which has the widths, is known at the end. */
export class SheetWriter implements TableExport {
  readonly #pieces: ReturnType<typeof openPieces>;
  readonly #styles: Styles;
  readonly #locale: string;
  readonly #widths: number[];
  readonly #letters: string[];
  readonly #highlights: readonly Highlight[];
  /** Those of the highlights that were met. */
  readonly #looks: Look[] = [];
  #row = 0;
  #headRows = 0;
  /** Cells that are one, such as `B1:C1`. */
  readonly #merges: string[] = [];

  constructor(path: string, { columns, highlights }: ExportedTable, styles: Styles, locale: string) {
    this.#pieces = openPieces(path);
    this.#styles = styles;
    this.#locale = locale;
    this.#highlights = highlights;
    this.#widths = columns.map(() => NARROWEST);
    this.#letters = columns.map((_, index) => columnLetters(index));
    const groups = groupTitles(columns);
    if (groups.length > 0) this.#writeGroups(columns, groups);
    this.#write(
      // A title without a group stands in the row above, and goes down to this one.
      columns.map(({ title, group }) => (groups.length > 0 && group === undefined ? undefined : toCell(title))),
      { isBold: true },
    );
    this.#headRows = this.#row;
  }

  #writeGroups(columns: ExportedTable['columns'], groups: readonly TitleGroup[]): void {
    const upper = columns.map(({ title, group }, at): ExportedCell => {
      if (group === undefined) return toCell(title);
      return groups.some(({ first }) => first === at) ? toCell(group) : undefined;
    });
    this.#write(upper, { isBold: true, isCentred: true });
    for (const { first, last } of groups) {
      if (last > first) this.#merges.push(`${this.#letters[first]}1:${this.#letters[last]}1`);
    }
    for (const [at, { group }] of columns.entries()) {
      if (group === undefined) this.#merges.push(`${this.#letters[at]}1:${this.#letters[at]}2`);
    }
  }

  row(cells: readonly ExportedCell[], looks = ''): void {
    if (looks === '') this.#write(cells, PLAIN);
    else this.#write(cells, PLAIN, (index) => this.#lookAt(highlightAt(looks, index)));
  }

  /** How a cell looks that a rule holds for. */
  #lookAt(number: number | undefined): Look | undefined {
    const highlight = number === undefined ? undefined : this.#highlights[number];
    if (number === undefined || !highlight) return undefined;
    this.#looks[number] ??= { isBold: highlight.bold === true, ...coloursOf(highlight, PAPER) };
    return this.#looks[number];
  }

  total(cells: readonly ExportedCell[]): void {
    this.#write(cells, { isBold: true });
  }

  #write(cells: readonly ExportedCell[], look: Look, ownLook?: (index: number) => Look | undefined): void {
    this.#row += 1;
    if (this.#row > MOST_ROWS) {
      const limit = (MOST_ROWS - 1).toLocaleString('en');
      throw new BadData(`A table has more than ${limit} rows, which no sheet can have: leave "xlsx" out of "formats".`);
    }
    const written = cells
      .map((cell, index) => {
        const own = ownLook?.(index) ?? look;
        return cell ? this.#cell(cell, index, own) : own.fill ? this.#empty(index, own) : '';
      })
      .join('');
    this.#pieces.write(Buffer.from(`<row r="${this.#row}">${written}</row>`));
  }

  #empty(index: number, look: Look): string {
    return `<c r="${this.#letters[index]}${this.#row}" s="${this.#styles.of('', look)}"/>`;
  }

  #cell(cell: NonNullable<ExportedCell>, index: number, look: Look): string {
    const place = `${this.#letters[index]}${this.#row}`;
    const open = (format: number | string, isWrapped = false) =>
      `<c r="${place}" s="${this.#styles.of(format, { ...look, isWrapped })}"`;
    if (cell.kind === 'number') {
      const value = toNumeric(cell.number)
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '');
      const code = numberCode(cell.format, cell.number, this.#locale);
      this.#widen(index, widthOf(value, code));
      return `${open(code)}><v>${value}</v></c>`;
    }
    if (cell.kind === 'boolean') return `${open('')} t="b"><v>${cell.value ? 1 : 0}</v></c>`;
    if (cell.kind === 'date') {
      const serial = serialOf(cell.iso);
      const hasTime = cell.iso.includes('T');
      this.#widen(index, hasTime ? 17 : 11);
      if (serial !== undefined) return `${open(hasTime ? DATE_TIME : DATE)}><v>${serial}</v></c>`;
    }
    const text = cell.kind === 'text' ? cell.text : cell.iso.replace('T', ' ');
    this.#widen(index, Math.max(...text.split('\n').map(({ length }) => length)));
    return `${open('', text.includes('\n'))} t="inlineStr">${textXml(text)}</c>`;
  }

  #widen(index: number, characters: number): void {
    const wanted = Math.min(WIDEST, characters + 2);
    if (wanted > (this.#widths[index] ?? 0)) this.#widths[index] = wanted;
  }

  close(): void {
    this.#pieces.close();
  }

  /** What stands before the rows, once all are written. */
  head(isMirrored: boolean, isFirst: boolean): string {
    const last = `${this.#letters.at(-1) ?? 'A'}${this.#row}`;
    const columns = this.#widths.map(
      (width, index) => `<col min="${index + 1}" max="${index + 1}" width="${width}" customWidth="1"/>`,
    );
    const view = `${isMirrored ? ' rightToLeft="1"' : ''}${isFirst ? ' tabSelected="1"' : ''}`;
    return (
      `${XML}<worksheet xmlns="${MAIN}"><dimension ref="A1:${last}"/>` +
      `<sheetViews><sheetView${view} workbookViewId="0">${headView(this.#headRows)}` +
      `<sheetFormatPr defaultRowHeight="15"/><cols>${columns.join('')}</cols><sheetData>`
    );
  }

  /** What stands behind the rows. */
  get end(): string {
    const merges = this.#merges.map((place) => `<mergeCell ref="${place}"/>`).join('');
    const merged = merges === '' ? '' : `<mergeCells count="${this.#merges.length}">${merges}</mergeCells>`;
    return `</sheetData>${merged}</worksheet>`;
  }
}

/** About as many characters as a number takes, shown by that code. */
function widthOf(value: string, code: string): number {
  const [whole = ''] = value.split('.');
  if (code === '') return Math.min(11, value.length);
  const decimals = /\.(0+)/.exec(code)?.[1]?.length ?? 0;
  const mark = /\[\$([^\]]*)\]/.exec(code)?.[1]?.length ?? 0;
  const percent = code.endsWith('%') ? 3 : 0;
  return whole.length + Math.floor(whole.length / 3) + decimals + mark + percent + 1;
}

/** The number that a spreadsheet counts a date by; undefined for a day before those that all count alike. */
function serialOf(iso: string): number | undefined {
  const time = Date.parse(iso.includes('T') ? `${iso}Z` : iso);
  return time >= FIRST_DAY ? (time - DAY_ZERO) / DAY_MS : undefined;
}
