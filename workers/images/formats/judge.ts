import { AppError } from '../../../src/errors.ts';
import { isCameraRaw } from './camera-raw.ts';
import { detectFormat, isAvifSequence } from './detect-format.ts';
import { type Foreign, findForeign, RAW } from './foreign.ts';
import { readHeifHeader } from './heic/boxes.ts';
import type { SourceFormat } from './image-format.ts';
import { toLatin1 } from './latin1.ts';

const ACCEPTED = 'Taken are JPEG, PNG, WebP, AVIF, GIF, TIFF, HEIC, BMP, ICO, SVG and PDF.';
/** The longest signature ends here (`ftyp` and its brand, `RIFF....WEBP`). */
const SIGNATURE_BYTES = 12;
/** So much is shown of what nobody knows. */
const SHOWN_LENGTH = 40;

/** Who sent a file that was fetched, and as what. */
export interface Sender {
  host: string;
  /** The media type it was sent with; '' for none. */
  type: string;
}

/**
 * Judges what a file is by its first bytes, wherever it comes from: an upload, an address, another job. Throws
 * unsupported_media_type in one sentence that names what it is, and what may be done about it.
 */
export function judgeFormat(content: Uint8Array, sender?: Sender): SourceFormat {
  if (content.length < SIGNATURE_BYTES) {
    throw refuse(`too short to be an image: ${content.length} bytes`, sender);
  }
  const raw = isCameraRaw(content);
  const format = raw ? undefined : detectFormat(content);
  if (format === 'avif' && isAvifSequence(content) && !readHeifHeader(content)?.itemTypes.includes('av01')) {
    throw refuseSequence(sender);
  }
  if (format) return format;
  const { what, advice }: Partial<Foreign> = raw
    ? { what: 'a camera raw file', advice: RAW }
    : (findForeign(content) ?? { what: 'not an image of a known format' });
  throw refuse(`${what}${what.startsWith('not ') ? beginningOf(content) : ''}`, sender, advice);
}

/** Says that a file is an AVIF animation, of which no picture can be read. */
export const refuseSequence = (sender?: Sender): AppError => refuse('an AVIF animation', sender, 'Send a GIF or WebP.');

function refuse(what: string, sender: Sender | undefined, advice?: string): AppError {
  const as = sender?.type ? `, sent as ${sender.type}` : '';
  const sentence = sender ? `What ${sender.host} answered is ${what}${as}.` : `The file is ${what}.`;
  return new AppError('unsupported_media_type', [sentence, advice, ACCEPTED].filter(Boolean).join(' '));
}

/** How a text begins, to be shown; nothing of other bytes. */
function beginningOf(content: Uint8Array): string {
  const start = toLatin1(content, SHOWN_LENGTH);
  return /^[\x20-\x7e\s]+$/.test(start) ? `; it begins with "${start.replace(/\s+/g, ' ').trim()}"` : '';
}
