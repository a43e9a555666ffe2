import { BadData } from '../../bad-data.ts';
import { startWith } from '../../row-file.ts';
import type { Archive } from '../archive.ts';
import { placeOfSheet, refuseSheet } from '../choose-sheet.ts';
import type { SheetSink, WorkbookFacts, WorkbookTask } from '../sheet-sink.ts';
import { readXml } from '../xml.ts';
import { createOdsReader } from './content-reader.ts';

/** Throws BadData for an ODS whose content is closed with a password. */
async function checkOpen(archive: Archive): Promise<void> {
  const manifest = 'META-INF/manifest.xml';
  let isClosed = archive.has('encrypted-package');
  if (archive.has(manifest)) {
    await readXml(archive.read(manifest), archive.file, {
      open(name) {
        if (name === 'encryption-data') isClosed = true;
      },
      close() {},
      text() {},
    });
  }
  if (isClosed) throw new BadData(`${startWith(archive.file)} is closed with a password: save it without one.`);
}

/** Reads a sheet of an ODS into a sink. Throws BadData. */
export async function readOds(task: WorkbookTask, sink: SheetSink): Promise<WorkbookFacts> {
  const { archive, sheet } = task;
  await checkOpen(archive);
  const isAsked = (names: readonly string[]) =>
    sheet === undefined ? undefined : placeOfSheet(names, sheet) === names.length - 1;
  const reader = createOdsReader({ file: archive.file, isAsked, sink });
  await readXml(
    archive.read('content.xml', (count) => sink.bytes(count)),
    archive.file,
    reader,
  );
  const { chosen, names, others } = reader.found();
  if (chosen === undefined) throw refuseSheet(archive.file, names, sheet);
  return { names, others, unknownFormulas: 0 };
}
