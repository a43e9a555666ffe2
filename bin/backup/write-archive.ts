import { createHash } from 'node:crypto';
import { type FileHandle, link, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Header, Pax } from 'tar';
import { CommandError } from '../cli/context.ts';
import { SUMS } from './contents.ts';

const BLOCK_BYTES = 512;
const GATHERED_BYTES = 1 << 20;
/** A draft that was not written to for so long is a dead backup's. */
const OLD_DRAFT_MS = 3_600_000;
/** An archive ends with two empty blocks. */
const END = Buffer.alloc(2 * BLOCK_BYTES);

/** An archive that is being written: beside its name, under which it appears whole or not at all. */
export interface ArchiveWriter {
  /** Whether it has that entry. */
  has(name: string): boolean;
  /** Adds a file of so many bytes; rejects where the content has others. */
  add(name: string, content: AsyncIterable<Buffer>, bytes: number): Promise<void>;
  /** Adds the sums of all entries, syncs it and gives it its name; resolves with its size and how many files it has. */
  finish(): Promise<{ bytes: number; files: number }>;
  /** Removes what was written of it, unless it is finished. */
  abandon(): Promise<void>;
}

/** Begins an archive that only its user may read. Rejects with CommandError where there is a file of that name. */
export async function createArchive(path: string): Promise<ArchiveWriter> {
  await removeOldDrafts(dirname(path));
  const draft = join(dirname(path), `.${basename(path)}.part-${process.pid}`);
  const file = await open(draft, 'wx', 0o600);
  const sums = new Map<string, string>();
  const { write, flush } = gather(file);
  let isOpen = true;

  const add = async (name: string, content: AsyncIterable<Buffer>, bytes: number) => {
    const hash = createHash('sha256');
    await write(encodeHeader(name, bytes));
    let written = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      written += chunk.length;
      await write(chunk);
    }
    if (written !== bytes) throw new CommandError(`${name} has ${written} bytes in place of ${bytes}; try again`);
    await write(Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES));
    sums.set(name, hash.digest('hex'));
  };
  const close = async () => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    has: (name) => sums.has(name),
    add,
    async finish() {
      const files = sums.size;
      const text = Buffer.from([...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(''));
      await add(SUMS, one(text), text.length);
      await write(END);
      await flush();
      await file.sync();
      const { size } = await file.stat();
      await close();
      await publish(draft, path);
      return { bytes: size, files };
    },
    async abandon() {
      await close();
      await rm(draft, { force: true });
    },
  };
}

/** Removes what backups into a folder have left that were killed. */
async function removeOldDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^\.heavylift-[\dTZ-]+\.tar\.part-\d+$/.test(name)) continue;
    const path = join(folder, name);
    const { mtimeMs = Number.POSITIVE_INFINITY } = (await stat(path).catch(() => null)) ?? {};
    if (mtimeMs < Date.now() - OLD_DRAFT_MS) await rm(path, { force: true });
  }
}

/** Content in one piece. */
export async function* one(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}

/** A header of a file that is its user's alone; two where the name does not fit into one. */
function encodeHeader(path: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const header = new Header({ path, size, mode: 0o600, type: 'File', mtime: new Date() });
  return header.encode(block) ? Buffer.concat([new Pax({ path, size }).encode(), block]) : block;
}

/** Gathers what is written, so that small files do not cost a write for each of their parts. */
function gather(file: FileHandle) {
  const gathered = Buffer.allocUnsafeSlow(GATHERED_BYTES);
  let used = 0;
  const flush = async () => {
    await writeAll(file, gathered.subarray(0, used));
    used = 0;
  };
  const write = async (bytes: Buffer) => {
    if (bytes.length > GATHERED_BYTES - used) await flush();
    if (bytes.length > GATHERED_BYTES) await writeAll(file, bytes);
    else used += bytes.copy(gathered, used);
  };
  return { write, flush };
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) offset += (await file.write(bytes, offset)).bytesWritten;
}

/** Gives the draft its name, durably; never over another file. */
async function publish(draft: string, path: string): Promise<void> {
  await link(draft, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new CommandError(`${path} is there already; a backup never replaces a file`);
    throw error;
  });
  await rm(draft);
  const folder = await open(dirname(path));
  await folder.sync().finally(() => folder.close());
}
