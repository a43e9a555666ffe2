import { z } from 'zod';
import { urlText } from '../../../src/jobs/options.ts';
import { fileName } from './values.ts';

/** Where the image comes from instead of an upload: an address, or a result file of another job. */
export type ImageSource = { url: string } | { job: string; file?: string | undefined };

/** The reference to an image that lies elsewhere. */
export const imageSource = z
  .strictObject(
    {
      url: urlText.optional(),
      job: z.string('must be the id of a job').max(64, 'must be the id of a job').optional(),
      file: fileName.optional(),
    },
    'must be an object',
  )
  .superRefine(({ url, job, file }, context) => {
    if ((url === undefined) === (job === undefined)) context.addIssue('must have either url or job');
    if (file !== undefined && job === undefined)
      context.addIssue({ code: 'custom', path: ['file'], message: 'goes with job' });
  })
  .transform((given) => given as ImageSource)
  .meta({ description: 'In a JSON body: where the image is, `{url}` or `{job, file}`.' });
