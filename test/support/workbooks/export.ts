import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createExports } from '../../../workers/reports/export/create-exports.ts';
import type { ExportedFile } from '../../../workers/reports/export/table-exports.ts';
import { baseName } from '../../../workers/reports/files/name-pdfs.ts';
import { reports } from '../../../workers/reports/job.ts';
import type { Warning } from '../../../workers/reports/pdf/warnings.ts';
import { composeReport } from '../../../workers/reports/render/compose.ts';
import { renderReport } from '../../../workers/reports/render/render.ts';

/** The files that a report's tables went into, by their names. */
export interface Exported {
  files: Record<string, Buffer>;
  list: ExportedFile[];
  warnings: Warning[];
}

/** Makes the files of a report's tables, in this process; `csv` is the content of its data file "sales". */
export async function exportTables(folder: string, fields: object, csv?: string | Uint8Array): Promise<Exported> {
  const own = mkdtempSync(join(folder, 'run-'));
  const input = reports.input.parse({ formats: ['xlsx', 'csv'], ...fields });
  const report = composeReport(input, new Date('2026-11-01T10:00:00Z'));
  const formats = input.formats.filter((format) => format !== 'pdf');
  const exports = createExports(formats, { folder: own, name: baseName(input), report });
  const path = join(own, 'data');
  if (csv !== undefined) writeFileSync(path, csv);
  const files = csv === undefined ? {} : { 'file sales': { path, name: 'the file "sales"' } };
  const limits = { maxRows: 1e6, maxPages: 1000, folder: own };
  const { warnings } = await renderReport(report, { write: () => {}, exports, isDrawn: false, files, ...limits });
  const list = await exports.finish();
  return { list, warnings, files: Object.fromEntries(list.map((file) => [file.name, readFileSync(file.path)])) };
}
