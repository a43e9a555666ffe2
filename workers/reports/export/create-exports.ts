import { BadData } from '../data/read/bad-data.ts';
import { createCsvExports } from './csv-exports.ts';
import { createSheetNames } from './sheet-names.ts';
import type { ExportedFile, ExportSetting, TableExports } from './table-exports.ts';
import { createXlsxExports } from './xlsx/xlsx-exports.ts';

/** What else than a PDF a report's tables can be. */
export type ExportFormat = 'xlsx' | 'csv';

/** Most tables that go into files. */
const MOST_TABLES = 1000;

/** Creates the files that a report's tables go into. */
export function createExports(formats: readonly ExportFormat[], setting: ExportSetting): TableExports {
  const all = formats.map((format) => (format === 'xlsx' ? createXlsxExports(setting) : createCsvExports(setting)));
  const nameSheet = createSheetNames(setting.report);
  let tables = 0;
  return {
    open(table) {
      tables += 1;
      if (tables > MOST_TABLES) {
        throw new BadData(`The report has more than ${MOST_TABLES.toLocaleString('en')} tables: leave "formats" out.`);
      }
      const sheet = nameSheet(table.caption);
      const opened = all.map((one) => one.open(table, sheet));
      return {
        row: (cells, looks) => opened.forEach((one) => void one.row(cells, looks)),
        total: (cells) => opened.forEach((one) => void one.total(cells)),
        close: () => opened.forEach((one) => void one.close()),
      };
    },
    async finish() {
      if (tables === 0) throw new BadData('The report has no table that its "formats" could have.');
      const files: ExportedFile[] = [];
      for (const one of all) files.push(...(await one.finish()));
      return files;
    },
  };
}
