import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** A row as it is printed. */
export interface PrintedRow {
  /** `total` is a row that sums up the rows of a group. */
  kind: 'row' | 'total';
  /** One for each column. */
  texts: string[];
}

/** The printed rows of a table: kept once, read as often as they are laid out. */
export interface RowStore {
  add(row: PrintedRow): void;
  /** All rows, in their order. */
  rows(): Iterable<PrintedRow>;
}

/** Texts that come to a store have none of these: they part cells and rows. */
export const CELL_END = '\u001f';
export const ROW_END = '\u001e';
/** Rows are written and read in pieces of about this many characters. */
const CHUNK_CHARACTERS = 200_000;
/** Tables up to this size stay in memory. */
const MOST_MEMORY_BYTES = 4_000_000;

interface Chunk {
  length: number;
  /** Where it is in the file, or its bytes. */
  place: number | Buffer;
}

const encode = ({ kind, texts }: PrintedRow): string =>
  `${kind === 'total' ? 't' : ''}${CELL_END}${texts.join(CELL_END)}${ROW_END}`;

function decode(text: string): PrintedRow {
  const texts = text.split(CELL_END);
  const flag = texts.shift();
  return { kind: flag === 't' ? 'total' : 'row', texts };
}

/** A store that goes on in a file at `path` when it outgrows the memory it may use; without a path it never does. */
export function createRowStore(path?: string): RowStore {
  const chunks: Chunk[] = [];
  let pending: string[] = [];
  let characters = 0;
  let memoryBytes = 0;
  let file: number | undefined;
  let fileBytes = 0;

  const flush = () => {
    if (pending.length === 0) return;
    const bytes = Buffer.from(pending.join(''));
    pending = [];
    characters = 0;
    if (path !== undefined && memoryBytes + bytes.length > MOST_MEMORY_BYTES) {
      file ??= openSync(path, 'w', 0o600);
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
      chunks.push({ length: bytes.length, place: fileBytes });
      fileBytes += bytes.length;
    } else {
      chunks.push({ length: bytes.length, place: bytes });
      memoryBytes += bytes.length;
    }
  };

  const read = ({ length, place }: Chunk, from: number | undefined): string => {
    if (typeof place !== 'number') return place.toString();
    const bytes = Buffer.allocUnsafe(length);
    for (let offset = 0; offset < length; ) {
      const got = from === undefined ? 0 : readSync(from, bytes, offset, length - offset, place + offset);
      if (got === 0) throw new Error('the file of the rows was cut off');
      offset += got;
    }
    return bytes.toString();
  };

  return {
    add(row) {
      const text = encode(row);
      pending.push(text);
      characters += text.length;
      if (characters >= CHUNK_CHARACTERS) flush();
    },
    *rows() {
      flush();
      if (file !== undefined) closeSync(file);
      file = undefined;
      const from = path !== undefined && fileBytes > 0 ? openSync(path, 'r') : undefined;
      try {
        for (const chunk of chunks) {
          const texts = read(chunk, from).split(ROW_END);
          texts.pop();
          for (const text of texts) yield decode(text);
        }
      } finally {
        if (from !== undefined) closeSync(from);
      }
    },
  };
}
