import { AppError } from '../../errors.ts';
import type { FinishedJob, RunContext } from '../processor.ts';
import type { StoredFile } from './stored-file.ts';

/** A result file of another job; `file` picks one by its name, with or without extension, when there are several. */
export interface JobFile {
  job: string;
  file?: string | undefined;
}

/** A file that was uploaded by itself. */
export interface UploadedFile {
  upload: string;
}

/** A file elsewhere, as an input names it. */
export type NamedFile = JobFile | UploadedFile;

/** The job is promoted as soon as the other one has ended; this is for a promotion that was lost. */
const LOOK_AGAIN_SECONDS = 15;

const WHY_NOT = {
  failed: 'failed',
  cancelled: 'was cancelled',
  missing: 'does not exist any more',
  evicted: 'had to make room before this job came to it: too much was kept for longer than it could be',
} as const satisfies Partial<Record<FinishedJob['state'], string>>;

/**
 * Finds the file that is meant. Throws AppError: waiting_for_job while that job has not ended (it uses up no attempt),
 * and source_unavailable when there is no such file (any more). Where no file is named and a job has several, the only one
 * of the media type `type` is meant.
 */
export async function findNamedFile(
  named: NamedFile,
  { jobs }: Pick<RunContext, 'jobs'>,
  type?: string,
): Promise<StoredFile> {
  const [id, what] = 'upload' in named ? [named.upload, 'the upload'] : [named.job, 'a file of the job'];
  const { state, files, step, why } = await jobs.find(id);
  if (state === 'pending') {
    throw new AppError('waiting_for_job', `It needs ${what} ${id}, which has not ended yet.`, {
      retryAfterSeconds: LOOK_AGAIN_SECONDS,
      waitingFor: [id],
    });
  }
  if (state !== 'completed') throw new AppError('source_unavailable', sayWhyNot({ id, what, state, step, why }));
  const file = 'upload' in named ? undefined : named.file;
  const fitting = files.filter((one) => one.type === type);
  return chooseFile(id, file, file === undefined && fitting.length === 1 ? fitting : files);
}

/** Of a step of the same flow the sentence says why that one failed: nobody has to look for it. */
function sayWhyNot({ id, what, state, step, why }: WhyNot): string {
  if (step === undefined || (state !== 'failed' && state !== 'cancelled'))
    return `It needs ${what} ${id}, which ${WHY_NOT[state]}.`;
  const reason = state === 'failed' && why !== undefined ? `: ${why}` : '.';
  return `It needs a file of the step "${step}", which ${WHY_NOT[state]}${reason}`;
}

interface WhyNot extends Pick<FinishedJob, 'id'> {
  what: string;
  state: keyof typeof WHY_NOT;
  step: string | undefined;
  why: string | undefined;
}

function chooseFile(job: string, file: string | undefined, files: readonly StoredFile[]): StoredFile {
  const named = files.filter(({ name }) => !file || name === file || name.replace(/\.[^.]+$/, '') === file);
  if (named.length === 1 && named[0]) return named[0];
  const names = files.map(({ name }) => name).join(', ') || 'none';
  const fault = named.length > 1 ? 'has several files: say in "file" which one is meant' : `has no file ${file}`;
  throw new AppError('source_unavailable', `The job ${job} ${fault}; its files are: ${names}.`);
}

/** How a sentence calls a file elsewhere: "the upload upd_...", "the job img_...". */
export const sayNamed = (named: NamedFile): string =>
  'upload' in named ? `the upload ${named.upload}` : `the job ${named.job}`;
