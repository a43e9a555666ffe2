import { isAscii, isUtf8 } from 'node:buffer';
import { createRequire } from 'node:module';
import type Mail from 'nodemailer/lib/mailer';
import { lazy } from '../../../src/lazy.ts';
import type { OpenAttachment } from './attachments.ts';

const mediaTypes = lazy(() => createRequire(import.meta.url)('mime-types') as typeof import('mime-types'));
const UNKNOWN = 'application/octet-stream';
/** RFC 5322, 2.1.1. */
const MAX_LINE_LENGTH = 998;
const CR = 13;

/** The media type that a file's name tells; molecules are not what people mean by `.xyz`. */
function typeOf(filename: string): string {
  const type = (filename.includes('.') && mediaTypes().lookup(filename)) || UNKNOWN;
  return type.startsWith('chemical/') ? UNKNOWN : type;
}

/** Whether a content is lines of ASCII that every mail server takes as they are. */
function isSevenBit(content: Buffer): boolean {
  if (!isAscii(content) || content.includes(0)) return false;
  let start = 0;
  for (;;) {
    const end = content.indexOf('\n', start);
    const stop = end === -1 ? content.length : end;
    const length = stop - start - (stop > start && content[stop - 1] === CR ? 1 : 0);
    if (length > MAX_LINE_LENGTH) return false;
    if (end === -1) return true;
    start = end + 1;
  }
}

/** Makes an attachment as nodemailer takes it: of a media type that fits the file, and never a part of the text. */
export function toPart({ filename, content, contentType, cid }: OpenAttachment): Mail.Attachment {
  const type = contentType ?? typeOf(filename);
  const part = { filename, content, contentType: type, ...(cid === undefined ? {} : { cid }) };
  if (/^message\//i.test(type)) {
    // RFC 2046, 5.2.1: a mail in a mail has no encoding of its own. One that would need it goes as a file.
    const isPlain = Buffer.isBuffer(content) && isSevenBit(content);
    return isPlain
      ? { ...part, contentDisposition: 'attachment', contentTransferEncoding: '7bit' }
      : { ...part, contentType: UNKNOWN };
  }
  // Text without a charset is ASCII (RFC 2046, 4.1.2), and mail programs guess.
  const isUnicode = /^text\/[^;]+$/i.test(type) && Buffer.isBuffer(content) && !isAscii(content) && isUtf8(content);
  return isUnicode ? { ...part, contentType: `${type}; charset=utf-8` } : part;
}
