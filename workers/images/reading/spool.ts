import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../../../src/config/platform.ts';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';

/** A file that was fetched and lies on disk, without a name: it is gone with the process at the latest. */
export interface Spooled {
  /** Reads all of it into memory. */
  read(): Promise<Buffer>;
  close(): Promise<void>;
}

/** Makes a function that puts a stream on disk, below DATA_DIR. It rejects as the stream does, and with AppErrors. */
export function createSpool({ DATA_DIR }: Config): (stream: Readable, signal: AbortSignal) => Promise<Spooled> {
  const folder = join(DATA_DIR, 'tmp', 'images');
  return async (stream, signal) => {
    try {
      const file = await openNameless(folder);
      try {
        await file.writeFile(stream, { signal });
      } catch (error) {
        await file.close();
        throw error;
      }
      return { read: () => readAll(file), close: () => file.close() };
    } catch (error) {
      stream.destroy();
      throw signal.aborted ? signal.reason : classifyDiskError(error);
    }
  };
}

async function openNameless(folder: string): Promise<FileHandle> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, randomUUID());
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

async function readAll(file: FileHandle): Promise<Buffer> {
  const content = Buffer.allocUnsafe((await file.stat()).size);
  let length = 0;
  while (length < content.length) {
    const { bytesRead } = await file.read(content, length, content.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return content.subarray(0, length);
}
