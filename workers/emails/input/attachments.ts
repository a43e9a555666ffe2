import { z } from 'zod';
import { lineField, momentField } from '../../../src/fields/fields.ts';
import { uploadIdField } from '../../../src/jobs/files/file-reference.ts';

export const MAX_ATTACHMENTS = 20;
/**
 * Files of attached jobs and uploads together; most mail servers take no more than 25 to 35 MB, base64 adds a third.
 */
export const MAX_ATTACHED_BYTES = 20_000_000;
/** All inline attachments together, decoded; as base64 they must still fit into a 10 MB request. */
export const MAX_INLINE_BYTES = 7_000_000;

/** An attachment whose content came with the request, as base64; with `cid` the HTML shows it in place. */
export interface InlineAttachment {
  filename: string;
  content: string;
  type?: string;
  cid?: string;
}

/** An attachment that is a result file of another job; `file` chooses among several. */
export interface JobAttachment {
  filename: string;
  job: string;
  file?: string;
  cid?: string;
  /** What replaces a file that can't be had: a link to the job's result. */
  fallback?: 'link';
  /** RFC 3339: the mail waits for the job until then, and no longer. */
  deadline?: string;
}

/** An attachment that was uploaded by itself. */
export interface UploadAttachment {
  filename: string;
  upload: string;
  cid?: string;
}

/** A media type with up to three parameters, such as `text/calendar; charset=utf-8; method=REQUEST`. */
const MEDIA_TYPE =
  /^[\w!#$&^.+-]{1,100}\/[\w!#$&^.+-]{1,100}(?:; ?[\w-]{1,40}=(?:[\w!#$&^.+-]{1,60}|"[^"\\]{0,60}")){0,3}$/;
const JOB_ID = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/;

/** Computes the size of base64 once decoded; null when it is none. The pattern is flat: a nested one overflows. */
export function decodedBytes(base64: string): number | null {
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null;
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}

const FIELDS = {
  filename: lineField(255)
    .refine((name) => !/[/\\]/.test(name), 'must be a file name without / or \\')
    .meta({ description: 'The name the recipient sees.' }),
  cid: z
    .string('must be text')
    .regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 of letters, digits, . _ -')
    .optional()
    .meta({ description: 'Shows a picture in the HTML, where it says `src="cid:<this name>"`.' }),
  content: z
    .string('must be text in base64')
    .refine((value) => decodedBytes(value) !== null, 'must be base64 with its padding and without line breaks')
    .optional()
    .meta({ description: 'The content in base64 (RFC 4648).', contentEncoding: 'base64' }),
  type: lineField(250)
    .regex(MEDIA_TYPE, 'must be a media type like application/pdf')
    .refine((type) => !/^multipart\//i.test(type), 'must not be a multipart type')
    .refine(
      (type) => !/^message\/(?:partial|external-body)/i.test(type),
      'must not be message/partial or message/external-body: mail programs would fetch or join what is not here',
    )
    .optional()
    .meta({ description: "Media type of `content`; without it, it follows from the file name's extension." }),
  job: z
    .string('must be a job id')
    .regex(JOB_ID, 'must be a job id like rep_ and 26 characters')
    .optional()
    .meta({ description: 'A job whose result file is attached; the mail waits until that job has completed.' }),
  upload: uploadIdField.optional().meta({ description: 'The upload that is attached; it knows its media type.' }),
  file: lineField(255).optional().meta({
    description: 'Which result file of `job`, by its name with or without extension; needed if it has several.',
  }),
  fallback: z
    .literal('link', 'must be link')
    .optional()
    .meta({ description: 'When the file can not be had by the deadline: the mail goes with a link to it instead.' }),
  deadline: momentField
    .optional()
    .meta({ description: 'The mail waits for `job` until then; without it, for two days.' }),
} as const;

/** A file that goes along with a mail, as it was asked for. */
export type Attachment = InlineAttachment | JobAttachment | UploadAttachment;

/** One entry of `attachments`: exactly one of `content`, `upload` and `job`. */
export const attachmentInput = z
  .strictObject(FIELDS)
  .superRefine((attachment, context) => {
    const { content, job, upload } = attachment;
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (content === undefined && job === undefined && upload === undefined) {
      refuse('content', 'must be given (base64), or `job` with the id of a job to attach, or `upload`');
    }
    if (content !== undefined && job !== undefined) refuse('job', 'must not be given together with `content`');
    if (upload !== undefined && (content ?? job) !== undefined) {
      refuse('upload', 'must not be given together with `content` or `job`');
    }
    for (const field of ['file', 'fallback', 'deadline'] as const) {
      if (attachment[field] !== undefined && job === undefined) refuse(field, 'goes with `job` only');
    }
    if (attachment.type !== undefined && content === undefined) {
      refuse('type', 'goes with `content` only: jobs and uploads know the types of their files');
    }
    if (attachment.cid !== undefined && attachment.fallback !== undefined) {
      refuse('fallback', 'must not be given together with `cid`: a link can not be shown as a picture');
    }
  })
  .transform(({ filename, cid, content, type, job, upload, ...more }): Attachment => {
    const { file, fallback, deadline } = more;
    const shown = cid === undefined ? {} : { cid };
    if (upload !== undefined) return { filename, upload, ...shown };
    if (job === undefined) {
      return { filename, content: content ?? '', ...(type === undefined ? {} : { type }), ...shown };
    }
    const wait = { ...(fallback === undefined ? {} : { fallback }), ...(deadline === undefined ? {} : { deadline }) };
    return { filename, job, ...(file === undefined ? {} : { file }), ...shown, ...wait };
  });
