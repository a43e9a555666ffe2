// @ts-check
/** @import { Source } from './uploads.js' */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HeavyliftError } from './errors.js';

/**
 * Makes a source of a file; nothing of it is held. Rejects with the system's error, or with TypeError where it is none.
 * @param {string | URL} path
 * @returns {Promise<Source>}
 */
export async function sourceOfPath(path) {
  const facts = await stat(path);
  if (!facts.isFile()) throw new TypeError(`${path} must be a file.`);
  const { size } = facts;
  return {
    size,
    name: basename(typeof path === 'string' ? path : fileURLToPath(path)),
    part: async (from, most, tell) => {
      const bytes = Math.min(size - from, most);
      return {
        body: /** @type {BodyInit} */ (/** @type {unknown} */ (readPart(path, from, bytes, tell))),
        bytes,
        streams: true,
      };
    },
  };
}

/**
 * Reads a part of a file as it is asked for. Rejects where the file has become shorter.
 * @param {string | URL} path
 * @param {number} from
 * @param {number} bytes
 * @param {(read: number) => void} tell
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* readPart(path, from, bytes, tell) {
  let read = 0;
  for await (const piece of createReadStream(path, { start: from, end: from + bytes - 1, highWaterMark: 65_536 })) {
    read += piece.length;
    yield piece;
    tell(read);
  }
  if (read < bytes) {
    throw new HeavyliftError(`${path} has become shorter while it was sent.`, { code: 'file_changed' });
  }
}
