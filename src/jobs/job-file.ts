import { AppError } from '../errors.ts';
import type { RunContext } from './processor.ts';
import type { StoredFile } from './stored-file.ts';

/** A result file of another job; `file` picks one by its name, with or without extension, when there are several. */
export interface JobFile {
  job: string;
  file?: string | undefined;
}

/** The job is promoted as soon as the other one has ended; this is for a promotion that was lost. */
const LOOK_AGAIN_SECONDS = 15;

/**
 * Finds the file that is meant. Throws AppError: waiting_for_job while that job has not ended (it uses up no attempt),
 * and source_unavailable when it has no such file.
 */
export async function findJobFile({ job, file }: JobFile, { jobs }: Pick<RunContext, 'jobs'>): Promise<StoredFile> {
  const { state, files } = await jobs.find(job);
  if (state === 'pending') {
    throw new AppError('waiting_for_job', `It needs a file of the job ${job}, which has not ended yet.`, {
      retryAfterSeconds: LOOK_AGAIN_SECONDS,
      waitingFor: [job],
    });
  }
  if (state !== 'completed') {
    const why = { failed: 'failed', cancelled: 'was cancelled', missing: 'does not exist any more' }[state];
    throw new AppError('source_unavailable', `It needs a file of the job ${job}, which ${why}.`);
  }
  const named = files.filter(({ name }) => !file || name === file || name.replace(/\.[^.]+$/, '') === file);
  if (named.length === 1 && named[0]) return named[0];
  const names = files.map(({ name }) => name).join(', ') || 'none';
  const fault = named.length > 1 ? 'has several files: say in "file" which one is meant' : `has no file ${file}`;
  throw new AppError('source_unavailable', `The job ${job} ${fault}; its files are: ${names}.`);
}
