import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../src/errors.ts';
import type { FileReference } from '../../../src/jobs/files/file-reference.ts';
import { findNamedFile, type NamedFile, sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
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

/** A PDF that was found, and where the request names it. */
interface FoundFile {
  stored: StoredFile;
  pointer: string;
}

/**
 * Finds the PDFs around a report. Throws AppError: waiting_for_job, source_unavailable, report_failed for what is no PDF or
 * too large.
 */
export async function findAppended(report: Surrounded, { jobs }: Pick<RunContext, 'jobs'>): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const sizes = new Map<string, number>();
  for (const { named, pointer } of listNamed(report)) {
    const stored = await findNamedFile(named, { jobs }, PDF);
    if (stored.type !== PDF) {
      const message = `${stored.name} of ${sayNamed(named)}, named at ${pointer}, is no PDF: it is ${stored.type}.`;
      throw new AppError('report_failed', message);
    }
    sizes.set(stored.key, stored.bytes);
    found.push({ stored, pointer });
  }
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes <= MAX_APPENDED_BYTES) return found;
  throw new AppError('report_failed', `The ${WHAT} may have ${MAX_APPENDED_BYTES / 1e6} MB together.`);
}

/**
 * Copies the PDFs around a report into the folder of its run, each once; undefined where there are none. Throws AppError:
 * storage_unavailable; and the signal's reason.
 */
export async function copyAppended(
  found: readonly FoundFile[],
  folder: string,
  { storage, signal }: Pick<RunContext, 'storage' | 'signal'>,
): Promise<AppendedFiles | undefined> {
  const files: AppendedFiles = { prepend: [], append: [] };
  const copied = new Map<string, string>();
  for (const { stored, pointer } of found) {
    const file = copied.get(stored.key) ?? `appended-${copied.size}.pdf`;
    if (!copied.has(stored.key)) {
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
  return found.length === 0 ? undefined : files;
}
