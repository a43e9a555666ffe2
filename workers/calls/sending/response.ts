import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { CalledAnswer } from '../../../src/errors.ts';
import { readStart } from '../../../src/fetch/body.ts';
import type { OpenAnswer } from '../../../src/fetch/guarded-fetch.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunStorage } from '../../../src/jobs/processor.ts';
import type { CallResult } from '../job.ts';
import type { Redactor } from '../secrets/redact.ts';

const MAX_HEADERS = 50;
const MAX_HEADER_LENGTH = 1000;
/** Of the body of an answer that is no success so much is kept. */
const KEPT_BYTES = 2048;
const KEPT_TIMEOUT_MS = 5000;
/** What belongs to the connection, and cookies, which are nobody's business but the host's. */
const LEFT_OUT = new Set(['connection', 'keep-alive', 'transfer-encoding', 'set-cookie', 'set-cookie2']);
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells
const BINARY = /[\0-\x08\x0e-\x1f\ufffd]/;
const TEXT_TYPE = /^(text\/|application\/(.*\+)?(json|xml|x-www-form-urlencoded|javascript|yaml))/;

type Warnings = NonNullable<CallResult['warnings']>;

/** The body of an answer as it was kept. */
export interface KeptResponse {
  /** Absent where the body is empty. */
  file?: StoredFile;
  warnings: Warnings;
  /** The beginning of it, where it is text. */
  text: string;
}

/** Lists the headers of an answer, bounded and without secrets. */
export function listHeaders(headers: IncomingHttpHeaders, redactor: Redactor): Record<string, string> {
  const all = Object.entries(headers).filter(([name]) => !LEFT_OUT.has(name));
  return Object.fromEntries(
    all
      .slice(0, MAX_HEADERS)
      .map(([name, value]) => [name, redactor.text([value].flat().join(', ')).slice(0, MAX_HEADER_LENGTH)]),
  );
}

/** The media type of an answer; null for none that can be read. Its charset is kept where it is not UTF-8. */
export function typeOf(headers: IncomingHttpHeaders): string | null {
  const [, type, charset] =
    /^\s*([\w.+-]{1,100}\/[\w.+-]{1,100})\s*(?:;.*?charset="?([\w-]{1,40})"?)?/i.exec(headers['content-type'] ?? '') ??
    [];
  if (!type) return null;
  return charset && !/^utf-?8$/i.test(charset) ? `${type.toLowerCase()}; charset=${charset}` : type.toLowerCase();
}

/** Reads the beginning of an answer that is no success; the rest is not waited for. */
export async function readRefusal({ status, headers, body }: OpenAnswer, redactor: Redactor): Promise<CalledAnswer> {
  const type = typeOf(headers);
  const start = await readStart(body, KEPT_BYTES, KEPT_TIMEOUT_MS);
  return { status, type, text: textOf(type, redactor.text(start)) };
}

/** How reading a body went so far. */
interface Reading {
  isCut: boolean;
  /** What the connection broke with. */
  broken?: unknown;
  start: Buffer;
}

/**
 * Writes the body of an answer as the result file `response`, at most so many bytes of it. Rejects with what the
 * connection broke with, where it did before the end, and as the storage does.
 */
export async function keepResponse(
  { headers, body }: OpenAnswer,
  storage: Pick<RunStorage, 'write'>,
  { maxBytes, redactor }: { maxBytes: number; redactor: Redactor },
): Promise<KeptResponse> {
  const reading: Reading = { isCut: false, start: Buffer.alloc(0) };
  const type = typeOf(headers);
  const chunks = noteStart(redactor.bytes(cap(body, maxBytes, reading)), reading)[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    const content = first.done ? null : Readable.from(prepend(first.value, chunks));
    const file = content && (await storage.write('response', type ?? 'application/octet-stream', content));
    return {
      ...(file ? { file } : {}),
      warnings: findWarnings(headers, maxBytes, reading),
      text: textOf(type, reading.start.toString()),
    };
  } catch (error) {
    throw reading.broken ?? error;
  }
}

/** The body up to so many bytes; the rest is let go, which is no fault. */
async function* cap(body: Readable, maxBytes: number, reading: Reading): AsyncGenerator<Buffer> {
  let left = maxBytes;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      reading.isCut = chunk.length > left;
      if (left > 0) yield chunk.subarray(0, left);
      left = Math.max(0, left - chunk.length);
      if (reading.isCut) return;
    }
  } catch (error) {
    reading.broken = error;
    throw error;
  }
}

async function* noteStart(chunks: AsyncIterable<Buffer>, reading: Reading): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    const room = KEPT_BYTES - reading.start.length;
    if (room > 0) reading.start = Buffer.concat([reading.start, chunk.subarray(0, room)]);
    if (chunk.length > 0) yield chunk;
  }
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** The beginning of a body, where it is text: by its type, or without one by its look. */
function textOf(type: string | null, start: string): string {
  const isText = type === null ? !BINARY.test(start) : TEXT_TYPE.test(type);
  return isText ? start : '';
}

function findWarnings(headers: IncomingHttpHeaders, maxBytes: number, { isCut }: Reading): Warnings {
  const encoding = String(headers['content-encoding'] ?? '');
  const warnings: Warnings = [];
  if (isCut) {
    const message = `The answer is larger than the limit of ${maxBytes} bytes: the file response has its beginning.`;
    warnings.push({ code: 'response_cut', message });
  }
  if (!/^(identity)?$/i.test(encoding)) {
    const message = `The answer came compressed (${encoding.slice(0, 40)}), which was not asked for: the file response is as it came.`;
    warnings.push({ code: 'response_encoded', message });
  }
  return warnings;
}
