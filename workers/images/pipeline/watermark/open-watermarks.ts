import { AppError } from '../../../../src/errors.ts';
import { findNamedFile } from '../../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../../src/jobs/files/stored-file.ts';
import type { RunContext, RunningJob } from '../../../../src/jobs/processor.ts';
import { classifyImageError } from '../../formats/image-error.ts';
import type { Rendition } from '../../input/rendition.ts';
import type { Watermark } from '../../input/watermark.ts';
import type { Picture } from '../../picture/pixels.ts';
import { type DecodeOptions, decodeSource, type Source } from '../../picture/source.ts';

/** All watermarks of a job together may take so many bytes; an opaque JPEG or PNG of 14 megapixels takes as many. */
export const MOST_WATERMARK_BYTES = 60_000_000;
/** A watermark is decoded, and then held as raw pixels. */
const watermarkBytes = ({ width, height, decodeBytes }: Source) => (decodeBytes + 4) * width * height;

/** Errors that are about the file itself. */
const FILE_ERRORS = ['image_unreadable', 'payload_too_large', 'unsupported_media_type'];

/** A watermark can't be used; the image can. */
export class WatermarkFault extends AppError {}

/** How a job's watermarks are found and read. */
export interface WatermarkDeps extends DecodeOptions {
  /** Finds the file that a watermark names: one that came with the request, an upload, or another job's result. */
  find: (watermark: Watermark) => Promise<StoredFile>;
  /** Reads a stored file's header and checks it against the limits, as for the image itself. */
  read: (file: StoredFile) => Promise<Source>;
}

/**
 * Finds the files of all watermarks before any is read, since one may be a job's that has not ended yet. Returns a
 * function that opens a watermark; each file is read and decoded once, however many renditions show it.
 */
export async function openWatermarks(
  renditions: readonly Pick<Rendition, 'watermark'>[],
  deps: WatermarkDeps,
): Promise<(watermark: Watermark) => Promise<Picture>> {
  const files = new Map<string, StoredFile>();
  for (const { watermark } of renditions) {
    if (watermark && !files.has(keyOf(watermark))) files.set(keyOf(watermark), await deps.find(watermark));
  }
  let bytes = 0;
  const decode = async (file: StoredFile) => {
    const source = await deps.read(file);
    bytes += watermarkBytes(source);
    if (bytes > MOST_WATERMARK_BYTES) {
      throw new AppError('payload_too_large', 'The watermarks of a job have too many pixels: send smaller ones.');
    }
    const { open } = await decodeSource(source, deps);
    const { width, height } = source.own ?? source;
    return () => ({ width, height, pipeline: open() });
  };
  const opened = new Map<string, Promise<() => Picture>>();
  return async (watermark) => {
    const key = keyOf(watermark);
    const known = opened.get(key) ?? decode(files.get(key) ?? (await deps.find(watermark))).catch(throwForWatermark);
    opened.set(key, known);
    return (await known)();
  };
}

const keyOf = ({ job, file, upload }: Watermark) => JSON.stringify([job, file, upload]);

/** Throws an error about the file again with a sentence that names the watermark; any other as it is. */
function throwForWatermark(error: unknown): never {
  const classified = error instanceof AppError ? error : classifyImageError(error);
  if (!FILE_ERRORS.includes(classified.code)) throw error;
  throw new WatermarkFault(classified.code, `The watermark can't be used. ${classified.message}`, { cause: error });
}

/**
 * Finds the file that a watermark names: one that came with the request, an upload, or another job's result. Throws
 * invalid_request where the request brought none.
 */
export async function findWatermark(
  { job, file = '', upload }: Watermark,
  { uploads }: Pick<RunningJob<unknown>, 'uploads'>,
  context: Pick<RunContext, 'jobs'>,
): Promise<StoredFile> {
  if (upload !== undefined) return findNamedFile({ upload }, context);
  if (job !== undefined) return findNamedFile({ job, file }, context);
  const sent = uploads[file];
  if (sent) return sent;
  throw new AppError('invalid_request', `The job has no watermark: send one in the field "${file}".`);
}
