import type { SourceOptions } from '../../../input/table.ts';
import { BadData } from '../bad-data.ts';
import type { DataWarning } from '../data-warning.ts';
import { findPartIssue } from '../file-head.ts';
import { type RowFile, startWith } from '../row-file.ts';
import type { RowReader } from '../row-reader.ts';
import { type Archive, openArchive } from './archive.ts';
import { listSheets } from './choose-sheet.ts';
import { readOds } from './ods/read-ods.ts';
import { SheetTable, type TableFacts } from './sheet-rows.ts';
import type { WorkbookFacts } from './sheet-sink.ts';
import { readXlsx } from './xlsx/read-xlsx.ts';

/** A workbook that is read, and what is asked of it. */
export interface WorkbookRequest {
  file: RowFile;
  options: SourceOptions;
  wanted: string[] | undefined;
  reader: RowReader;
  /** Most bytes of a part, unpacked. */
  maxBytes: number;
}

const ODS = 'application/vnd.oasis.opendocument.spreadsheet';
async function readMimetype(archive: Archive): Promise<string> {
  let text = '';
  if (archive.has('mimetype')) for await (const piece of archive.read('mimetype')) text += piece.slice(0, 200);
  return text.trim();
}

/** The reader of a workbook by its parts. Throws BadData for what is none. */
async function chooseReader(archive: Archive): Promise<typeof readXlsx> {
  if (archive.has('xl/workbook.xml')) return readXlsx;
  const type = await readMimetype(archive);
  if (type.startsWith(ODS)) return readOds;
  const names = archive.names();
  const issue = findPartIssue(names);
  if (issue !== undefined) throw new BadData(`${startWith(archive.file)} ${issue}.`);
  if (type !== '') throw new BadData(`${startWith(archive.file)} is no spreadsheet: save its table as .ods or CSV.`);
  if (names.some((name) => /^xl\//i.test(name))) return readXlsx;
  throw new BadData(`${startWith(archive.file)} is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.`);
}

function warnOf({ others, unknownFormulas }: WorkbookFacts, { file, options }: WorkbookRequest): DataWarning[] {
  const warnings: DataWarning[] = [];
  if (others.length > 0) {
    const isOne = others.length === 1;
    const sheets = `${isOne ? 'The sheet' : 'The sheets'} ${listSheets(others)} of ${file.name}`;
    const message = `${sheets} ${isOne ? 'is' : 'are'} left out: set "sheet" to read ${isOne ? 'it' : 'one of them'}.`;
    warnings.push({ code: 'sheets_skipped', message });
  }
  if (unknownFormulas > 0) {
    const cells = unknownFormulas === 1 ? 'A cell' : `${unknownFormulas.toLocaleString('en')} cells`;
    const have = unknownFormulas === 1 ? 'has a formula' : 'have formulas';
    const advice = 'open it in a spreadsheet program, and save it again';
    warnings.push({
      code: 'formulas_unknown',
      message: `${cells} of ${file.name} ${have} without a value: ${advice}.`,
    });
  }
  const unused = (['encoding', 'delimiter'] as const).filter((name) => options[name] !== undefined);
  if (unused.length > 0) {
    const named = unused.map((name) => `"${name}"`).join(' and ');
    const say = unused.length === 1 ? 'says' : 'say';
    warnings.push({
      code: 'option_unused',
      message: `${startWith(file)} is a workbook, of which ${named} ${say} nothing.`,
    });
  }
  return warnings;
}

/** Reads a sheet of a workbook, XLSX or ODS, row by row. Throws BadData. */
export async function readWorkbook(request: WorkbookRequest): Promise<TableFacts> {
  const { file, options, wanted, reader, maxBytes } = request;
  const archive = await openArchive(file, maxBytes);
  try {
    const read = await chooseReader(archive);
    const table = new SheetTable({ file, wanted, options, reader });
    const facts = await read({ archive, sheet: options.sheet, scratch: `${file.path}-texts` }, table);
    const { warnings, ...found } = table.end();
    found.layout.sheets = facts.names;
    return { ...found, warnings: [...warnOf(facts, request), ...warnings] };
  } finally {
    archive.close();
  }
}
