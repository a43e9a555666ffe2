import { zipTexts } from './zip.ts';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';

/** A sheet as XML: its rows, and what stands behind them. */
export interface SheetXml {
  name: string;
  /** The content of `sheetData`. */
  rows: string;
  state?: string;
  /** Ranges such as `A1:B1`. */
  merged?: string[];
}

/** What an XLSX of a test is made of. */
export interface XlsxParts {
  sheets: SheetXml[];
  /** Each the content of an `si`. */
  strings?: string[];
  /** Number formats; a cell's `s` is the place of its format, from 1. */
  formats?: string[];
  is1904?: boolean;
  /** Parts to add, or to put in the place of those. */
  parts?: Record<string, string | Buffer>;
}

const relations = (entries: [string, string, string][]): string => {
  const list = entries.map(
    ([id, type, target]) => `<Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/>`,
  );
  return `${HEAD}<Relationships xmlns="${PACKAGE}">${list.join('')}</Relationships>`;
};

function sheetXml({ rows, merged = [] }: SheetXml): string {
  const cells = merged.map((ref) => `<mergeCell ref="${ref}"/>`).join('');
  const list = merged.length > 0 ? `<mergeCells count="${merged.length}">${cells}</mergeCells>` : '';
  return `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>${rows}</sheetData>${list}</worksheet>`;
}

/** The parts of an XLSX, by their names. */
export function xlsxParts({ sheets, strings = [], formats = [], is1904 = false, parts = {} }: XlsxParts) {
  const listed = sheets.map(
    ({ name, state }, at) =>
      `<sheet name="${name}" sheetId="${at + 1}"${state ? ` state="${state}"` : ''} r:id="rId${at + 1}"/>`,
  );
  const own = formats.map(
    (code, at) => `<numFmt numFmtId="${200 + at}" formatCode="${code.replaceAll('"', '&quot;')}"/>`,
  );
  const styles = formats.map((_, at) => `<xf numFmtId="${200 + at}"/>`);
  const refs = sheets.map((_, at): [string, string, string] => [
    `rId${at + 1}`,
    'worksheet',
    `worksheets/sheet${at + 1}.xml`,
  ]);
  return {
    '[Content_Types].xml': `${HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
    '_rels/.rels': relations([['rId1', 'officeDocument', 'xl/workbook.xml']]),
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><workbookPr${is1904 ? ' date1904="1"' : ''}/><sheets>${listed.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations([
      ...refs,
      ['rId901', 'styles', 'styles.xml'],
      ['rId902', 'sharedStrings', 'sharedStrings.xml'],
    ]),
    'xl/styles.xml': `${HEAD}<styleSheet xmlns="${MAIN}"><numFmts>${own.join('')}</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${styles.join('')}</cellXfs></styleSheet>`,
    'xl/sharedStrings.xml': `${HEAD}<sst xmlns="${MAIN}">${strings.map((text) => `<si>${text}</si>`).join('')}</sst>`,
    ...Object.fromEntries(sheets.map((sheet, at) => [`xl/worksheets/sheet${at + 1}.xml`, sheetXml(sheet)])),
    ...parts,
  } satisfies Record<string, string | Buffer>;
}

/** Makes an XLSX. */
export const makeXlsx = (parts: XlsxParts): Promise<Buffer> => zipTexts(xlsxParts(parts));

/** A cell of a sheet: a number, a text, or its XML as it stands. */
export type TestCell = number | string | boolean | null | { xml: string };

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function cellXml(cell: TestCell, style: number): string {
  const s = style > 0 ? ` s="${style}"` : '';
  if (cell === null) return '<c/>';
  if (typeof cell === 'object') return cell.xml;
  if (typeof cell === 'number') return `<c${s}><v>${cell}</v></c>`;
  if (typeof cell === 'boolean') return `<c t="b"><v>${cell ? 1 : 0}</v></c>`;
  return `<c t="inlineStr"><is><t>${escapeText(cell)}</t></is></c>`;
}

/** The XML of rows; the numbers of a column have the style of that place. */
export const rowsXml = (rows: TestCell[][], styles: number[] = []): string =>
  rows.map((cells) => `<row>${cells.map((cell, at) => cellXml(cell, styles[at] ?? 0)).join('')}</row>`).join('');
