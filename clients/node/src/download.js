// @ts-check
/** @import { Job, ResultFile } from '../types/api.d.ts' */
/** @import { Opened } from './connection.js' */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HeavyliftError } from './errors.js';

/**
 * Begins to read a file.
 * @typedef {(file: ResultFile, headers: Record<string, string>) => Promise<Opened>} OpenFile
 */

const MOST_BREAKS = 5;

/**
 * Saves the files of a job and returns their paths.
 * @param {Job} job
 * @param {string} path
 * @param {OpenFile} openFile
 * @returns {Promise<string[]>}
 */
export async function saveResult(job, path, openFile) {
  const result = /** @type {{ files?: ResultFile[] } | null} */ (job.result);
  const files = result?.files ?? [];
  const [only] = files;
  if (!only) throw new HeavyliftError(`The job ${job.id} has no files.`, { code: 'not_found' });
  const isFolder = /[\\/]$/.test(path) || (await stat(path).catch(() => null))?.isDirectory() === true;
  if (files.length === 1 && !isFolder) {
    await saveFile(only, path, openFile);
    return [path];
  }
  await mkdir(path, { recursive: true });
  /** @type {string[]} */
  const saved = [];
  for (const file of files) {
    const to = join(path, basename(file.name));
    await saveFile(file, to, openFile);
    saved.push(to);
  }
  return saved;
}

/**
 * Saves one file: beside its place first, then, whole and checked, at it. A connection that breaks is taken up where it was.
 * @param {ResultFile} file
 * @param {string} path
 * @param {OpenFile} openFile
 */
async function saveFile(file, path, openFile) {
  const part = join(dirname(path), `.${basename(path)}.${randomUUID()}.part`);
  const target = await open(part, 'wx');
  try {
    const hash = createHash('sha256');
    let received = 0;
    for (let breaks = 0; received < file.bytes; breaks += 1) {
      if (breaks > MOST_BREAKS) throw broken(file, `the connection broke ${breaks} times`);
      const headers = received > 0 ? { Range: `bytes=${received}-`, 'If-Range': `"${file.sha256}"` } : {};
      const { answer, beat, close } = await openFile(file, /** @type {Record<string, string>} */ (headers));
      if (received > 0 && answer.status !== 206) throw broken(file, 'it has changed in the middle');
      try {
        for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (answer.body))) {
          beat();
          hash.update(piece);
          await writeAll(target, piece);
          received += piece.length;
          if (received > file.bytes) throw broken(file, 'it is longer than it should be');
        }
      } catch (error) {
        // What is the connection's is tried again, and ends there where the caller has given up.
        if (error instanceof HeavyliftError || isOfDisk(error)) throw error;
      } finally {
        close();
      }
    }
    if (hash.digest('hex') !== file.sha256) throw broken(file, 'its bytes are not those that were made');
    await target.sync();
    await target.close();
    await rename(part, path);
  } catch (error) {
    await target.close().catch(() => {});
    await rm(part, { force: true });
    throw error;
  }
}

/**
 * @param {import('node:fs/promises').FileHandle} target
 * @param {Uint8Array} piece
 */
async function writeAll(target, piece) {
  for (let written = 0; written < piece.length; ) {
    const { bytesWritten } = await target.write(piece, written, piece.length - written);
    written += bytesWritten;
  }
}

/** @param {unknown} error */
const isOfDisk = (error) => /** @type {NodeJS.ErrnoException} */ (error).syscall === 'write';

/**
 * @param {ResultFile} file
 * @param {string} why
 */
const broken = (file, why) =>
  new HeavyliftError(`${file.name} could not be downloaded whole: ${why}.`, { code: 'download_broken' });
