import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../src/errors.ts';
import { createGuardedFetch } from '../../../src/fetch/guarded-fetch.ts';
import { findNamedFile, type NamedFile, sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';
import { findHeadIssue, readHead } from '../data/read/file-head.ts';
import { type RowFile, sourceKey, startWith } from '../data/read/row-file.ts';
import type { RowsSource } from '../input/table.ts';
import type { ReportsConfig } from '../settings.ts';

/** Copies the data files of a run into its folder; resolves with them by `sourceKey`. */
export type FetchSources = (
  sources: RowsSource[],
  uploads: Record<string, StoredFile>,
  folder: string,
  context: Pick<RunContext, 'signal' | 'storage' | 'jobs'>,
) => Promise<Record<string, RowFile>>;

const isNamed = (source: Exclude<RowsSource, { url: string }>): source is NamedFile =>
  'upload' in source || source.job !== undefined;

function nameOf(source: RowsSource, uploads: Record<string, StoredFile>): string {
  if ('url' in source) return `the file at ${new URL(source.url).hostname}`;
  return isNamed(source) ? sayNamed(source) : `the file "${uploads[source.file]?.name ?? source.file}"`;
}

/** The file itself. Throws AppError where it is too large: a job's, since an upload's size was judged at POST. */
function fitting(file: StoredFile, { maxBytes }: { maxBytes: number }): StoredFile {
  if (file.bytes <= maxBytes) return file;
  throw new AppError('payload_too_large', `The job's file ${file.name} is larger than the limit of ${maxBytes} bytes.`);
}

/**
 * Creates the copying of data files. URLs are fetched from hosts that FETCH_ALLOW names and no others: what they send
 * is printed, so a report could else be used to look around. It rejects with AppErrors, and with the signal's reason.
 */
export function createFetchSources(config: ReportsConfig): FetchSources {
  const { get } = createGuardedFetch({
    allow: config.FETCH_ALLOW ?? [],
    ownAddresses: config.OWN_ADDRESSES,
    onlyListed: true,
  });
  const limits = { maxBytes: config.REPORTS_MAX_FILE_BYTES, timeoutMs: config.REPORTS_FETCH_SECONDS * 1000 };

  return async (sources, uploads, folder, { signal, storage, jobs }) => {
    const openSource = async (source: RowsSource): Promise<Readable> => {
      if ('url' in source) return (await get(source.url, { ...limits, signal })).stream;
      if (isNamed(source)) return storage.open(fitting(await findNamedFile(source, { jobs }), limits).key);
      const upload = uploads[source.file];
      if (upload) return storage.open(upload.key);
      throw new AppError(
        'invalid_request',
        `The job has no file "${source.file}": send it as a file field of the form.`,
      );
    };
    const files: Record<string, RowFile> = {};
    for (const [index, source] of sources.entries()) {
      const key = sourceKey(source);
      if (files[key]) continue;
      const file = { path: join(folder, `source-${index}`), name: nameOf(source, uploads) };
      try {
        await pipeline(await openSource(source), createWriteStream(file.path, { mode: 0o600 }), { signal });
      } catch (error) {
        throw signal.aborted ? signal.reason : classifyDiskError(error);
      }
      // What came with the form, and an upload, was judged when it came.
      const issue = 'url' in source || 'job' in source ? findHeadIssue(await readHead(file.path)) : null;
      if (issue) throw new AppError('source_unavailable', `${startWith(file)} ${issue}`);
      files[key] = file;
    }
    return files;
  };
}
