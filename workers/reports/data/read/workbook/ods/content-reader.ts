import { BadData } from '../../bad-data.ts';
import { type RowFile, startWith } from '../../row-file.ts';
import type { CellValue } from '../cell-value.ts';
import { HEAD_ROWS, LAST_COLUMN, MOST_ROW_CHARACTERS, type SheetSink } from '../sheet-sink.ts';
import type { XmlReader } from '../xml.ts';
import { OdsStyles } from './styles.ts';
import { odsValue } from './value.ts';

type Attributes = Readonly<Record<string, string>>;

interface OdsSetting {
  file: RowFile;
  /** Whether the last of the names is the sheet that is asked for; undefined where none is. */
  isAsked(names: readonly string[]): boolean | undefined;
  sink: SheetSink;
}

/** What became of the sheets: the one that was read, the names of all, and of others that have something. */
export interface OdsFound {
  chosen: string | undefined;
  names: string[];
  others: string[];
}

/** Tables of cells stand at this depth: document-content, body, spreadsheet, table. */
const TABLE_DEPTH = 4;
const MOST_SHEETS = 2000;

const countOf = (attributes: Attributes, name: string): number => {
  const count = Number(attributes[name] ?? 1);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
};

class OdsReader implements XmlReader {
  readonly #setting: OdsSetting;
  readonly #styles = new OdsStyles();
  readonly #names: string[] = [];
  readonly #others: string[] = [];
  #chosen: string | undefined;
  #depth = 0;
  /** What is done with the present table: it is read, it may be once it has something, or it is looked into. */
  #use: 'read' | 'maybe' | 'look' | 'none' = 'none';
  #name = '';
  #columnStyles: { end: number; style: string }[] = [];
  #row = 0;
  #rowRepeats = 1;
  #cells: CellValue[] = [];
  #characters = 0;
  #column = 0;
  #cell: Attributes | undefined;
  #cellDepth = 0;
  #text = '';
  #paragraphs = 0;
  #isText = false;
  #isDone = false;

  constructor(setting: OdsSetting) {
    this.#setting = setting;
  }

  open(name: string, attributes: Attributes): void {
    this.#depth += 1;
    if (name === 'table' && this.#depth === TABLE_DEPTH) this.#openTable(attributes);
    else if (this.#use === 'none') this.#styles.open(name, attributes);
    else if (this.#cell) this.#openText(name, attributes);
    else if (name === 'table-row') this.#openRow(attributes);
    else if (name === 'table-cell' || name === 'covered-table-cell') this.#openCell(attributes);
    else if (name === 'table-column') this.#seeColumn(attributes);
  }

  #openTable(attributes: Attributes): void {
    this.#name = attributes['table:name'] ?? '';
    this.#names.push(this.#name);
    if (this.#names.length > MOST_SHEETS) throw this.#refuse(`it has more than ${MOST_SHEETS} sheets`);
    const isShown = !this.#styles.isHidden(attributes['table:style-name']);
    const isAsked = this.#setting.isAsked(this.#names);
    if (isAsked) this.#choose();
    else if (isAsked === undefined && isShown) this.#use = this.#chosen === undefined ? 'maybe' : 'look';
    else this.#use = 'none';
    this.#row = 0;
    this.#columnStyles = [];
  }

  #choose(): void {
    this.#use = 'read';
    this.#chosen = this.#name;
    this.#setting.sink.begin(this.#name);
  }

  #seeColumn(attributes: Attributes): void {
    const before = this.#columnStyles.at(-1)?.end ?? 0;
    const end = before + countOf(attributes, 'table:number-columns-repeated');
    this.#columnStyles.push({ end, style: attributes['table:default-cell-style-name'] ?? '' });
  }

  #openRow(attributes: Attributes): void {
    this.#rowRepeats = countOf(attributes, 'table:number-rows-repeated');
    this.#column = 0;
    this.#cells = [];
    this.#characters = 0;
  }

  #openCell(attributes: Attributes): void {
    this.#cell = attributes;
    this.#cellDepth = this.#depth;
    this.#text = '';
    this.#paragraphs = 0;
    const columns = countOf(attributes, 'table:number-columns-spanned');
    const rows = countOf(attributes, 'table:number-rows-spanned');
    if ((columns > 1 || rows > 1) && this.#use !== 'look' && this.#row < HEAD_ROWS) {
      const [top, left] = [this.#row, this.#column];
      this.#merges.push({ top, left, bottom: top + rows - 1, right: left + columns - 1 });
    }
  }

  /** Merged cells of the present row: they are told with it. */
  #merges: { top: number; left: number; bottom: number; right: number }[] = [];

  #openText(name: string, attributes: Attributes): void {
    // A remark or a shape has paragraphs of its own, further within.
    if (this.#depth === this.#cellDepth + 1) {
      this.#isText = name === 'p' || name === 'h';
      if (this.#isText && this.#paragraphs > 0) this.#add('\n');
      if (this.#isText) this.#paragraphs += 1;
    } else if (!this.#isText) return;
    else if (name === 's') this.#add(' '.repeat(Math.min(1000, countOf(attributes, 'text:c'))));
    else if (name === 'tab') this.#add('\t');
    else if (name === 'line-break') this.#add('\n');
  }

  #add(text: string): void {
    this.#text += text;
    if (this.#text.length > MOST_ROW_CHARACTERS)
      throw this.#refuse(`line ${this.#row + 1} has a cell that is too long`);
  }

  text(text: string): void {
    if (this.#isText) this.#add(text);
  }

  close(name: string): void {
    if (this.#cell && this.#depth === this.#cellDepth) this.#closeCell(this.#cell);
    else if (this.#cell && this.#depth === this.#cellDepth + 1) this.#isText = false;
    else if (name === 'table-row' && this.#use !== 'none') this.#closeRow();
    else if (name === 'table' && this.#depth === TABLE_DEPTH) this.#closeTable();
    this.#depth -= 1;
  }

  #closeCell(attributes: Attributes): void {
    this.#cell = undefined;
    const repeats = countOf(attributes, 'table:number-columns-repeated');
    const from = this.#column;
    this.#column += repeats;
    const style = attributes['table:style-name'] ?? this.#columnStyles.find(({ end }) => end > from)?.style ?? '';
    const value = odsValue(attributes, this.#text, this.#styles.decimalsOf(style));
    if (value === '') return;
    if (this.#column > LAST_COLUMN + 1) throw this.#refuse(`line ${this.#row + 1} has a cell that no column has`);
    if (typeof value === 'string') this.#characters += value.length * repeats;
    if (this.#characters > MOST_ROW_CHARACTERS) throw this.#refuse(`line ${this.#row + 1} has too many characters`);
    for (let at = from; at < this.#column; at += 1) this.#cells[at] = value;
  }

  #closeRow(): void {
    const isFilled = this.#cells.length > 0;
    if (isFilled && this.#use === 'maybe') this.#choose();
    if (isFilled && this.#use === 'look') {
      this.#others.push(this.#name);
      this.#use = 'none';
    }
    if (this.#use === 'read') {
      for (const merged of this.#merges) this.#setting.sink.merge(merged);
      const rows = isFilled ? this.#rowRepeats : 0;
      for (let at = 1; at <= rows; at += 1) this.#setting.sink.row([...this.#cells], this.#row + at);
    }
    this.#merges = [];
    this.#row += this.#rowRepeats;
  }

  #closeTable(): void {
    // Where one is asked for by its name, nothing behind it is wanted.
    if (this.#use === 'read' && this.#setting.isAsked(this.#names) === true) this.#isDone = true;
    this.#use = 'none';
  }

  isDone(): boolean {
    return this.#isDone;
  }

  found(): OdsFound {
    return { chosen: this.#chosen, names: this.#names, others: this.#others };
  }

  #refuse(why: string): BadData {
    return new BadData(`${startWith(this.#setting.file)} is a damaged workbook: ${why}.`);
  }
}

/** Creates a reader of an ODS' content, which hands the rows of the sheet that is asked for to the sink. */
export const createOdsReader = (setting: OdsSetting): XmlReader & { found(): OdsFound } => new OdsReader(setting);
