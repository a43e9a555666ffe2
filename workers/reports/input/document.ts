import { z } from 'zod';
import { choiceField, formField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { jobFileFields, uploadIdField } from '../../../src/jobs/files/file-reference.ts';
import type { InputBlock } from './blocks.ts';

/** Most bytes of all attached files together. */
export const MAX_ATTACHED_BYTES = 10_000_000;
const MAX_ATTACHMENTS = 20;

/** The standard that the PDF keeps to. */
export const profileField = choiceField('PDF/A-2b', 'PDF/A-3b', 'PDF/UA-1');

/** Letters, digits, signs and spaces: what a reader can be given in a password field. */
const isPassword = (text: string): boolean =>
  /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(text) && Buffer.byteLength(text.normalize('NFKC')) <= 127;

/** What the file is closed with. */
export const passwordField = formField(
  isPassword,
  'must be a text of 1 to 127 bytes in UTF-8, without control characters',
);

/** A file's own name: no folders, nothing that is hidden or can't be seen. */
const isFilename = (name: string): boolean =>
  name.length <= 200 && /^[^\p{C}/\\:*?"<>|]+$/u.test(name) && !/^[. ]|[. ]$/.test(name);

/** The name of a file that is made. */
export const filenameField = formField(
  isFilename,
  'must be a file name of 1 to 200 characters such as "data.csv", without a path or any of : * ? " < > |',
);

const about = {
  description: textField(500, 0).optional(),
  relationship: choiceField('Unspecified', 'Source', 'Data', 'Alternative', 'Supplement').default('Unspecified'),
};

const typeField = formField(
  (type) => /^[a-z]+\/[\w.+-]{1,100}$/.test(type),
  'must be a media type, such as "text/csv"',
).optional();

const isBase64 = (content: string): boolean => content.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(content);

const contentFile = objectField({
  filename: filenameField,
  content: formField(isBase64, 'must be base64, without line breaks'),
  type: typeField,
  ...about,
});

const jobFile = objectField({
  filename: filenameField.optional(),
  ...jobFileFields,
  type: typeField,
  ...about,
});

const formFile = objectField({
  filename: filenameField,
  file: formField(
    (name) => /^attachment[\w-]{0,50}$/.test(name),
    'must be the name of a file field of the form that begins with "attachment"',
  ),
  type: typeField,
  ...about,
});

const uploadFile = objectField({
  filename: filenameField.optional(),
  upload: uploadIdField,
  type: typeField,
  ...about,
});

const SOURCE =
  'must be {"filename", "content": "<base64>"}, {"upload": "<id>"}, {"job": "<id>", "file": "<name>"} or ' +
  '{"filename", "file": "attachment..."}';

const attachmentField = z.union([contentFile, jobFile, uploadFile, formFile], SOURCE);

/** Files inside the report, each from the request, an upload, another job or the form. */
export const attachmentsField = listField(attachmentField, 0, MAX_ATTACHMENTS).superRefine((attachments, context) => {
  const names = attachments.map(({ filename }) => filename?.toLowerCase());
  for (const [index, name] of names.entries()) {
    const message = 'must differ from the names of the attachments before it';
    const isTaken = name !== undefined && names.indexOf(name) < index;
    if (isTaken) context.addIssue({ code: 'custom', message, path: [index, 'filename'] });
  }
  const bytes = attachments.reduce((sum, one) => sum + ('content' in one ? one.content.length * 0.75 : 0), 0);
  const message = `must be files of at most ${MAX_ATTACHED_BYTES / 1e6} MB together`;
  if (bytes > MAX_ATTACHED_BYTES) context.addIssue({ code: 'custom', message });
});

export type AttachmentInput = z.infer<typeof attachmentField>;

/** Adds an issue for each picture without a text in its place: PDF/UA-1 wants one for all. */
export function checkPictures(blocks: InputBlock[], context: z.RefinementCtx): void {
  const visit = (list: InputBlock[], path: (string | number)[]) => {
    for (const [index, block] of list.entries()) {
      const place = [...path, index];
      const message = 'must tell what the picture shows, for PDF/UA-1; "" where it is mere decoration';
      const isUntold = block.type === 'image' && block.alt === undefined;
      if (isUntold) context.addIssue({ code: 'custom', message, path: [...place, 'alt'] });
      if (block.type !== 'columns') continue;
      for (const [column, inner] of block.columns.entries()) visit(inner, [...place, 'columns', column]);
    }
  };
  visit(blocks, ['data', 'blocks']);
}

interface DocumentFields {
  profile?: z.infer<typeof profileField> | undefined;
  password?: string | undefined;
  attachments?: AttachmentInput[] | undefined;
}

/** Adds an issue for what the asked standard forbids. */
export function checkProfile({ profile, password, attachments }: DocumentFields, context: z.RefinementCtx): void {
  const addIssue = (field: string, message: string) => context.addIssue({ code: 'custom', message, path: [field] });
  if (profile?.startsWith('PDF/A') && password !== undefined) {
    addIssue('password', `must be left out with ${profile}: the standard forbids encryption`);
  }
  if (profile === 'PDF/A-2b' && attachments?.length) {
    addIssue('attachments', 'must be left out with PDF/A-2b, which has room for PDF/A files only: use PDF/A-3b');
  }
}
