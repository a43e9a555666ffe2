import type { Readable } from 'node:stream';
import { AppError } from '../../src/errors.ts';
import type { FinishedJob, RunContext, RunningJob, StoredFile } from '../../src/jobs/define.ts';
import type { InlineAttachment, JobAttachment } from './attachment-input.ts';
import type { EmailInput } from './input.ts';

/** Files of all attached jobs together; most mail servers take no more than 25 to 35 MB, base64 adds a third. */
export const MAX_ATTACHED_BYTES = 20_000_000;

/** An attachment ready to be sent: its content is in memory, or a stream that nobody has read yet. */
export interface OpenAttachment {
  filename: string;
  content: Buffer | Readable;
  contentType?: string;
}

/** Seconds until another job is looked at again: soon at first, patiently later. Looking uses up no attempt. */
const waitSeconds = (waitedMs: number): number => (waitedMs < 60_000 ? 2 : 15);
/** A job that has not ended by then will not. */
const LONGEST_WAIT_MS = 48 * 3_600_000;

function filesOf(job: FinishedJob, attachment: JobAttachment, waitedMs: number): StoredFile[] {
  const what = `The attachment ${attachment.filename} comes from the job ${job.id}`;
  switch (job.state) {
    case 'completed':
      return job.files;
    case 'pending':
      if (waitedMs > LONGEST_WAIT_MS) {
        throw new AppError('source_unavailable', `${what}, which had not finished within two days.`);
      }
      throw new AppError('waiting_for_job', `${what}, which has not finished yet.`, {
        retryAfterSeconds: waitSeconds(waitedMs),
      });
    case 'missing':
      throw new AppError('source_unavailable', `${what}, which does not exist any more.`);
    default:
      throw new AppError(
        'source_unavailable',
        `${what}, which ${job.state === 'failed' ? 'failed' : 'was cancelled'}.`,
      );
  }
}

/** The one file meant: the job's only one, or the one named `file`, with or without its extension. */
function chooseFile(files: StoredFile[], { job, file, filename }: JobAttachment): StoredFile {
  const chosen =
    file === undefined
      ? files.length === 1 && files[0]
      : (files.find(({ name }) => name === file) ?? files.find(({ name }) => name.replace(/\.[^.]+$/, '') === file));
  if (chosen) return chosen;
  const names = files.map(({ name }) => name).join(', ') || 'none';
  const fault = file === undefined ? 'Say which with `file`' : `There is no file ${file}`;
  throw new AppError(
    'source_unavailable',
    `The attachment ${filename} cannot be taken from the job ${job}. ${fault}; its files are: ${names}.`,
  );
}

async function openFile(file: StoredFile, attachment: JobAttachment, context: RunContext): Promise<OpenAttachment> {
  try {
    const content = await context.storage.open(file.key);
    return { filename: attachment.filename, content, contentType: file.type };
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'not_found')) throw cause;
    const sentence = `The attachment ${attachment.filename} comes from the job ${attachment.job}, whose files were removed.`;
    throw new AppError('source_unavailable', sentence, { cause });
  }
}

const decode = ({ filename, content, type }: InlineAttachment): OpenAttachment => ({
  filename,
  content: Buffer.from(content, 'base64'),
  ...(type === undefined ? {} : { contentType: type }),
});

/** Ends the streams of attachments that were not sent. */
export function closeAttachments(attachments: OpenAttachment[]): void {
  for (const { content } of attachments) if (!Buffer.isBuffer(content)) content.destroy();
}

/**
 * Opens a mail's attachments, in order; the files of other jobs as streams. Nothing is opened before every job is
 * known to have completed. Throws AppError: waiting_for_job, source_unavailable, payload_too_large, storage_unavailable.
 */
export async function openAttachments(job: RunningJob<EmailInput>, context: RunContext): Promise<OpenAttachment[]> {
  const found: (InlineAttachment | (JobAttachment & { stored: StoredFile }))[] = [];
  for (const attachment of job.input.attachments) {
    if ('content' in attachment) {
      found.push(attachment);
      continue;
    }
    const files = filesOf(await context.jobs.find(attachment.job), attachment, Date.now() - job.createdAt.getTime());
    found.push({ ...attachment, stored: chooseFile(files, attachment) });
  }
  const bytes = found.reduce((sum, entry) => sum + ('stored' in entry ? entry.stored.bytes : 0), 0);
  if (bytes > MAX_ATTACHED_BYTES) {
    const sentence = `The attached files have ${(bytes / 1e6).toFixed(1)} MB; a mail takes at most 20 MB. Send links instead.`;
    throw new AppError('payload_too_large', sentence);
  }
  const opened: OpenAttachment[] = [];
  try {
    for (const entry of found) {
      opened.push('stored' in entry ? await openFile(entry.stored, entry, context) : decode(entry));
    }
    return opened;
  } catch (error) {
    closeAttachments(opened);
    throw error;
  }
}
