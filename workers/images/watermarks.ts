import { AppError } from '../../src/errors.ts';
import type { RunContext, RunningJob, StoredFile } from '../../src/jobs/define.ts';
import { findJobFile } from '../../src/jobs/job-file.ts';
import type { Watermark } from './input/watermark.ts';
import type { Picture } from './pixels.ts';
import { type DecodeOptions, openSource, type Source } from './source.ts';

/** Where a job's watermarks are read. */
export interface WatermarkDeps extends DecodeOptions {
  /** The file a watermark names: one that came with the request, or another job's result. */
  find: (watermark: Watermark) => Promise<StoredFile>;
  /** Reads a stored file's header and holds it against the limits, as those of the image itself. */
  read: (file: StoredFile) => Promise<Source>;
}

/** Opens watermarks: each file is read and decoded once, whatever number of renditions show it. */
export function createWatermarks(deps: WatermarkDeps): (watermark: Watermark) => Promise<Picture> {
  const opened = new Map<string, Promise<() => Picture>>();
  const open = async (watermark: Watermark) => {
    const source = await deps.read(await deps.find(watermark));
    const pipeline = await openSource(source, Number.POSITIVE_INFINITY, deps);
    return () => ({ width: source.width, height: source.height, pipeline: pipeline() });
  };
  return async (watermark) => {
    const key = JSON.stringify([watermark.job, watermark.file]);
    const known = opened.get(key) ?? open(watermark);
    opened.set(key, known);
    return (await known)();
  };
}

/** The file a watermark names: one that came with the request, or another job's result. */
export async function findWatermark(
  { job, file = '' }: Watermark,
  { uploads }: Pick<RunningJob<unknown>, 'uploads'>,
  context: Pick<RunContext, 'jobs'>,
): Promise<StoredFile> {
  if (job !== undefined) return findJobFile({ job, file }, context);
  const sent = uploads[file];
  if (sent) return sent;
  throw new AppError('invalid_request', `The job has no watermark: send one in the field "${file}".`);
}
