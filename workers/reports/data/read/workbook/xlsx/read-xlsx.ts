import { BadData } from '../../bad-data.ts';
import { startWith } from '../../row-file.ts';
import { placeOfSheet, refuseSheet } from '../choose-sheet.ts';
import type { SheetSink, WorkbookFacts, WorkbookTask } from '../sheet-sink.ts';
import { hasCells, readCells } from './cells.ts';
import { readMerged } from './merged.ts';
import { readParts, readStrings, type XlsxSheet } from './parts.ts';

/** The sheets that have something, of those that are shown: they are looked into until their first cell. */
async function findFilled({ archive }: WorkbookTask, sheets: readonly XlsxSheet[]): Promise<XlsxSheet[]> {
  const filled: XlsxSheet[] = [];
  for (const sheet of sheets) {
    if (!sheet.isHidden && sheet.part !== '' && (await hasCells(archive, sheet.part))) filled.push(sheet);
  }
  return filled;
}

/** Reads a sheet of an XLSX into a sink. Throws BadData. */
export async function readXlsx(task: WorkbookTask, sink: SheetSink): Promise<WorkbookFacts> {
  const { archive, scratch } = task;
  const { sheets, is1904, formats, strings } = await readParts(archive);
  const filled = task.sheet === undefined ? await findFilled(task, sheets) : [];
  const names = sheets.map(({ name }) => name);
  const chosen = task.sheet === undefined ? filled[0] : sheets[placeOfSheet(names, task.sheet)];
  if (!chosen) throw refuseSheet(archive.file, names, task.sheet);
  if (chosen.part === '') {
    throw new BadData(`${startWith(archive.file)} has no cells in "${chosen.name}", which is no sheet of cells.`);
  }
  sink.begin(chosen.name);
  const store = await readStrings(archive, archive.has(strings) ? strings : '', scratch);
  try {
    for (const merged of await readMerged(archive, chosen.part)) sink.merge(merged);
    const unknownFormulas = await readCells(archive, chosen.part, { store, formats, is1904 }, sink);
    return { names, others: filled.slice(1).map(({ name }) => name), unknownFormulas };
  } finally {
    store.close();
  }
}
