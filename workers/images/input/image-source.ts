import { z } from 'zod';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import type { NamedFile } from '../../../src/jobs/files/job-file.ts';
import { urlText } from '../../../src/jobs/options/options.ts';
import { fileName } from './values.ts';

/** Where the image comes from instead of the request: an address, an upload, or a result file of another job. */
export type ImageSource = { url: string } | NamedFile;

/** The reference to an image that lies elsewhere. */
export const imageSource = z
  .strictObject(
    {
      url: urlText.optional(),
      job: z.string('must be the id of a job').max(64, 'must be the id of a job').optional(),
      file: fileName.optional(),
      upload: uploadIdField.optional(),
    },
    'must be an object',
  )
  .superRefine(({ url, job, file, upload }, context) => {
    const given = [url, job, upload].filter((one) => one !== undefined);
    if (given.length !== 1) context.addIssue('must have either url, upload or job');
    if (file !== undefined && job === undefined)
      context.addIssue({ code: 'custom', path: ['file'], message: 'goes with job' });
  })
  .transform((given) => given as ImageSource)
  .meta({ description: 'In a JSON body: where the image is, `{url}`, `{upload}` or `{job, file}`.' });
