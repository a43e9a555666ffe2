import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../cli/context.ts';
import { LOG_FOLDER, LOG_MANIFEST } from './contents.ts';

/** Redis takes new files into its log rarely; that it does so between two steps, again and again, does not happen. */
const TRIES = 50;
const TRY_EVERY_MS = 100;
/** Redis writes before it answers, unless the disk is busy: then within two seconds. */
const WRITTEN_WITHIN_MS = 30_000;
const PIECE_BYTES = 1 << 20;
const RDB_HEADER = /^REDIS(\d{4})/;

interface LogFile {
  name: string;
  handle: FileHandle;
  bytes: number;
}

/** Redis' append-only file up to a marker, held open: what Redis does with its files since changes nothing. */
export interface LogCopy {
  /** Its files, each with how much of it belongs to the copy; the manifest is made of their lines. */
  files: readonly LogFile[];
  manifest: string;
  /** The version of the snapshot's format; null where there is none. */
  format: number | null;
  close(): Promise<void>;
}

/**
 * Copies the append-only file of a Redis that runs, up to a marker that `setMarker` writes into it; answers with what that
 * answered. Redis is neither held up nor set otherwise. Rejects with CommandError where there is no such file.
 */
export async function copyLog<T>(
  dataDir: string,
  marker: string,
  setMarker: () => Promise<T>,
): Promise<{ log: LogCopy; marked: T }> {
  const folder = join(dataDir, LOG_FOLDER);
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const lines = await readLines(folder);
    const files = await openFiles(folder, lines);
    if (files) {
      const copied = await copyUpTo(
        files,
        marker,
        setMarker,
        async () => String(await readLines(folder)) === String(lines),
      ).catch(async (error) => {
        await closeAll(files);
        throw error;
      });
      if (copied) {
        const manifest = `${lines.join('\n')}\n`;
        return { log: { files, manifest, format: copied.format, close: () => closeAll(files) }, marked: copied.marked };
      }
      await closeAll(files);
    }
    await delay(TRY_EVERY_MS);
  }
  throw new CommandError('Redis rewrites its append-only file again and again; try again later');
}

/** Sets the marker, and finds it in the last of these files; null where a rewrite has led it into another one. */
async function copyUpTo<T>(
  files: LogFile[],
  marker: string,
  setMarker: () => Promise<T>,
  areTheSame: () => Promise<boolean>,
): Promise<{ marked: T; format: number | null } | null> {
  const last = files.at(-1) as LogFile;
  const before = last.bytes;
  const marked = await setMarker();
  if (!(await areTheSame())) return null;
  last.bytes = await findMarker(last.handle, before, marker);
  return { marked, format: await readFormat(files[0] as LogFile) };
}

/** The lines of the files that make up the log: its base, and what was written since; not those that are to go. */
async function readLines(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, LOG_MANIFEST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CommandError(`Redis keeps no append-only file in ${folder}`);
    throw error;
  });
  return text.split('\n').filter((line) => / type [bi]\b/.test(line));
}

/** Opens the files of these lines; null where one is gone by now. */
async function openFiles(folder: string, lines: readonly string[]): Promise<LogFile[] | null> {
  const files: LogFile[] = [];
  for (const line of lines) {
    const name = /^file (\S+) /.exec(line)?.[1] ?? '';
    const handle = await open(join(folder, name)).catch(() => null);
    if (!handle) {
      await closeAll(files);
      return null;
    }
    files.push({ name, handle, bytes: (await handle.stat()).size });
  }
  if (files.length === 0) throw new CommandError(`Redis' append-only file in ${folder} names no files`);
  return files;
}

/** Where the command ends whose last argument is the marker; it lies behind `from`. */
async function findMarker(handle: FileHandle, from: number, marker: string): Promise<number> {
  const deadline = Date.now() + WRITTEN_WITHIN_MS;
  const end = Buffer.from(`${marker}\r\n`);
  while (Date.now() < deadline) {
    const at = await search(handle, from, end);
    if (at !== null) return at + end.length;
    await delay(TRY_EVERY_MS);
  }
  throw new CommandError('Redis has not written to its append-only file for 30 s; see redis-0.log');
}

async function search(handle: FileHandle, from: number, wanted: Buffer): Promise<number | null> {
  const piece = Buffer.alloc(PIECE_BYTES);
  for (let at = from; ; at += PIECE_BYTES - wanted.length) {
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, at);
    const found = piece.subarray(0, bytesRead).indexOf(wanted);
    if (found >= 0) return at + found;
    if (bytesRead < PIECE_BYTES) return null;
  }
}

async function readFormat({ handle }: LogFile): Promise<number | null> {
  const head = Buffer.alloc(9);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  const version = RDB_HEADER.exec(head.toString('latin1', 0, bytesRead))?.[1];
  return version === undefined ? null : Number(version);
}

async function closeAll(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()));
}
