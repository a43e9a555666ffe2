import { BadData } from '../../bad-data.ts';
import { startWith } from '../../row-file.ts';
import type { Archive } from '../archive.ts';
import { type CellValue, fromIso, fromNumber, fromText } from '../cell-value.ts';
import { type NumberFormat, readNumberFormat } from '../number-format.ts';
import { LAST_COLUMN, MOST_ROW_CHARACTERS, type SheetSink } from '../sheet-sink.ts';
import { readXml, type XmlReader } from '../xml.ts';
import { columnOfCell } from './cell-place.ts';
import type { StringStore } from './string-store.ts';

/** What the cells of a sheet refer to. */
export interface CellSetting {
  store: StringStore;
  formats: readonly NumberFormat[];
  is1904: boolean;
}

const GENERAL = readNumberFormat('');

/** Whether a sheet has a cell with something in it: read until the first. */
export async function hasCells(archive: Archive, part: string): Promise<boolean> {
  let isFound = false;
  await readXml(archive.read(part), archive.file, {
    open(name) {
      if (name === 'v' || name === 'is') isFound = true;
    },
    close() {},
    text() {},
    isDone: () => isFound,
  });
  return isFound;
}

class CellReader implements XmlReader {
  readonly #archive: Archive;
  readonly #setting: CellSetting;
  readonly #sink: SheetSink;
  #cells: CellValue[] = [];
  #characters = 0;
  #row = 0;
  #column = -1;
  #type = '';
  #style = 0;
  #text = '';
  #phonetic = 0;
  /** Whether what comes is a cell's text. */
  #isText = false;
  #hasValue = false;
  #hasFormula = false;
  unknownFormulas = 0;

  constructor(archive: Archive, setting: CellSetting, sink: SheetSink) {
    this.#archive = archive;
    this.#setting = setting;
    this.#sink = sink;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    if (name === 'c') this.#openCell(attributes);
    else if (name === 'v' || (name === 't' && this.#phonetic === 0)) {
      this.#isText = true;
      this.#hasValue = true;
    } else if (name === 'f') this.#hasFormula = true;
    else if (name === 'rPh') this.#phonetic += 1;
    else if (name === 'row') {
      this.#row = Number(attributes['r'] ?? this.#row + 1);
      if (!Number.isSafeInteger(this.#row) || this.#row < 1) throw this.#refuse('it has a row without a number');
      this.#column = -1;
    }
  }

  #openCell({ r, t = 'n', s = '0' }: Readonly<Record<string, string>>): void {
    this.#column = r === undefined ? this.#column + 1 : columnOfCell(r);
    if (this.#column < 0 || this.#column > LAST_COLUMN) {
      throw this.#refuse(`line ${this.#row} has a cell that no column has`);
    }
    this.#type = t;
    this.#style = Number(s);
    this.#text = '';
    this.#hasValue = false;
    this.#hasFormula = false;
  }

  text(text: string): void {
    if (this.#isText) this.#text += text;
  }

  close(name: string): void {
    if (name === 'v' || name === 't') this.#isText = false;
    else if (name === 'c') this.#closeCell();
    else if (name === 'rPh') this.#phonetic -= 1;
    else if (name === 'row') {
      if (this.#cells.length > 0) this.#sink.row(this.#cells, this.#row);
      this.#cells = [];
      this.#characters = 0;
    }
  }

  #closeCell(): void {
    const value = this.#hasValue ? this.#value() : '';
    if (value === '') {
      if (this.#hasFormula && !this.#hasValue) this.unknownFormulas += 1;
      return;
    }
    if (typeof value === 'string') this.#characters += value.length;
    if (this.#characters > MOST_ROW_CHARACTERS) {
      throw this.#refuse(`line ${this.#row} has more than ${MOST_ROW_CHARACTERS.toLocaleString('en')} characters`);
    }
    this.#cells[this.#column] = value;
  }

  #value(): CellValue {
    const text = this.#text;
    const { store, formats, is1904 } = this.#setting;
    switch (this.#type) {
      case 's': {
        const shared = store.get(Number(text));
        if (shared === undefined) throw this.#refuse(`line ${this.#row} has a text that is not there`);
        return shared;
      }
      case 'b':
        return text.trim() === '1' || text.trim() === 'true';
      case 'd':
        return fromIso(text.trim());
      case 'n':
        return text.trim() === '' ? '' : fromNumber(text, formats[this.#style] ?? GENERAL, is1904);
      default:
        return fromText(text);
    }
  }

  #refuse(why: string): BadData {
    return new BadData(`${startWith(this.#archive.file)} is a damaged workbook: ${why}.`);
  }
}

/** Reads the cells of a sheet, and returns how many have a formula whose value the file does not have. */
export async function readCells(
  archive: Archive,
  part: string,
  setting: CellSetting,
  sink: SheetSink,
): Promise<number> {
  const reader = new CellReader(archive, setting, sink);
  await readXml(
    archive.read(part, (count) => sink.bytes(count)),
    archive.file,
    reader,
  );
  return reader.unknownFormulas;
}
