import { open } from 'node:fs/promises';
import { AppError } from '../../../../src/errors.ts';

/** How many of a data file's first bytes tell what it is. */
export const HEAD_BYTES = 4096;

/** Reads a data file's first bytes. */
export async function readHead(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Beginnings of files that are often sent instead of a CSV. */
const KNOWN: [string, string][] = [
  ['PK\u0003\u0004', 'is a ZIP archive or an Excel workbook: save it as CSV'],
  ['\u00d0\u00cf\u0011\u00e0', 'is an Excel workbook: save it as CSV'],
  ['\u001f\u008b', 'is compressed: send it unpacked'],
  ['%PDF-', 'is a PDF'],
];

/** Beginnings of web pages and XML. */
const MARKUP = ['<!doctype', '<html', '<?xml'];

/** Bytes that no text has, in any encoding but UTF-16: all below the space but tabs, line ends and the escape. */
const isControl = (byte: number): boolean => byte < 0x20 && (byte < 0x09 || byte > 0x0d) && byte !== 0x1b;

/** Of the first bytes that could be zero in UTF-16 this part has to be: its ASCII has a zero in every second byte. */
const MOST_ZEROS = 0.9;
const FEWEST_ZEROS = 2;

/** UTF-16 by its mark, or by its zeros, which stand on one side; undefined for what is none. */
export function findUtf16(head: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const [first, second] = head;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const part = head.subarray(0, HEAD_BYTES - (HEAD_BYTES % 2));
  const zeros = [0, 0];
  for (const [index, byte] of part.entries()) if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const all = even + odd;
  if (all >= FEWEST_ZEROS && all >= part.length / 20) {
    const found = odd >= all * MOST_ZEROS ? 'utf-16le' : even >= all * MOST_ZEROS ? 'utf-16be' : undefined;
    if (found && isText(decodeWhole(part, found))) return found;
  }
  // Characters of East Asia have no zeros, but bytes that no other text has.
  return part.some(isControl) ? WIDE.find((encoding) => isEastAsian(decodeWhole(part, encoding))) : undefined;
}

const WIDE = ['utf-16le', 'utf-16be'] as const;

const decodeWhole = (bytes: Uint8Array, encoding: (typeof WIDE)[number]): string =>
  new TextDecoder(encoding).decode(bytes.subarray(0, bytes.length - (bytes.length % 2)));

const isText = (text: string): boolean => !/[\p{Cc}\ufffd]/u.test(text.replaceAll(/\s/g, ''));

const EAST_ASIAN =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/gu;

/** Whether a text has lines, and no other characters than those of East Asia and ASCII. */
const isEastAsian = (text: string): boolean =>
  /[\n\r]/.test(text) && isText(text) && /^[ -~\s]*$/.test(text.replaceAll(EAST_ASIAN, ''));

/**
 * What is wrong with a data file by its first bytes, as the rest of a sentence that begins with its name; null where
 * nothing is. Light, so that a request can be refused by it.
 */
export function findHeadIssue(head: Uint8Array): string | null {
  const text = Buffer.from(head).toString('latin1');
  const known = KNOWN.find(([beginning]) => text.startsWith(beginning));
  if (known) return `${known[1]}.`;
  if (findUtf16(head)) return null;
  if (head.some(isControl)) return 'is not text: send CSV or NDJSON.';
  const start = text.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^\[\s*\[/.test(start)) return 'is a JSON list of lists: send a list of objects, or NDJSON.';
  if (MARKUP.some((beginning) => start.slice(0, 9).toLowerCase().startsWith(beginning)))
    return 'is a web page or XML: send CSV or NDJSON.';
  return null;
}

/** Whether a data file is JSON objects, one after the other or in a list (else it is CSV), by its first bytes. */
export function isJson(head: Uint8Array): boolean {
  const wide = findUtf16(head);
  const text = wide ? new TextDecoder(wide).decode(head) : Buffer.from(head).toString();
  return /^\ufeff?\s*(?:\{|\[\s*\{|\[\s*\]\s*$)/.test(text);
}

/**
 * Returns the media type of a data file that comes with a request. Throws unsupported_media_type for what is neither
 * CSV nor NDJSON.
 */
export function inspectData(head: Uint8Array, _config: unknown, field: string): { type: string } {
  const issue = findHeadIssue(head);
  if (issue) throw new AppError('unsupported_media_type', `The file "${field}" ${issue}`);
  return { type: isJson(head) ? 'application/x-ndjson' : 'text/csv' };
}
