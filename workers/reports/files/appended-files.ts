import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../src/errors.ts';
import type { FileReference } from '../../../src/jobs/files/file-reference.ts';
import { findNamedFile, type NamedFile, sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';
import { MAX_APPENDED_BYTES, type Surrounded } from '../input/appended.ts';

const PDF = 'application/pdf';
const WHAT = 'appended and prepended files';

/** A PDF in the folder of a run. */
export interface AppendedFile {
  /** Its name in the folder. */
  file: string;
  /** Where the request names it. */
  pointer: string;
}

/** The PDFs whose pages stand before and behind those of a report. */
export interface AppendedFiles {
  prepend: AppendedFile[];
  append: AppendedFile[];
}

const listNamed = ({ prepend = [], append = [] }: Surrounded): { named: NamedFile; pointer: string }[] =>
  Object.entries({ prepend, append }).flatMap(([field, files]) =>
    files.map((named, index) => ({ named, pointer: `/${field}/${index}` })),
  );

/** The uploads and the results of other jobs whose pages stand around a report. */
export const appendedReferences = (report: Surrounded): FileReference[] =>
  listNamed(report).map(({ named, pointer }): FileReference => {
    if ('job' in named) return { id: named.job, pointer: `${pointer}/job` };
    const limit = { what: WHAT, bytes: MAX_APPENDED_BYTES };
    return { id: named.upload, pointer: `${pointer}/upload`, types: [PDF], limit };
  });

/**
 * Copies the PDFs around a report into the folder of its run, each once; undefined where there are none. Throws AppError:
 * waiting_for_job, source_unavailable, report_failed for what is no PDF or too large, storage_unavailable; and the signal's
 * reason.
 */
export async function loadAppended(
  report: Surrounded,
  folder: string,
  { jobs, storage, signal }: Pick<RunContext, 'jobs' | 'storage' | 'signal'>,
): Promise<AppendedFiles | undefined> {
  const files: Record<'prepend' | 'append', AppendedFile[]> = { prepend: [], append: [] };
  const copied = new Map<string, string>();
  let bytes = 0;
  for (const { named, pointer } of listNamed(report)) {
    const stored = await findNamedFile(named, { jobs }, PDF);
    if (stored.type !== PDF) {
      const message = `${stored.name} of ${sayNamed(named)}, named at ${pointer}, is no PDF: it is ${stored.type}.`;
      throw new AppError('report_failed', message);
    }
    let file = copied.get(stored.key);
    if (file === undefined) {
      bytes += stored.bytes;
      if (bytes > MAX_APPENDED_BYTES) {
        throw new AppError('report_failed', `The ${WHAT} may have ${MAX_APPENDED_BYTES / 1e6} MB together.`);
      }
      file = `appended-${copied.size}.pdf`;
      copied.set(stored.key, file);
      const target = createWriteStream(join(folder, file), { mode: 0o600 });
      try {
        await pipeline(await storage.open(stored.key), target, { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : classifyDiskError(error);
      }
    }
    files[pointer.startsWith('/prepend') ? 'prepend' : 'append'].push({ file, pointer });
  }
  return copied.size === 0 ? undefined : files;
}
