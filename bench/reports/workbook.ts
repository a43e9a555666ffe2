import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships';

const relations = (id: string, type: string, target: string): string =>
  `<Relationships xmlns="${PACKAGE}"><Relationship Id="${id}" Type="${OFFICE}/${type}" Target="${target}"/></Relationships>`;

/** A cell as a spreadsheet has it: a number, a day, or else a text. */
function cellXml(cell: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(cell)) return `<c t="d"><v>${cell}</v></c>`;
  if (/^\d+(?:\.\d+)?$/.test(cell)) return `<c><v>${cell}</v></c>`;
  return `<c t="inlineStr"><is><t>${cell}</t></is></c>`;
}

const rowXml = (row: readonly string[]): Buffer => Buffer.from(`<row>${row.map(cellXml).join('')}</row>`);

function* sheetXml(head: readonly string[], rows: Iterable<readonly string[]>): Iterable<Buffer> {
  yield Buffer.from(`<worksheet xmlns="${MAIN}"><sheetData>`);
  yield rowXml(head);
  for (const row of rows) yield rowXml(row);
  yield Buffer.from('</sheetData></worksheet>');
}

/** Writes rows as a workbook of one sheet, one by one, so that a run's memory is that of reading it. */
export async function writeWorkbook(
  path: string,
  head: readonly string[],
  rows: Iterable<readonly string[]>,
): Promise<void> {
  const zip = new ZipFile();
  const add = (name: string, text: string) => zip.addBuffer(Buffer.from(text), name);
  add('_rels/.rels', relations('rId1', 'officeDocument', 'xl/workbook.xml'));
  add(
    'xl/workbook.xml',
    `<workbook xmlns:r="${OFFICE}"><sheets><sheet name="Sales" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  );
  add('xl/_rels/workbook.xml.rels', relations('rId1', 'worksheet', 'worksheets/sheet1.xml'));
  zip.addReadStream(Readable.from(sheetXml(head, rows)), 'xl/worksheets/sheet1.xml');
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
