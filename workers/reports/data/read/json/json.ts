import { parseDecimal } from '../../../text/decimal.ts';
import { BadData } from '../bad-data.ts';
import { type Decoding, readText } from '../encoding/encoding.ts';
import { lineOf, type RowFile, startWith } from '../row-file.ts';

/** Most characters of an object: fifty cells of the greatest length. */
const MOST_CHARACTERS = 1_000_000;
const NOT_JSON = 'is not JSON: there must be one object after the other';
/** Numbers of fewer digits come out of floating point as they were written. */
const EXACT_DIGITS = 15;
const LONG_NUMBER = /[\d.]{16}|\d[eE][+-]?\d/;

/** Keeps the digits of long numbers, which floating point would round. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || !context?.source || !Number.isFinite(value)) return value;
  const isLong = context.source.length > EXACT_DIGITS || /e/i.test(context.source);
  return isLong ? (parseDecimal(context.source) ?? value) : value;
}

const parseJson = JSON.parse as (text: string, reviver?: typeof keepDigits) => unknown;

function parseObject(text: string, file: RowFile, line: number): Record<string, unknown> {
  let row: unknown;
  try {
    row = LONG_NUMBER.test(text) ? parseJson(text, keepDigits) : JSON.parse(text);
  } catch {
    throw new BadData(`${lineOf(file, line)} ${NOT_JSON}.`);
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new BadData(`${lineOf(file, line)} is not an object with a value for each column.`);
  }
  return row as Record<string, unknown>;
}

const [QUOTE, BACKSLASH, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST] = [0x22, 0x5c, 0x7b, 0x7d, 0x5b, 0x5d];

/** What may follow what between the objects of a list. */
const NEXT: Readonly<Record<string, '[' | ',' | ']'>> = { '[': '[', '[]': ']', '{,': ',', '{]': ']' };

/** Takes a text apart into the objects in it, whatever lines and lists they stand in, piece by piece. */
class ObjectScanner {
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #object = '';
  line = 1;
  #isList = false;
  /** What came last: nothing, a bracket of the list, an object or a comma. */
  #at: '' | '[' | '{' | ',' | ']' = '';
  #begunAt = 1;
  readonly #file: RowFile;
  readonly #onRow: (row: Record<string, unknown>, line: number) => void;

  constructor(file: RowFile, onRow: (row: Record<string, unknown>, line: number) => void) {
    this.#file = file;
    this.#onRow = onRow;
  }

  isInside(): boolean {
    return this.#depth > 0;
  }

  see(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 0x0a) this.line += 1;
      const was = this.#depth;
      this.#step(code);
      if (was === 0 && this.#depth === 1) {
        this.#checkBetween(text.slice(from, at));
        this.#enterObject();
        from = at;
        this.#begunAt = this.line;
      } else if (was === 1 && this.#depth === 0) {
        this.#onRow(parseObject(this.#object + text.slice(from, at + 1), this.#file, this.#begunAt), this.#begunAt);
        this.#object = '';
        from = at + 1;
      }
    }
    if (this.#depth === 0) this.#checkBetween(text.slice(from));
    else {
      this.#object += text.slice(from);
      checkLength(this.#object, this.#file, this.#begunAt);
    }
  }

  #step(code: number): void {
    if (this.#isText) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.#isText = false;
    } else if (code === QUOTE && this.#depth > 0) this.#isText = true;
    else if (code === OPEN || (code === OPEN_LIST && this.#depth > 0)) this.#depth += 1;
    else if ((code === CLOSE || code === CLOSE_LIST) && this.#depth > 0) this.#depth -= 1;
  }

  /** Takes the brackets of a list and the commas between its objects, and nothing else. */
  #checkBetween(text: string): void {
    for (const [mark] of text.matchAll(/\S/g)) {
      const next = this.#isList || mark === '[' ? NEXT[`${this.#at}${mark}`] : undefined;
      if (next === undefined) this.#refuse(text);
      this.#isList = true;
      this.#at = next;
    }
  }

  #refuse(text: string): never {
    const isValue = /^[\s,[\]]*(?:null|true|false|-?\d|")/.test(text);
    const what = isValue ? 'is not an object with a value for each column' : NOT_JSON;
    throw new BadData(`${lineOf(this.#file, this.line)} ${what}.`);
  }

  /** Throws BadData for an object that stands where none may: behind another in a list, or behind its end. */
  #enterObject(): void {
    const isAllowed = this.#isList ? this.#at === '[' || this.#at === ',' : this.#at !== ']';
    if (!isAllowed) this.#refuse('');
    this.#at = '{';
  }

  end(): void {
    if (this.#depth > 0) {
      throw new BadData(`${lineOf(this.#file, this.#begunAt)} has the beginning of an object that never ends.`);
    }
    if (this.#isList && this.#at !== ']') {
      throw new BadData(`${startWith(this.#file)} is a list that never ends: it was cut off.`);
    }
  }
}

function checkLength(text: string, file: RowFile, line: number): void {
  if (text.length <= MOST_CHARACTERS) return;
  throw new BadData(`${lineOf(file, line)} has more than ${MOST_CHARACTERS.toLocaleString('en')} characters.`);
}

/** Whether a line can be one object by itself, as NDJSON has them. */
const isWhole = (text: string): boolean => /^\s*\{/.test(text) && /\}\s*$/.test(text);

/**
 * Reads JSON objects: one a line (NDJSON), a list of them, or printed over several lines. Numbers that floating point
 * would round are decimals. Throws BadData, which names the line.
 */
export async function readJson(
  file: RowFile,
  decoding: Decoding,
  onRow: (row: Record<string, unknown>, line: number) => void,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const scanner = new ObjectScanner(file, onRow);
  let rest = '';
  let isScanned: boolean | undefined;
  let isFirst = true;
  const take = (text: string, end: string) => {
    // A first line that is no object by itself: a list, or objects over several lines.
    if (text.trim() !== '') isScanned ??= !isWhole(text);
    if (isScanned || scanner.isInside()) return scanner.see(text + end);
    if (text.trim() !== '') onRow(parseObject(text, file, scanner.line), scanner.line);
    scanner.line += 1;
  };
  for await (const piece of readText(file.path, decoding, onBytes)) {
    if (isFirst && piece !== '') {
      isScanned = /^\s*\[/.test(piece) || undefined;
      isFirst = false;
    }
    if (isScanned) {
      scanner.see(rest + piece);
      rest = '';
      continue;
    }
    // A \r before the end of a line is white space to JSON.
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) take(text, '\n');
    checkLength(rest, file, scanner.line);
  }
  take(rest, '');
  scanner.end();
}
