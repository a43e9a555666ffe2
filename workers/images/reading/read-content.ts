import { AppError } from '../../../src/errors.ts';
import { createGuardedFetch } from '../../../src/fetch/guarded-fetch.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import { type RunContext, type RunningJob, withoutPlace } from '../../../src/jobs/processor.ts';
import { judgeFormat } from '../formats/judge.ts';
import type { ImagesInput } from '../input/images-input.ts';
import type { ImagesConfig } from '../settings.ts';
import { createSpool, type Spooled } from './spool.ts';

/** Fetching a source may take this share of the run's time. */
const FETCH_SHARE = 0.5;

type ReadContent = (job: RunningJob<ImagesInput>, context: RunContext) => Promise<Buffer>;

/**
 * Makes a function that reads a job's image: its own upload, an address, or a file that it names. Throws
 * invalid_request where it has none, and the errors of the guarded fetch and of storage. While it fetches, the run
 * holds no place and its
 * bytes lie on disk.
 */
export function createContentReader(config: ImagesConfig): ReadContent {
  const { get } = createGuardedFetch({ allow: config.FETCH_ALLOW ?? [], ownAddresses: config.OWN_ADDRESSES });
  const spool = createSpool(config);
  const maxBytes = config.IMAGES_MAX_BYTES;
  const timeoutMs = config.IMAGES_TIMEOUT_SECONDS * 1000 * FETCH_SHARE;

  return async ({ input: { source }, uploads }, context) => {
    if (uploads.file) return context.storage.read(uploads.file.key);
    if (!source) throw new AppError('invalid_request', 'The job has no file: send one in the field "file".');
    if (!('url' in source)) return context.storage.read((await findNamedFile(source, context)).key);
    const { url } = source;
    const { signal } = context;
    let fetched: Spooled | undefined;
    let type = '';
    try {
      await withoutPlace(context, async () => {
        const answer = await get(url, { maxBytes, timeoutMs, signal });
        type = answer.type;
        fetched = await spool(answer.stream, signal);
        return fetched;
      });
      const content = await (fetched as Spooled).read();
      // Its sender is named where it is no picture.
      judgeFormat(content, { host: new URL(url).host, type });
      return content;
    } finally {
      await fetched?.close();
    }
  };
}
