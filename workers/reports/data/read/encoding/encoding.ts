import { isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import type { Encoding } from '../../../input/table.ts';
import { withoutMarks } from '../../data-rows.ts';
import { findUtf16 } from '../file-head.ts';
import { judgeEncoding } from './evidence.ts';

const CHUNK_BYTES = 1 << 20;
/** Letters are judged by so much of a file from the first on that is no ASCII. */
const SAMPLE_BYTES = 20_000;

/** What a text file is written in, and how that is known. */
export interface Decoding {
  encoding: Encoding;
  /** Whether its letters had to tell. */
  isGuessed: boolean;
  /** Whether it is no text of that encoding in a few places. */
  isFaulty?: boolean;
}

/** So many characters of several bytes for each byte that is wrong make a text UTF-8 with faults. */
const VALID_TO_FAULTS = 2;

/** Whether a chunk is UTF-8 in which a few bytes are wrong, as where a text was cut off inside of a character. */
function isNearlyUtf8(chunk: Uint8Array): boolean {
  let [valid, faults] = [0, 0];
  for (const [character] of new TextDecoder().decode(chunk).matchAll(/[^\0-\x7f]/gu)) {
    if (character === '\ufffd') faults += 1;
    else valid += 1;
  }
  return valid > 1 && valid >= faults * VALID_TO_FAULTS;
}

/** The length of `chunk` without a character at its end that is not all there. */
function wholeCharacters(chunk: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back += 1) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return chunk.length;
    if (byte >= 0xc0) return chunk.length - back;
  }
  return chunk.length;
}

/** The part of a chunk that letters are judged by: from the line of the first byte that is no ASCII on. */
function sampleOf(chunk: Uint8Array): Uint8Array {
  const first = chunk.findIndex((byte) => byte >= 0x80);
  const line = chunk.lastIndexOf(0x0a, Math.max(0, first)) + 1;
  return chunk.subarray(line, line + SAMPLE_BYTES);
}

/**
 * The encoding of a file: as the request says; by its byte order mark; UTF-16 by where its zeros are; else UTF-8 where
 * all of it is valid as such, and what its letters look like where it is not.
 */
export function detectEncoding(path: string, locale: string, asked?: Encoding): Decoding {
  if (asked) return { encoding: asked, isGuessed: false };
  const file = openSync(path, 'r');
  const guess = (chunk: Uint8Array): Decoding =>
    isNearlyUtf8(chunk)
      ? { encoding: 'utf-8', isGuessed: true, isFaulty: true }
      : { encoding: judgeEncoding(sampleOf(chunk), locale), isGuessed: true };
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let position = 0;
    for (;;) {
      const length = readSync(file, buffer, 0, CHUNK_BYTES, position);
      const chunk = buffer.subarray(0, length);
      const wide = position === 0 ? findUtf16(chunk) : undefined;
      if (wide) return { encoding: wide, isGuessed: false };
      const whole = length < CHUNK_BYTES ? length : wholeCharacters(chunk);
      if (!isUtf8(chunk.subarray(0, whole))) return guess(chunk.subarray(0, whole));
      if (length < CHUNK_BYTES) return { encoding: 'utf-8', isGuessed: false };
      position += whole;
    }
  } finally {
    closeSync(file);
  }
}

/** What the byte of a backslash is on paper and screens in East Asia, and what Excel writes in front of amounts there. */
const BACKSLASH_SIGNS: Partial<Record<Encoding, string>> = { shift_jis: '¥', 'euc-kr': '₩' };
const BEFORE_AMOUNT = /(?<![^\s",;(+-])\\(?= ?[-(]?\d)/g;
/** At the end of a piece of text: what tells with the next piece whether a backslash is one. */
const UNDECIDED = /.?(?:\\ ?[-(]?)?$/su;

/**
 * The file's text in pieces, without its byte order mark and without control characters that the rows' store needs;
 * `onBytes` gets the size of each piece of the file.
 */
export async function* readText(
  path: string,
  { encoding }: Decoding,
  onBytes: (bytes: number) => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  const sign = BACKSLASH_SIGNS[encoding];
  let held = '';
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES / 4 })) {
    onBytes((chunk as Buffer).length);
    const text = held + withoutMarks(decoder.decode(chunk as Buffer, { stream: true }));
    const signed = sign === undefined ? text : text.replaceAll(BEFORE_AMOUNT, sign);
    const end = sign === undefined ? text.length : signed.length - (UNDECIDED.exec(signed.slice(-8))?.[0].length ?? 0);
    held = signed.slice(end);
    yield signed.slice(0, end);
  }
  yield held + decoder.decode();
}
