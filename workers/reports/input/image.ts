import { unescape as unescapeUrl } from 'node:querystring';
import { z } from 'zod';
import { formField, objectField, textField } from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';

/** How PNG, JPEG, WebP and GIF files begin in base64 (89 50 4e 47 0d 0a 1a, ff d8 ff, RIFF, GIF8). */
const BEGINNINGS = ['iVBORw0KGg', '/9j/', 'UklGR', 'R0lGOD'];
const DATA_URL = /^data:image\/[a-z0-9.+-]{1,20}(?:;charset=[\w-]{1,20})?;base64,/i;
/** A drawing as browsers take it too, as a text. */
const TEXT_URL = /^data:image\/svg\+xml(?:;charset=[\w-]{1,20}|;utf8)?,/i;
/** How a drawing begins, behind a mark of its encoding and white space. */
const DRAWING = /^\ufeff?\s*<(?:\?xml|!--|!doctype\s+svg|(?:[\w-]{1,20}:)?svg[\s/>])/i;
/** So many characters of base64 are enough to tell a drawing. */
const TOLD_BY = 1024;

/** What is said of a text that is none. */
export const PICTURE_SENTENCE =
  'must be a PNG, JPEG, WebP, GIF or SVG file as base64 or as a data URL, without line breaks';

/** Whether a file is a drawing (SVG), also a packed one or in UTF-16, as its first bytes tell. */
export function isDrawing(bytes: Buffer): boolean {
  const mark = bytes.toString('hex', 0, 2);
  return ['1f8b', 'fffe', 'feff'].includes(mark) || DRAWING.test(bytes.toString('utf8', 0, TOLD_BY));
}

/** Returns the bytes of a picture that is base64 or a data URL. */
export function readContent(content: string): Buffer {
  const [text] = TEXT_URL.exec(content) ?? [];
  if (text !== undefined) return Buffer.from(unescapeUrl(content.slice(text.length)));
  return Buffer.from(content.slice(content.indexOf(',') + 1), 'base64');
}

/** Whether a text is a picture as base64, or as a data URL. */
export function isImage(content: string): boolean {
  if (TEXT_URL.test(content)) return isDrawing(readContent(content.slice(0, TOLD_BY)));
  const [beginning = ''] = DATA_URL.exec(content) ?? [];
  const base64 = content.slice(beginning.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return false;
  return (
    BEGINNINGS.some((begins) => base64.startsWith(begins)) || isDrawing(Buffer.from(base64.slice(0, TOLD_BY), 'base64'))
  );
}

const contentField = formField(isImage, PICTURE_SENTENCE);

const contentSource = objectField({ content: contentField });

const jobSource = objectField(jobFileFields);

const uploadSource = objectField({ upload: uploadIdField });

/**
 * A picture that lies elsewhere: an upload, or one that another job makes (`file` says which of its files is meant).
 */
export type NamedSource = z.infer<typeof jobSource> | z.infer<typeof uploadSource>;

/** Where a picture comes from. */
export type PictureSource = z.infer<typeof contentSource> | NamedSource;

const SOURCE = 'must be {"content": "<base64>"}, {"upload": "<id>"} or {"job": "<id>", "file": "<name>"}';

/** Where a picture comes from. */
export const pictureSourceField = z.union([contentSource, jobSource, uploadSource], SOURCE);

/** A picture, from the request, an upload or another job. */
export const imageBlock = objectField({
  type: z.literal('image'),
  source: pictureSourceField,
  width: formField(
    (width) => /^(?:100|[1-9]\d?)%$/.test(width),
    'must be a part of the line from "1%" to "100%"',
  ).optional(),
  alt: textField(1000, 0).optional(),
});

export type ImageBlock = z.infer<typeof imageBlock>;

const ELSEWHERE = '{"upload": "<id>"} or {"job": "<id>", "file": "<name>"}';

/** A picture that stands in the place of a text. */
export const textPictureField = z.union(
  [contentField, uploadSource, jobSource],
  `${PICTURE_SENTENCE}, or ${ELSEWHERE}`,
);

/** What a picture in a cell is, to those who don't see it. */
const told = { alt: textField(1000).optional() };

/** A picture in a cell, by itself or with what it shows. */
export const cellPictureField = z.union(
  [
    contentField,
    objectField({ content: contentField, ...told }),
    objectField({ upload: uploadIdField, ...told }),
    objectField({ ...jobFileFields, ...told }),
  ],
  `${PICTURE_SENTENCE}, {"content": "<base64>"}, ${ELSEWHERE}, each with "alt" or without, or null`,
);

export type CellPicture = z.infer<typeof cellPictureField>;
