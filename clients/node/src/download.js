// @ts-check
/** @import { Job, ResultFile } from '../types/api.d.ts' */
/** @import { Opened } from './connection.js' */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { delay } from './connection.js';
import { HeavyliftError } from './errors.js';

/**
 * Begins to read a file.
 * @typedef {(file: ResultFile, headers: Record<string, string>) => Promise<Opened>} OpenFile
 */

/** So many connections in a row may break without a byte. */
const MOST_BREAKS = 5;
const PAUSE_MS = 500;

/**
 * The files of a job. Throws HeavyliftError where it has none.
 * @param {Job} job
 * @returns {ResultFile[]}
 */
export function filesOf(job) {
  const result = /** @type {{ files?: ResultFile[] } | null} */ (job.result);
  const files = result?.files ?? [];
  if (files.length === 0) throw new HeavyliftError(`The job ${job.id} has no files.`, { code: 'not_found' });
  return files;
}

/**
 * Saves files and returns their paths: one at `path`, unless that is a folder, and several in it.
 * @param {ResultFile[]} files
 * @param {string} path
 * @param {OpenFile} openFile
 * @returns {Promise<string[]>}
 */
export async function saveFiles(files, path, openFile) {
  const [only] = files;
  const isFolder = /[\\/]$/.test(path) || (await stat(path).catch(() => null))?.isDirectory() === true;
  if (only && files.length === 1 && !isFolder) {
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
    const sha256 = await fetchWhole(file, target, openFile);
    if (sha256 !== file.sha256) throw broken(file, 'its bytes are not those that were made');
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
 * Writes all bytes of a file, and returns their SHA-256. Storage that is elsewhere has an ETag of its own.
 * @param {ResultFile} file
 * @param {import('node:fs/promises').FileHandle} target
 * @param {OpenFile} openFile
 * @returns {Promise<string>}
 */
async function fetchWhole(file, target, openFile) {
  let hash = createHash('sha256');
  let [received, etag] = [0, ''];
  for (let breaks = 0; received < file.bytes; ) {
    if (breaks > MOST_BREAKS) throw broken(file, `the connection broke ${breaks} times without a byte`);
    const before = received;
    const headers = received > 0 && etag ? { Range: `bytes=${received}-`, 'If-Range': etag } : {};
    const { answer, beat, close } = await openFile(file, /** @type {Record<string, string>} */ (headers));
    try {
      etag = readEtag(file, answer);
      if (answer.status !== 206) [hash, received] = [createHash('sha256'), 0];
      for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (answer.body))) {
        beat();
        hash.update(piece);
        await writeAll(target, piece, received);
        received += piece.length;
        if (received > file.bytes) throw broken(file, 'it is longer than it should be');
      }
    } catch (error) {
      // What is the connection's is tried again, and ends there where the caller has given up.
      if (error instanceof HeavyliftError || isOfDisk(error)) throw error;
    } finally {
      close();
    }
    breaks = received > before ? 0 : breaks + 1;
    if (breaks > 0) await delay(PAUSE_MS * breaks, undefined);
  }
  return hash.digest('hex');
}

/**
 * The ETag of an answer that has bytes of the file. Throws where it has none.
 * @param {ResultFile} file
 * @param {Response} answer
 */
function readEtag(file, { status, headers }) {
  if (status !== 200 && status !== 206) throw broken(file, `there is none yet (${status})`);
  return headers.get('etag') ?? '';
}

/**
 * @param {import('node:fs/promises').FileHandle} target
 * @param {Uint8Array} piece
 * @param {number} at
 */
async function writeAll(target, piece, at) {
  for (let written = 0; written < piece.length; ) {
    const { bytesWritten } = await target.write(piece, written, piece.length - written, at + written);
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
