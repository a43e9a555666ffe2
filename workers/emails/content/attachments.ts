import type { Readable } from 'node:stream';
import { now } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import { findNamedFile, sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { LinkedResult } from '../../../src/signing/links.ts';
import {
  type InlineAttachment,
  type JobAttachment,
  MAX_ATTACHED_BYTES,
  type UploadAttachment,
} from '../input/attachments.ts';
import type { EmailInput } from '../input/mail.ts';
import type { FileLink } from './templates.ts';

/** An attachment ready to be sent: its content is in memory, or a stream that is still unread. */
export interface OpenAttachment {
  filename: string;
  content: Buffer | Readable;
  contentType?: string;
  /** The name by which the HTML shows it. */
  cid?: string;
}

/** An attachment that lies elsewhere. */
type NamedAttachment = JobAttachment | UploadAttachment;

/** What goes along with a mail: files, and links in the place of files that could not be had. */
export interface OpenAttachments {
  attachments: OpenAttachment[];
  links: FileLink[];
}

/** Makes a link to a job's result that holds until `untilMs`. */
export type LinkTo = (result: LinkedResult, untilMs: number) => string;

/** How long a mail without a deadline waits for the job of an attachment. */
const LONGEST_WAIT_MS = 48 * 3_600_000;
/** How long a link holds after it was sent. */
const LINK_LIFE_MS = 7 * 86_400_000;

async function openFile(file: StoredFile, attachment: NamedAttachment, context: RunContext): Promise<OpenAttachment> {
  const { filename, cid } = attachment;
  try {
    const content = await context.storage.open(file.key);
    return { filename, content, contentType: file.type, ...(cid === undefined ? {} : { cid }) };
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'not_found')) throw cause;
    const what = `${'job' in attachment ? 'a file of ' : ''}${sayNamed(attachment)}`;
    const sentence = `The attachment ${filename} was erased: it was ${what}.`;
    throw new AppError('source_unavailable', sentence, { cause });
  }
}

const decode = ({ filename, content, type, cid }: InlineAttachment): OpenAttachment => ({
  filename,
  content: Buffer.from(content, 'base64'),
  ...(type === undefined ? {} : { contentType: type }),
  ...(cid === undefined ? {} : { cid }),
});

/** Ends the streams of attachments that were not sent. */
export function closeAttachments(attachments: OpenAttachment[]): void {
  for (const { content } of attachments) if (!Buffer.isBuffer(content)) content.destroy();
}

/** Makes the mail's error of a file that can't be had now: the mail waits for the other job until the deadline. */
function classifyMissing(
  error: AppError,
  { filename, deadline }: Pick<JobAttachment, 'filename' | 'deadline'>,
  postedAt: Date,
): AppError {
  const sentence = `The attachment ${filename} can not be had. ${error.message}`;
  if (error.code !== 'waiting_for_job') return new AppError(error.code, sentence, { cause: error });
  const untilMs = deadline ? Date.parse(deadline) : postedAt.getTime() + LONGEST_WAIT_MS;
  const leftSeconds = Math.ceil((untilMs - now()) / 1000);
  if (leftSeconds <= 0) {
    const limit = deadline ? `by its deadline, ${deadline}` : 'within two days';
    return new AppError('source_unavailable', `${sentence} It had not ended ${limit}.`, { cause: error });
  }
  const { waitingFor, retryAfterSeconds = leftSeconds } = error;
  return new AppError(error.code, sentence, {
    waitingFor,
    retryAfterSeconds: Math.min(retryAfterSeconds, leftSeconds),
  });
}

/**
 * Finds a file that lies elsewhere; null when the mail shall go with a link to it instead: a link may wait for a file,
 * but none leads to one that is gone. Throws AppError.
 */
async function findFile(
  attachment: NamedAttachment,
  { createdAt }: RunningJob<EmailInput>,
  context: RunContext,
): Promise<StoredFile | null> {
  try {
    return await findNamedFile(attachment, context);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const missing = classifyMissing(error, attachment, createdAt);
    const mayLink = 'job' in attachment && attachment.fallback && !(await isGone(attachment.job, context));
    if (missing.code !== 'source_unavailable' || !mayLink) throw missing;
    context.log.info(
      { attached: attachment.job, reason: missing.message },
      'the mail goes with a link in place of a file',
    );
    return null;
  }
}

/** Whether a job is not there any more. */
async function isGone(job: string, { jobs }: RunContext): Promise<boolean> {
  return ['missing', 'evicted'].includes((await jobs.find(job)).state);
}

/** Makes the link that a mail brings in the place of a file; what it leads to is kept as long as it holds. */
async function linkFor({ filename, job, file }: JobAttachment, context: RunContext, linkTo: LinkTo): Promise<FileLink> {
  const untilMs = now() + LINK_LIFE_MS;
  await context.jobs.keepForLink?.(job, untilMs);
  return { filename, url: linkTo({ job, file: file ?? null }, untilMs) };
}

/**
 * Opens a mail's attachments, in order; the files of other jobs as streams. Opens nothing before every job is known to
 * have completed. Throws AppError: waiting_for_job, source_unavailable, payload_too_large, storage_unavailable.
 */
export async function openAttachments(
  job: RunningJob<EmailInput>,
  context: RunContext,
  linkTo: LinkTo,
): Promise<OpenAttachments> {
  const found: (InlineAttachment | (NamedAttachment & { stored: StoredFile }))[] = [];
  const links: FileLink[] = [];
  for (const attachment of job.input.attachments) {
    const stored = 'content' in attachment ? null : await findFile(attachment, job, context);
    if ('content' in attachment) found.push(attachment);
    else if (stored) found.push({ ...attachment, stored });
    else if ('job' in attachment) links.push(await linkFor(attachment, context, linkTo));
  }
  const bytes = found.reduce((sum, entry) => sum + ('stored' in entry ? entry.stored.bytes : 0), 0);
  if (bytes > MAX_ATTACHED_BYTES) {
    const size = `${(bytes / 1e6).toFixed(1)} MB`;
    const sentence = `The attached files have ${size}; a mail takes at most 20 MB. Send links instead.`;
    throw new AppError('payload_too_large', sentence);
  }
  const attachments: OpenAttachment[] = [];
  try {
    for (const entry of found) {
      attachments.push('stored' in entry ? await openFile(entry.stored, entry, context) : decode(entry));
    }
    return { attachments, links };
  } catch (error) {
    closeAttachments(attachments);
    throw error;
  }
}
