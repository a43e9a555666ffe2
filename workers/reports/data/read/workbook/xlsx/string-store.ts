import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Texts that are found by their number. */
export interface StringStore {
  add(text: string): void;
  /** Undefined for a number that no text has. */
  get(index: number): string | undefined;
  close(): void;
}

/** So many texts are written and read together. */
const CHUNK = 256;
/** Texts have none: XML can't. */
const END = '\u001f';
const MOST_MEMORY_BYTES = 8_000_000;
/** So many characters of chunks that were read stay as they are: rows ask for neighbours. */
const MOST_READ_CHARACTERS = 8_000_000;

interface Chunk {
  length: number;
  /** Where it is in the file, or its bytes. */
  place: number | Buffer;
}

class DiskStore implements StringStore {
  readonly #path: string | undefined;
  readonly #chunks: Chunk[] = [];
  readonly #read = new Map<number, string[]>();
  #readCharacters = 0;
  #pending: string[] = [];
  #memoryBytes = 0;
  #file: number | undefined;
  #fileBytes = 0;

  constructor(path: string | undefined) {
    this.#path = path;
  }

  add(text: string): void {
    this.#pending.push(text.replaceAll(END, ''));
    if (this.#pending.length === CHUNK) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(END));
    this.#pending = [];
    if (this.#path === undefined || this.#memoryBytes + bytes.length <= MOST_MEMORY_BYTES) {
      this.#chunks.push({ length: bytes.length, place: bytes });
      this.#memoryBytes += bytes.length;
      return;
    }
    this.#file ??= openSync(this.#path, 'w+', 0o600);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file, bytes, done, undefined, this.#fileBytes + done);
    this.#chunks.push({ length: bytes.length, place: this.#fileBytes });
    this.#fileBytes += bytes.length;
  }

  get(index: number): string | undefined {
    const at = Math.floor(index / CHUNK);
    if (at === this.#chunks.length) return this.#pending[index % CHUNK];
    const texts = this.#read.get(at) ?? this.#load(at);
    return texts?.[index % CHUNK];
  }

  #load(at: number): string[] | undefined {
    const chunk = this.#chunks[at];
    if (!chunk) return undefined;
    const text = this.#bytesOf(chunk).toString();
    const texts = text.split(END);
    this.#readCharacters += text.length;
    if (this.#readCharacters > MOST_READ_CHARACTERS) {
      this.#read.clear();
      this.#readCharacters = text.length;
    }
    this.#read.set(at, texts);
    return texts;
  }

  #bytesOf({ length, place }: Chunk): Buffer {
    if (typeof place !== 'number') return place;
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const got = this.#file === undefined ? 0 : readSync(this.#file, bytes, done, length - done, place + done);
      if (got === 0) throw new Error('the file of the texts was cut off');
      done += got;
    }
    return bytes;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }
}

/** Creates a store of texts that goes on in a file at `path` when it outgrows its memory; without one it never does. */
export const createStringStore = (path?: string): StringStore => new DiskStore(path);
