import { z } from 'zod';
import { defineJob, type JobContract } from '../contract.ts';
import type { Envelope } from '../options/options.ts';
import type { StoredFile } from './stored-file.ts';

/** The name of an upload's one file in its record. */
export const UPLOAD_FIELD = 'file';

/**
 * An upload, as it is kept: the record of an ended job of a kind that nobody posts and no worker runs. So it is
 * indexed, counted, retained and erased as jobs are.
 */
export const UPLOADS: JobContract = defineJob<unknown, unknown>({
  kind: 'uploads',
  idPrefix: 'upd',
  summary: 'A file that was sent once, for jobs to name.',
  input: z.null(),
  result: z.null(),
  attempts: 1,
  backoff: { scheduleMs: [0] },
  timeoutMs: () => 0,
  accepts: 'none',
  title: (_input, { [UPLOAD_FIELD]: file }) => file?.name,
  example: {},
});

/** The file of an upload's record; undefined where the record is damaged. */
export const uploadedFile = ({ uploads }: Pick<Envelope, 'uploads'>): StoredFile | undefined => uploads[UPLOAD_FIELD];
