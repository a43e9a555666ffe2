import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** A row as it is printed. */
export interface PrintedRow {
  /** `total` is a row that sums up the rows of a group. */
  kind: 'row' | 'total';
  /** One for each column. */
  texts: string[];
  /** How its cells look where some look otherwise than the others, see `highlightAt`. */
  looks?: string;
}

/** The printed rows of a table: kept once, read as often as they are laid out. */
export interface RowStore {
  add(row: PrintedRow): void;
  /** Puts away what was added: nothing is added from here on. */
  flush(): void;
  /** All rows, in their order. */
  rows(): Iterable<PrintedRow>;
}

/** Texts that come to a store have none of these: they part cells and rows. */
export const CELL_END = '\u001f';
export const ROW_END = '\u001e';
/** Rows are written and read in pieces of about this many characters; where many stores share a file, of fewer. */
const CHUNK_CHARACTERS = 200_000;
const SHARED_CHUNK_CHARACTERS = 20_000;
/** So much stays in memory. */
const MOST_MEMORY_BYTES = 4_000_000;

/** Stands before a row of totals; no row's looks are that. */
const TOTAL = '\u0001';

interface Chunk {
  length: number;
  /** Where it is in the file, or its bytes. */
  place: number | Buffer;
}

const encode = ({ kind, texts, looks = '' }: PrintedRow): string =>
  `${kind === 'total' ? TOTAL : looks}${CELL_END}${texts.join(CELL_END)}${ROW_END}`;

function decode(text: string): PrintedRow {
  if (text.startsWith(CELL_END)) return { kind: 'row', texts: text.slice(1).split(CELL_END) };
  const [mark = '', ...texts] = text.split(CELL_END);
  return mark === TOTAL ? { kind: 'total', texts } : { kind: 'row', texts, looks: mark };
}

/** Pieces of texts, the first of them in memory and the others in a file. */
interface Pieces {
  put(text: string): Chunk;
  /** The texts of chunks; nothing is put from here on. */
  read(chunks: readonly Chunk[]): Iterable<string>;
}

function createPieces(path: string | undefined): Pieces {
  let memoryBytes = 0;
  let file: number | undefined;
  let fileBytes = 0;

  const readChunk = ({ length, place }: Chunk, from: number | undefined): string => {
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
    put(text) {
      const bytes = Buffer.from(text);
      if (path === undefined || memoryBytes + bytes.length <= MOST_MEMORY_BYTES) {
        memoryBytes += bytes.length;
        return { length: bytes.length, place: bytes };
      }
      file ??= openSync(path, 'w', 0o600);
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(file, bytes, offset);
      fileBytes += bytes.length;
      return { length: bytes.length, place: fileBytes - bytes.length };
    },
    *read(chunks) {
      if (file !== undefined) closeSync(file);
      file = undefined;
      const from = path !== undefined && fileBytes > 0 ? openSync(path, 'r') : undefined;
      try {
        for (const chunk of chunks) yield readChunk(chunk, from);
      } finally {
        if (from !== undefined) closeSync(from);
      }
    },
  };
}

function createStore(pieces: Pieces, chunkCharacters: number): RowStore {
  const chunks: Chunk[] = [];
  let pending: string[] = [];
  let characters = 0;

  const flush = () => {
    if (pending.length === 0) return;
    chunks.push(pieces.put(pending.join('')));
    pending = [];
    characters = 0;
  };

  return {
    add(row) {
      const text = encode(row);
      pending.push(text);
      characters += text.length;
      if (characters >= chunkCharacters) flush();
    },
    flush,
    *rows() {
      flush();
      for (const piece of pieces.read(chunks)) {
        const texts = piece.split(ROW_END);
        texts.pop();
        for (const text of texts) yield decode(text);
      }
    },
  };
}

/** A store that goes on in a file at `path` when it outgrows the memory it may use; without a path it never does. */
export const createRowStore = (path?: string): RowStore => createStore(createPieces(path), CHUNK_CHARACTERS);

/** Makes stores that share the memory and the file of one; all are filled before any is read. */
export function createRowStores(path?: string): () => RowStore {
  const pieces = createPieces(path);
  return () => createStore(pieces, SHARED_CHUNK_CHARACTERS);
}
