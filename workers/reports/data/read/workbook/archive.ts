import { pipeline, type Readable } from 'node:stream';
import { isNativeError } from 'node:util/types';
import { crc32, createInflateRaw } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { BadData } from '../bad-data.ts';
import { type RowFile, startWith } from '../row-file.ts';

/** Most parts of a workbook: it has a few for each sheet, and its pictures. */
const MOST_ENTRIES = 10_000;
/** From this size on a part may not be so many times as large as its packed bytes: XML of cells is 5 to 50. */
const FREE_BYTES = 10_000_000;
const MOST_RATIO = 200;
/** All parts together, read as often as they are, may have so many times as many bytes as one. */
const ALL_PARTS = 3;

/** The parts of a workbook, which are unpacked as they are read. */
export interface Archive {
  file: RowFile;
  /** The names of the parts, as they are written. */
  names(): string[];
  /** Whether there is a part of that name, in capitals or not. */
  has(name: string): boolean;
  /**
   * The text of a part, piece by piece; `onBytes` gets how many of its packed bytes each took. Throws BadData for a
   * part that is missing, damaged or too large.
   */
  read(name: string, onBytes?: (bytes: number) => void): AsyncGenerator<string>;
  close(): void;
}

/** What went wrong in a ZIP as a sentence; faults of the disk stay what they are. */
function explain(error: unknown, file: RowFile): unknown {
  if (error instanceof BadData || !isNativeError(error)) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  // A mistake of our own is none of the file's.
  if (code === '' ? error.name !== 'Error' : !/^(?:Z_|ERR_)/.test(code)) return error;
  const why = error.message.split('\n')[0]?.slice(0, 200) ?? '';
  const sentence = `${startWith(file)} is a damaged workbook (${why}): open it, and save it again.`;
  return new BadData(sentence, { cause: error });
}

const HEADER_BYTES = 30;
const STORED = 0;
const PIECE_BYTES = 1 << 16;

/** Throws BadData for parts that lie in one another: what a few bytes hold would be unpacked again and again. */
function checkOverlaps(entries: readonly Entry[], file: RowFile): void {
  const sorted = entries.toSorted((one, other) => one.relativeOffsetOfLocalHeader - other.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const { relativeOffsetOfLocalHeader: start, compressedSize, fileNameLength } of sorted) {
    if (start < end) throw new BadData(`${startWith(file)} is a damaged workbook: its parts overlap.`);
    end = start + HEADER_BYTES + fileNameLength + compressedSize;
  }
}

async function listEntries(zip: ZipFile, file: RowFile): Promise<Map<string, Entry>> {
  if (zip.entryCount > MOST_ENTRIES) {
    const count = `${zip.entryCount.toLocaleString('en')} parts`;
    throw new BadData(
      `${startWith(file)} has ${count}: a workbook may have at most ${MOST_ENTRIES.toLocaleString('en')}.`,
    );
  }
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName.toLowerCase();
    if (entries.has(name)) throw new BadData(`${startWith(file)} is a damaged workbook: it has "${name}" twice.`);
    entries.set(name, entry);
  }
  checkOverlaps([...entries.values()], file);
  return entries;
}

/** The decoder of a part: XML says by its mark or its first line what it is written in. */
function decoderFor(start: Buffer): TextDecoder {
  if (start[0] === 0xff && start[1] === 0xfe) return new TextDecoder('utf-16le', { fatal: true });
  if (start[0] === 0xfe && start[1] === 0xff) return new TextDecoder('utf-16be', { fatal: true });
  const [, named = 'utf-8'] =
    /^<\?xml[^>]{0,60}encoding=["']([\w.-]{1,40})["']/.exec(start.toString('latin1', 0, 200)) ?? [];
  return new TextDecoder(named, { fatal: true });
}

class ZipArchive implements Archive {
  readonly file: RowFile;
  readonly #zip: ZipFile;
  readonly #entries: Map<string, Entry>;
  readonly #maxBytes: number;
  #unpacked = 0;

  constructor(file: RowFile, zip: ZipFile, entries: Map<string, Entry>, maxBytes: number) {
    this.file = file;
    this.#zip = zip;
    this.#entries = entries;
    this.#maxBytes = maxBytes;
  }

  names(): string[] {
    return [...this.#entries.values()].map(({ fileName }) => fileName);
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  async *read(name: string, onBytes: (bytes: number) => void = () => {}): AsyncGenerator<string> {
    const entry = this.#entries.get(name.toLowerCase());
    if (!entry) throw new BadData(`${startWith(this.file)} is a damaged workbook: its part "${name}" is missing.`);
    try {
      yield* this.#unpack(entry, onBytes);
    } catch (error) {
      throw explain(error, this.file);
    }
  }

  async *#unpack(entry: Entry, onBytes: (bytes: number) => void): AsyncGenerator<string> {
    if (!entry.canDecodeFileData()) {
      throw new BadData(`${startWith(this.file)} has parts that are encrypted or packed in an unknown way.`);
    }
    this.#check(entry, entry.uncompressedSize);
    const packed = entry.compressedSize / Math.max(1, entry.uncompressedSize);
    let decoder: TextDecoder | undefined;
    let [sum, bytes] = [0, 0];
    for await (const chunk of (await this.#open(entry)) as AsyncIterable<Buffer>) {
      decoder ??= decoderFor(chunk);
      bytes += chunk.length;
      this.#unpacked += chunk.length;
      sum = crc32(chunk, sum);
      this.#check(entry, bytes);
      onBytes(chunk.length * packed);
      yield decoder.decode(chunk, { stream: true });
    }
    if (bytes !== entry.uncompressedSize) throw new Error(`the size of ${entry.fileName} is wrong`);
    if (sum !== entry.crc32) throw new Error(`the checksum of ${entry.fileName} is wrong`);
    if (decoder) yield decoder.decode();
  }

  /** Opens a part. It is unpacked here in larger pieces than yauzl's, which takes half the time. */
  async #open(entry: Entry): Promise<Readable> {
    const raw = await this.#zip.openReadStreamPromise(entry, { decodeFileData: false });
    if (entry.compressionMethod === STORED) return raw;
    // What goes wrong is told to whoever reads.
    return pipeline(raw, createInflateRaw({ chunkSize: PIECE_BYTES }), () => {});
  }

  /** Throws BadData for a part that is too large, or much larger than it was packed, once it has so many bytes. */
  #check({ fileName, compressedSize }: Entry, bytes: number): void {
    const most = this.#maxBytes;
    if (bytes > most || this.#unpacked > most * ALL_PARTS) {
      const sentence = `${startWith(this.file)} unpacks to more than ${most.toLocaleString('en')} bytes`;
      throw new BadData(`${sentence} (${fileName}): save it as CSV, or split it.`);
    }
    if (bytes > FREE_BYTES && bytes > compressedSize * MOST_RATIO) {
      throw new BadData(
        `${startWith(this.file)} is no workbook that a program saved: ${fileName} is ${MOST_RATIO} times as large as packed.`,
      );
    }
  }

  close(): void {
    this.#zip.close();
  }
}

/**
 * Opens a ZIP by its list of parts, of which each may have at most `maxBytes`. Throws BadData for one that is damaged,
 * has too many parts, or parts that overlap.
 */
export async function openArchive(file: RowFile, maxBytes: number): Promise<Archive> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(file.path, { autoClose: false });
    return new ZipArchive(file, zip, await listEntries(zip, file), maxBytes);
  } catch (error) {
    zip?.close();
    throw explain(error, file);
  }
}
