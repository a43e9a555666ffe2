import type { Readable } from 'node:stream';
import type { Row } from '../input/flow.ts';
import { parseNumbered, parseRow } from './parse-row.ts';

/** A file of rows may have so many bytes. */
export const MAX_ROWS_BYTES = 200_000_000;
/** A line of more bytes is no row: nothing larger than this is ever held. */
export const MAX_LINE_BYTES = 1_000_000;

/** A line of a file of rows: its number from 1, where it begins, and the row; or why it is none. */
export interface ReadLine {
  number: number;
  at: number;
  /** Where the next line begins. */
  next: number;
  row: Row | null;
  fault: string | null;
}

const NEWLINE = 0x0a;
/** Spaces, tabs and the CR of a CRLF: a line of nothing else is empty, and no row. */
const isBlank = (line: Uint8Array): boolean => line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/** Where reading begins: a line by its number, and its first byte. */
export interface LinePosition {
  number: number;
  at: number;
}

/**
 * Reads a file of rows line by line from a position on; empty lines are passed over. A line that is too long is told of and
 * never held. Ends with the errors of the content.
 */
export async function* readLines(content: Readable, from: LinePosition): AsyncGenerator<ReadLine, void, void> {
  for await (const { bytes, isCut, ...line } of splitLines(content, from)) {
    if (!isCut && isBlank(bytes)) continue;
    if (isCut) yield { ...line, row: null, fault: TOO_LONG };
    else yield { ...line, ...parseRow(bytes, line.number === 1) };
  }
}

const TOO_LONG = `is longer than ${MAX_LINE_BYTES} bytes`;

/** Reads a file that was made of a table: its lines say the numbers that they have there. */
export async function* readNumbered(content: Readable, from: LinePosition): AsyncGenerator<ReadLine, void, void> {
  for await (const { at, next, bytes } of splitLines(content, from, MAX_NUMBERED_BYTES)) {
    const { number, ...read } = parseNumbered(bytes);
    yield { at, next, number, ...(bytes.length > MAX_LINE_BYTES ? { row: null, fault: TOO_LONG } : read) };
  }
}

/** What makes such a file holds a row of a table to much less. */
const MAX_NUMBERED_BYTES = 20_000_000;

interface Line extends LinePosition {
  next: number;
  bytes: Buffer;
  isCut: boolean;
}

async function* splitLines(
  content: Readable,
  from: LinePosition,
  mostBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, void> {
  let parts: Buffer[] = [];
  let held = 0;
  let { number, at } = from;
  let position = at;
  const take = (): Line => {
    const line = { number, at, next: position, bytes: Buffer.concat(parts), isCut: held > mostBytes };
    parts = [];
    held = 0;
    number += 1;
    at = position;
    return line;
  };
  const add = (part: Buffer): void => {
    held += part.length;
    if (held <= mostBytes) parts.push(part);
    else parts = [];
  };
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      add(chunk.subarray(begin, end));
      position += end + 1 - begin;
      begin = end + 1;
      yield take();
    }
    add(chunk.subarray(begin));
    position += chunk.length - begin;
  }
  if (held > 0) yield take();
}

/** Counts the rows of a file: its lines that are not empty. Ends with the errors of the content. */
export async function countRows(content: Readable): Promise<number> {
  let rows = 0;
  let isEmpty = true;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (byte === NEWLINE) {
        if (!isEmpty) rows += 1;
        isEmpty = true;
      } else if (isEmpty && byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) isEmpty = false;
    }
  }
  return isEmpty ? rows : rows + 1;
}
