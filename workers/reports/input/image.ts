import { z } from 'zod';
import { formField, objectField, textField } from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';

/** How PNG, JPEG, WebP and GIF files begin in base64 (89 50 4e 47 0d 0a 1a, ff d8 ff, RIFF, GIF8). */
const BEGINNINGS = ['iVBORw0KGg', '/9j/', 'UklGR', 'R0lGOD'];
const DATA_URL = /^data:image\/[a-z0-9.+-]{1,20};base64,/;

/** What is said of a text that is none. */
export const PICTURE_SENTENCE = 'must be a PNG, JPEG, WebP or GIF file as base64 or as a data URL, without line breaks';

/** Whether a text is a picture as base64, or as a data URL. */
export function isImage(content: string): boolean {
  const [beginning = ''] = DATA_URL.exec(content) ?? [];
  const base64 = content.slice(beginning.length);
  return BEGINNINGS.some((begins) => base64.startsWith(begins)) && /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
}

const contentSource = objectField({
  content: formField(isImage, PICTURE_SENTENCE),
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
