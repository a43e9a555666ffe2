import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const MARK = Buffer.from('/StructParent');
/** A key that says a number, which is all of its line. */
const NUMBER = /^\/StructParents? -?\d+(?: \d+ R)?\n/;
const KEY = /^\/StructParents?\s/;
const STREAM = Buffer.from('\nstream\n');
const WINDOW = 1 << 20;
/** A line with the mark, its value included, is shorter. */
const OVERLAP = 1024;
const [SPACE, LINE_END] = [0x20, 0x0a];

/** Whether nothing but spaces stands before a place of its line, as before a key of a dictionary that qpdf wrote. */
function beginsLine(bytes: Uint8Array, at: number): boolean {
  let before = at - 1;
  while (bytes[before] === SPACE) before -= 1;
  return bytes[before] === LINE_END;
}

/** A file that qpdf wrote, a key a line, with a table of its objects at its end. */
class QdfFile {
  readonly #file: number;
  readonly #size: number;
  /** Where objects begin, and the last one ends, in the order of the file. */
  readonly #starts: number[];
  /** The object that was asked for last, and where its dictionary ends. */
  #at = 0;
  #headEnd = -1;

  constructor(path: string) {
    this.#file = openSync(path, 'r+');
    this.#size = fstatSync(this.#file).size;
    this.#starts = this.#readTable();
  }

  close(): void {
    closeSync(this.#file);
  }

  read(start: number, length: number): Buffer {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.#size - start)));
    return bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, start));
  }

  write(byte: string, at: number): void {
    writeSync(this.#file, Buffer.from(byte, 'latin1'), 0, 1, at);
  }

  /** Throws where there is no table. */
  #readTable(): number[] {
    const [, start] = /startxref\n(\d+)\n%%EOF\n$/.exec(this.read(this.#size - 100, 100).toString('latin1')) ?? [];
    if (start === undefined) throw new Error('qpdf: a file without a table');
    const end = Number(start);
    const starts: number[] = [];
    const table = this.read(end, this.#size - end).toString('latin1');
    for (const [, at] of table.matchAll(/^(\d{10}) \d{5} n $/gm)) starts.push(Number(at));
    return [...starts.sort((one, other) => one - other), end];
  }

  /** Whether a place is in an object's dictionary, and not in the stream behind it. Places are asked for in their order. */
  isInHead(at: number): boolean {
    while ((this.#starts[this.#at + 1] ?? Infinity) <= at) {
      this.#at += 1;
      this.#headEnd = -1;
    }
    if (this.#headEnd < 0) this.#headEnd = this.#findHeadEnd(this.#starts[this.#at] ?? 0);
    return at < this.#headEnd;
  }

  /** No text of a dictionary has a line end of its own: qpdf writes it as a sign. */
  #findHeadEnd(start: number): number {
    const end = this.#starts[this.#at + 1] ?? this.#size;
    for (let from = start; from < end; from += WINDOW) {
      const bytes = this.read(from, Math.min(WINDOW + STREAM.length, end - from));
      const found = bytes.indexOf(STREAM);
      if (found >= 0) return from + found;
    }
    return end;
  }
}

/**
 * Makes a file that qpdf wrote, a key a line, forget where its content stands in its own tags: that tree stays behind,
 * and the numbers would mean parts of the report's. Keys become comments, so that every byte stays in its place; one that
 * says no number gets a name that means nothing. What streams have stays as it is. Throws for another file.
 */
export function forgetTags(path: string): void {
  const file = new QdfFile(path);
  try {
    let done = -1;
    for (let start = 0; ; start += WINDOW) {
      const bytes = file.read(start, WINDOW + OVERLAP);
      for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
        if (start + at <= done) continue;
        done = start + at;
        const line = bytes.subarray(at, at + OVERLAP).toString('latin1');
        if (!KEY.test(line) || !beginsLine(bytes, at) || !file.isInHead(done)) continue;
        if (NUMBER.test(line)) file.write('%', done);
        else file.write('X', done + 1);
      }
      if (bytes.length < WINDOW + OVERLAP) return;
    }
  } finally {
    file.close();
  }
}
