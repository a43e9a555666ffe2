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

/** Beginnings of files that are often sent instead of a table. */
const KNOWN: [string, string][] = [
  [
    '\u00d0\u00cf\u0011\u00e0',
    'is an Excel workbook of before 2007 (.xls), or one with a password: save it as .xlsx without a password',
  ],
  ['\u001f\u008b', 'is compressed: send it unpacked'],
  ['%PDF-', 'is a PDF'],
];

const ZIP = 'PK\u0003\u0004';
const ODS = 'application/vnd.oasis.opendocument.spreadsheet';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
/** What workbooks begin with: parts that they have, or folders of such. */
const WORKBOOK_PARTS =
  /^(?:\[Content_Types\]\.xml|mimetype|content\.xml|meta\.xml|settings\.xml|styles\.xml|manifest\.rdf|(?:_rels|docProps|docMetadata|customXml|xl|META-INF|Thumbnails|Configurations2)(?:\/|$))/i;
/** Parts of files that begin like workbooks, and what they are. */
const OTHER_PARTS: [RegExp, string][] = [
  [/^xl\/workbook\.bin$/i, 'is a binary Excel workbook (.xlsb): save it as .xlsx'],
  [/^word\//i, 'is a Word document: put the table into a workbook, or save it as CSV'],
  [/^ppt\//i, 'is a PowerPoint presentation: save its table as CSV'],
  [/^index(?:\/.*\.iwa|\.zip)$/i, 'is a Numbers or another iWork document: export it as .xlsx or CSV'],
];

/** What is wrong with a ZIP by the names of its parts, as the rest of a sentence; undefined where it may be a workbook. */
export const findPartIssue = (names: readonly string[]): string | undefined =>
  OTHER_PARTS.find(([part]) => names.some((name) => part.test(name)))?.[1];

/** Whether a file is a ZIP, as workbooks are. */
export const isZip = (head: Uint8Array): boolean => Buffer.from(head.subarray(0, 4)).toString('latin1') === ZIP;

/** The names of a ZIP's parts that begin within its first bytes. */
function partNames(text: string): string[] {
  const names: string[] = [];
  for (let at = text.indexOf(ZIP); at >= 0; at = text.indexOf(ZIP, at + 4)) {
    const length = text.charCodeAt(at + 26) + text.charCodeAt(at + 27) * 256;
    names.push(text.slice(at + 30, at + 30 + length));
  }
  return names;
}

/** What is wrong with a ZIP by its first bytes; null where it may be a workbook: the worker reads the whole of it. */
function findZipIssue(text: string): string | null {
  const names = partNames(text);
  const issue = findPartIssue(names);
  if (issue !== undefined) return `${issue}.`;
  const [, type = ''] = /^PK.{36}(application\/vnd\.oasis\.opendocument\.[\w-]+)/s.exec(text) ?? [];
  if (type !== '' && !type.startsWith(ODS)) return 'is no spreadsheet: save its table as .ods or CSV.';
  if (WORKBOOK_PARTS.test(names[0] ?? '')) return null;
  return 'is a ZIP archive: send a workbook (.xlsx, .ods), CSV or NDJSON.';
}

/** The media type of a ZIP that may be a workbook. */
function workbookType(text: string): string {
  if (text.includes(ODS)) return ODS;
  return partNames(text).some((name) => name.startsWith('xl/')) ? XLSX : 'application/zip';
}

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
  if (text.startsWith(ZIP)) return findZipIssue(text);
  if (findUtf16(head)) return null;
  if (head.some(isControl)) return 'is not text: send CSV, NDJSON or a workbook (.xlsx, .ods).';
  const start = text.replace(/^\u00ef\u00bb\u00bf/, '').trimStart();
  if (/^\[\s*\[/.test(start)) return 'is a JSON list of lists: send a list of objects, or NDJSON.';
  if (MARKUP.some((beginning) => start.slice(0, 9).toLowerCase().startsWith(beginning)))
    return 'is a web page or XML: send CSV, NDJSON or a workbook (.xlsx, .ods).';
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
 * CSV, NDJSON nor a workbook.
 */
export function inspectData(head: Uint8Array, _config: unknown, field: string): { type: string } {
  const issue = findHeadIssue(head);
  if (issue) throw new AppError('unsupported_media_type', `The file "${field}" ${issue}`);
  if (isZip(head)) return { type: workbookType(Buffer.from(head).toString('latin1')) };
  return { type: isJson(head) ? 'application/x-ndjson' : 'text/csv' };
}
