import { AppError } from '../../../src/errors.ts';
import type { FileReference } from '../../../src/jobs/files/file-reference.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext } from '../../../src/jobs/processor.ts';
import { type EInvoice, PROFILES } from '../einvoice/profiles.ts';
import { type AttachmentInput, MAX_ATTACHED_BYTES } from '../input/document.ts';
import type { Attachment } from '../pdf/attach.ts';

interface Attaching {
  attachments: AttachmentInput[];
  einvoice?: EInvoice | undefined;
}

/** The form fields of the files that a report attaches. */
export const attachedFields = ({ attachments }: Attaching): string[] =>
  attachments.flatMap((one) => ('content' in one || 'job' in one || 'upload' in one ? [] : [one.file]));

/** The uploads and the results of other jobs that a report attaches. */
export const attachedReferences = ({ attachments }: Attaching): FileReference[] =>
  attachments.flatMap((one, index): FileReference[] => {
    const place = `/attachments/${index}`;
    if ('job' in one) return [{ id: one.job, pointer: `${place}/job` }];
    if (!('upload' in one)) return [];
    const limit = { what: 'attached files', bytes: MAX_ATTACHED_BYTES };
    return [{ id: one.upload, pointer: `${place}/upload`, limit }];
  });

async function findFile(
  attachment: Exclude<AttachmentInput, { content: string }>,
  uploads: Record<string, StoredFile>,
  context: RunContext,
): Promise<StoredFile> {
  if ('job' in attachment) return findNamedFile(attachment, context);
  if ('upload' in attachment) return findNamedFile({ upload: attachment.upload }, context);
  const upload = uploads[attachment.file];
  if (upload) return upload;
  const message = `The job has no file "${attachment.file}": send it as a file field of the form.`;
  throw new AppError('invalid_request', message);
}

function refuseTooMuch(bytes: number): void {
  if (bytes <= MAX_ATTACHED_BYTES) return;
  const limit = `${MAX_ATTACHED_BYTES / 1e6} MB`;
  throw new AppError('report_failed', `The attached files may have ${limit} together; these have more.`);
}

/** A name that another attachment has is given a number before its extension. */
function giveName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  let own = name;
  for (let number = 2; taken.has(own.toLowerCase()); number += 1) own = `${stem} (${number})${extension}`;
  taken.add(own.toLowerCase());
  return own;
}

/**
 * The files that a report attaches, with their content. Throws AppError: waiting_for_job, source_unavailable,
 * report_failed where they are too large, storage_unavailable.
 */
export async function loadAttachments(
  { attachments, einvoice }: Attaching,
  uploads: Record<string, StoredFile>,
  context: RunContext,
): Promise<Attachment[]> {
  const loaded: Attachment[] = [];
  const taken = new Set<string>(attachments.flatMap(({ filename }) => filename?.toLowerCase() ?? []));
  if (einvoice !== undefined) taken.add(PROFILES[einvoice].file);
  let bytes = 0;
  for (const attachment of attachments) {
    const { description, relationship } = attachment;
    const stored = 'content' in attachment ? undefined : await findFile(attachment, uploads, context);
    bytes += stored?.bytes ?? 0;
    refuseTooMuch(bytes);
    const content = stored
      ? await context.storage.read(stored.key)
      : Buffer.from('content' in attachment ? attachment.content : '', 'base64');
    if (!stored) bytes += content.length;
    refuseTooMuch(bytes);
    const filename = attachment.filename ?? giveName(stored?.name ?? 'file', taken);
    const type = attachment.type ?? stored?.type ?? 'application/octet-stream';
    loaded.push({ filename, type, description, relationship, content });
  }
  return loaded;
}
