import { buffer } from 'node:stream/consumers';
import type { Config } from '../../src/config.ts';
import { AppError } from '../../src/errors.ts';
import { createGuardedFetch } from '../../src/fetch/guarded-fetch.ts';
import type { RunContext, RunningJob } from '../../src/jobs/define.ts';
import type { ImagesInput } from './job.ts';

/** Getting a source may take this much of the run's time. */
const FETCH_SHARE = 0.5;
const WAIT_SECONDS = 2;

type ReadContent = (job: RunningJob<ImagesInput>, context: RunContext) => Promise<Buffer>;

/** Reads a job's image from wherever it is: the upload, an address, or another job's result. */
export function createContentReader(config: Config): ReadContent {
  const { get } = createGuardedFetch({ allow: config.FETCH_ALLOW ?? [] });
  const maxBytes = config.IMAGE_MAX_BYTES;
  const timeoutMs = config.IMAGE_TIMEOUT_SECONDS * 1000 * FETCH_SHARE;

  return async ({ input: { source }, uploads }, context) => {
    if (uploads.file) return context.storage.read(uploads.file.key);
    if (!source) throw new AppError('invalid_request', 'The job has no file: send one in the field "file".');
    if ('job' in source) return context.storage.read(await findFile(source.job, source.file, context));
    const { stream } = await get(source.url, { maxBytes, timeoutMs, signal: context.signal });
    return buffer(stream);
  };
}

/** The storage key of the one file of a completed job, or of the one so named, with or without its extension. */
async function findFile(id: string, name: string | undefined, { jobs }: RunContext): Promise<string> {
  const { state, files } = await jobs.find(id);
  if (state === 'pending') {
    const message = `The source is made by the job ${id}, which has not ended yet.`;
    throw new AppError('waiting_for_job', message, { retryAfterSeconds: WAIT_SECONDS });
  }
  if (state !== 'completed') throw new AppError('source_unavailable', `The job ${id}, the source, has no result.`);
  const named = files.filter((file) => !name || file.name === name || file.name.replace(/\.[^.]+$/, '') === name);
  if (named.length === 1 && named[0]) return named[0].key;
  const names = files.map((file) => file.name).join(', ') || 'none';
  throw new AppError('source_unavailable', `Say in source.file which file of the job ${id} is meant: ${names}.`);
}
