import { posix } from 'node:path';
import { BadData } from '../../bad-data.ts';
import { startWith } from '../../row-file.ts';
import type { Archive } from '../archive.ts';
import { fromText } from '../cell-value.ts';
import { builtInFormat, type NumberFormat, readNumberFormat } from '../number-format.ts';
import { readXml } from '../xml.ts';
import { createStringStore, type StringStore } from './string-store.ts';

/** A sheet of an XLSX, as its list has it. */
export interface XlsxSheet {
  name: string;
  isHidden: boolean;
  /** The part that its cells are in; '' for one that has none, such as a chart. */
  part: string;
}

/** What an XLSX has beside the cells. */
export interface XlsxParts {
  sheets: XlsxSheet[];
  /** Whether days are counted from 1904, as old Macs did. */
  is1904: boolean;
  /** The formats of cells, by their style's number. */
  formats: NumberFormat[];
  /** The part of the texts that cells share; '' for none. */
  strings: string;
}

interface Relation {
  /** The end of its type, such as `worksheet`. */
  type: string;
  part: string;
}

const MOST_SHEETS = 2000;
const MOST_STYLES = 100_000;
const MOST_FORMATS = 10_000;

/** An attribute whatever its prefix is, such as `r:id`. */
const attributeOf = (attributes: Readonly<Record<string, string>>, name: string): string => {
  const key = Object.keys(attributes).find((one) => one === name || one.endsWith(`:${name}`));
  return key === undefined ? '' : (attributes[key] ?? '');
};

/** What a part refers to, by the names that it uses. */
async function readRelations(archive: Archive, part: string): Promise<Map<string, Relation>> {
  const path = posix.join(posix.dirname(part), '_rels', `${posix.basename(part)}.rels`);
  const relations = new Map<string, Relation>();
  if (!archive.has(path)) return relations;
  await readXml(archive.read(path), archive.file, {
    open(name, { Id = '', Type = '', Target = '', TargetMode }) {
      if (name !== 'Relationship' || TargetMode === 'External' || relations.size >= MOST_STYLES) return;
      const to = Target.startsWith('/') ? Target.slice(1) : posix.join(posix.dirname(part), Target);
      relations.set(Id, { type: Type.slice(Type.lastIndexOf('/') + 1), part: to });
    },
    close() {},
    text() {},
  });
  return relations;
}

const isOn = (value: string | undefined): boolean => value === '1' || value === 'true';

async function readSheets(archive: Archive, part: string, relations: Map<string, Relation>) {
  const sheets: XlsxSheet[] = [];
  let is1904 = false;
  await readXml(archive.read(part), archive.file, {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = isOn(attributes['date1904']);
      if (name !== 'sheet') return;
      if (sheets.length >= MOST_SHEETS) {
        throw new BadData(`${startWith(archive.file)} has more than ${MOST_SHEETS.toLocaleString('en')} sheets.`);
      }
      const { type, part: own } = relations.get(attributeOf(attributes, 'id')) ?? { type: '', part: '' };
      const isHidden = /hidden/i.test(attributes['state'] ?? '');
      sheets.push({ name: attributes['name'] ?? '', isHidden, part: type === 'worksheet' ? own : '' });
    },
    close() {},
    text() {},
  });
  return { sheets, is1904 };
}

/** The formats of cells, by the number of their style. */
async function readFormats(archive: Archive, part: string): Promise<NumberFormat[]> {
  const own = new Map<number, NumberFormat>();
  const formats: NumberFormat[] = [];
  let isCells = false;
  const formatOf = (id: number): NumberFormat => {
    const known = own.get(id) ?? builtInFormat(id);
    own.set(id, known);
    return known;
  };
  await readXml(archive.read(part), archive.file, {
    open(name, attributes) {
      if (name === 'cellXfs') isCells = true;
      if (name === 'numFmt' && own.size < MOST_FORMATS) {
        own.set(Number(attributes['numFmtId']), readNumberFormat(attributes['formatCode'] ?? ''));
      }
      if (name === 'xf' && isCells && formats.length < MOST_STYLES) {
        formats.push(formatOf(Number(attributes['numFmtId'] ?? 0)));
      }
    },
    close(name) {
      if (name === 'cellXfs') isCells = false;
    },
    text() {},
  });
  return formats;
}

/** Reads the texts that cells share into a store, which goes on at `scratch`. */
export async function readStrings(archive: Archive, part: string, scratch: string | undefined): Promise<StringStore> {
  const store = createStringStore(scratch);
  if (part === '') return store;
  let text = '';
  let [isText, phonetic] = [false, 0];
  await readXml(archive.read(part), archive.file, {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 't') isText = true;
      else if (name === 'rPh') phonetic += 1;
    },
    close(name) {
      if (name === 'si') store.add(fromText(text));
      else if (name === 't') isText = false;
      else if (name === 'rPh') phonetic -= 1;
    },
    text(piece) {
      if (isText && phonetic === 0) text += piece;
    },
  });
  return store;
}

const partOf = (relations: Map<string, Relation>, type: string): string =>
  [...relations.values()].find((relation) => relation.type === type)?.part ?? '';

/** Reads what an XLSX has beside the cells. Throws BadData for a workbook that is damaged, or none. */
export async function readParts(archive: Archive): Promise<XlsxParts> {
  const main = partOf(await readRelations(archive, ''), 'officeDocument') || 'xl/workbook.xml';
  const relations = await readRelations(archive, main);
  const { sheets, is1904 } = await readSheets(archive, main, relations);
  const styles = partOf(relations, 'styles');
  const formats = archive.has(styles) ? await readFormats(archive, styles) : [];
  return { sheets, is1904, formats, strings: partOf(relations, 'sharedStrings') };
}
