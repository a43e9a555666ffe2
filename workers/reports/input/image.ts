import { z } from 'zod';
import { formField, objectField, textField } from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';

/** How PNG and JPEG files begin in base64 (89 50 4e 47 0d 0a 1a, ff d8 ff). */
const BEGINNINGS = ['iVBORw0KGg', '/9j/'];

const isImage = (content: string): boolean =>
  BEGINNINGS.some((beginning) => content.startsWith(beginning)) && /^[A-Za-z0-9+/]+={0,2}$/.test(content);

const contentSource = objectField({
  content: formField(isImage, 'must be a PNG or JPEG file as base64, without line breaks'),
});

const jobSource = objectField(jobFileFields);

const uploadSource = objectField({ upload: uploadIdField });

/**
 * A picture that lies elsewhere: an upload, or one that another job makes (`file` says which of its files is meant).
 */
export type NamedSource = z.infer<typeof jobSource> | z.infer<typeof uploadSource>;

const SOURCE = 'must be {"content": "<base64>"}, {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}';

/** A picture, from the request, an upload or another job. */
export const imageBlock = objectField({
  type: z.literal('image'),
  source: z.union([contentSource, jobSource, uploadSource], SOURCE),
  width: formField(
    (width) => /^(?:100|[1-9]\d?)%$/.test(width),
    'must be a part of the line from "1%" to "100%"',
  ).optional(),
  alt: textField(1000, 0).optional(),
});

export type ImageBlock = z.infer<typeof imageBlock>;
