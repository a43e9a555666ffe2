import type { Response } from 'express';
import { AppError } from '../../../../errors.ts';
import type { Notices } from '../../../actions/notices.ts';
import { sendOn } from '../../../public-path.ts';
import type { QueuedBatch } from './entry.ts';
import type { BatchForm } from './form.ts';

/** Files that are named one by one. */
const NAMED = 3;
const MAX_NAME_LENGTH = 60;

/**
 * Leads a person who sent files by a form to the page that lists their jobs (of one file to its job's), which says what was
 * not accepted. Throws the first refusal where nothing was.
 */
export function leadToBatch(
  res: Response,
  { id, outcomes }: QueuedBatch,
  { form, notices }: { form: BatchForm; notices: Pick<Notices, 'leave'> },
): void {
  const refused = outcomes.flatMap(({ error }, index) =>
    error ? [{ error, name: form.items[index]?.name ?? '' }] : [],
  );
  const [first] = refused;
  if (first && id === null) throw new AppError(first.error.code, `${labelOf(first)}`, { cause: first.error });
  if (first) {
    const named = refused.slice(0, NAMED).map(labelOf).join(' ');
    const more = refused.length > NAMED ? ` And ${refused.length - NAMED} more.` : '';
    notices.leave(
      res,
      `${outcomes.length - refused.length} of ${outcomes.length} files were accepted. ${named}${more}`,
    );
  }
  const [only] = outcomes;
  const job = outcomes.length === 1 && only && 'job' in only.item ? only.item.job.id : null;
  sendOn(res, job === null ? `/jobs?batch=${id}` : `/jobs/${job}`);
}

/** "notes.txt: The file is none of the types that ...". */
const labelOf = ({ name, error }: { name: string; error: AppError }): string =>
  `${name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name}: ${error.message}`;
