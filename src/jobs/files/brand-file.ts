import { AppError } from '../../errors.ts';
import type { RunContext } from '../processor.ts';
import { findNamedFile } from './job-file.ts';

/** Reads a file of a job's brand; `what` is its word: `logo`. Throws source_unavailable for one that was erased. */
export async function readBrandFile(
  file: { upload: string },
  { name, what }: { name: string; what: string },
  context: RunContext,
): Promise<Buffer> {
  try {
    const { key } = await findNamedFile(file, context);
    return await context.storage.read(key);
  } catch (cause) {
    if (!(cause instanceof AppError) || !['source_unavailable', 'not_found'].includes(cause.code)) throw cause;
    const message = `The ${what} of the brand "${name}" was erased: give the brand another one.`;
    throw new AppError('source_unavailable', message, { cause });
  }
}
