import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { directionOf } from '../../text/bidi.ts';
import type { ExportSetting, FormatExports } from '../table-exports.ts';
import { sheetPart, workbookParts } from './parts.ts';
import { SheetWriter } from './sheet-writer.ts';
import { Styles } from './styles.ts';

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** Parts have no time of their own, so that the same report gives the same bytes. */
const PART_OPTIONS = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true };

async function* joinSheet(sheet: SheetWriter, path: string, isMirrored: boolean, isFirst: boolean) {
  yield Buffer.from(sheet.head(isMirrored, isFirst));
  yield* createReadStream(path);
  await rm(path);
  yield Buffer.from(sheet.end);
}

/** Creates a workbook with a sheet for each table. Rows wait in files, and are packed one after the other at the end. */
export function createXlsxExports({ folder, name, report }: ExportSetting): FormatExports {
  const styles = new Styles();
  const sheets: { name: string; path: string; writer: SheetWriter }[] = [];
  return {
    open(table, sheet) {
      const path = join(folder, `sheet-${sheets.length}.xml`);
      const writer = new SheetWriter(path, table, styles, report.locale);
      sheets.push({ name: sheet, path, writer });
      return writer;
    },
    async finish() {
      const zip = new ZipFile();
      const names = sheets.map((sheet) => sheet.name);
      const isMirrored = directionOf(report.lang) === 'rtl';
      for (const [part, text] of workbookParts(names, report)) zip.addBuffer(Buffer.from(text), part, PART_OPTIONS);
      zip.addBuffer(Buffer.from(styles.toXml()), 'xl/styles.xml', PART_OPTIONS);
      for (const [index, { path, writer }] of sheets.entries()) {
        zip.addReadStreamLazy(sheetPart(index + 1), PART_OPTIONS, (done) =>
          done(null, Readable.from(joinSheet(writer, path, isMirrored, index === 0))),
        );
      }
      zip.end();
      const path = join(folder, 'report.xlsx');
      await pipeline(zip.outputStream, createWriteStream(path, { mode: 0o600 }));
      return [{ name: `${name}.xlsx`, type: XLSX, path }];
    },
  };
}
