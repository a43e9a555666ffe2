import type { JobContract } from '../contract.ts';
import type { Envelope } from '../options/options.ts';
import type { StoredFile } from './stored-file.ts';

/** Gives a result file the name that people save it by: its kind's, after what the job was made from, or else its own. */
export function savedAs(
  contract: Pick<JobContract, 'savedAs'> | undefined,
  { title }: Pick<Envelope, 'title'>,
  file: StoredFile,
): StoredFile {
  const name = title === undefined ? undefined : contract?.savedAs?.(file.name, title);
  return name === undefined ? file : { ...file, name };
}
