// @ts-check
/** @import { Upload } from '../types/api.d.ts' */
/** @import { Connection } from './connection.js' */
import { delay, pauseAfter, quoteKey } from './connection.js';
import { HeavyliftError, Unavailable } from './errors.js';

/**
 * What is to be known of a file beside its bytes.
 * @typedef {object} UploadOptions
 * @property {string} [name] its name; a path and a File bring their own
 * @property {string} [type] its media type, where its first bytes do not tell
 * @property {number} [size] how many bytes a stream has; with it the upload is resumed when it breaks
 * @property {string} [kind] the kind of job that it is for: that kind's limits are checked at once
 * @property {string} [subject] whose data it is
 * @property {string} [idempotencyKey] sent again under the same one, it is the same upload; one is made without it
 * @property {number} [chunkBytes] the most bytes in one request, for proxies that take no larger ones; no limit without it
 * @property {(progress: { sent: number, total: number }) => void} [onProgress] is told how many bytes are there
 * @property {AbortSignal} [signal]
 */

/**
 * What is sent of a source in one request.
 * @typedef {{ body: BodyInit, bytes: number, streams?: boolean }} Part
 */

/**
 * Something that an upload is made of.
 * @typedef {object} Source
 * @property {number} size
 * @property {string} [name]
 * @property {string} [type]
 * @property {(from: number, most: number, beat: (bytes: number) => void) => Promise<Part>} part makes what follows at an offset
 */

const TUS = { 'Tus-Resumable': '1.0.0' };
const PART_TYPE = 'application/offset+octet-stream';
/** A file up to this size comes with the request that begins it. */
const ONE_REQUEST_BYTES = 1_000_000;
/** What is held of a stream, so that it can be sent again. */
const WINDOW_BYTES = 8_388_608;
/** So many times in a row no byte may come through. */
const MOST_FAILURES = 8;
/** A body that is no stream gives no sign of life: it may be as slow as that. */
const SLOWEST_BYTES_PER_MS = 16;

/**
 * Sends a source in pieces that are safe one by one (tus 1.0.0), and goes on where it was when a connection breaks or the server
 * restarts. Rejects with HeavyliftError.
 * @param {Connection} connection
 * @param {Source} source
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
export async function sendResumably(connection, source, options) {
  const { signal, onProgress, chunkBytes = Number.POSITIVE_INFINITY } = options;
  const { size } = source;
  const begun = await begin(connection, source, options);
  const path = `/v1/uploads/${begun.id}`;
  let { offset } = begun;
  /** Whether the server has said how much is there. */
  let isKnown = true;
  for (let failures = 0; offset < size; ) {
    const before = offset;
    try {
      if (isKnown) onProgress?.({ sent: offset, total: size });
      offset = isKnown
        ? await append(connection, path, { source, from: offset, most: chunkBytes, options })
        : await findOffset(connection, path, signal);
      if (isKnown && offset <= before) throw stoodStill();
      isKnown = true;
    } catch (thrown) {
      signal?.throwIfAborted();
      failures += 1;
      const error = asRepeatable(thrown, isKnown);
      const pause = pauseAfter(error, failures);
      if (pause === null || failures > MOST_FAILURES) throw error;
      await delay(pause, signal);
      isKnown = false;
    }
    if (offset > before) failures = 0;
  }
  onProgress?.({ sent: size, total: size });
  return begun.upload?.state === 'complete' ? begun.upload : connection.json(path, { signal });
}

/**
 * Begins the upload, with all its bytes where they are few.
 * @param {Connection} connection
 * @param {Source} source
 * @param {UploadOptions} options
 * @returns {Promise<{ id: string, offset: number, upload: Upload | null }>}
 */
async function begin(connection, source, { idempotencyKey, signal, ...options }) {
  const { size } = source;
  const isSmall = size > 0 && size <= Math.min(ONE_REQUEST_BYTES, options.chunkBytes ?? size);
  const whole = isSmall ? await source.part(0, size, () => {}) : null;
  // A stream could be read once alone: what is small is held.
  const bytes = whole && new Uint8Array(await new Response(whole.body).arrayBuffer());
  const { answer, close } = await connection.open('/v1/uploads', {
    method: 'POST',
    headers: {
      ...TUS,
      'Upload-Length': String(size),
      'Upload-Metadata': metadataOf(source, options),
      'Idempotency-Key': quoteKey(idempotencyKey),
      ...(bytes ? { 'Content-Type': PART_TYPE } : {}),
    },
    ...(bytes ? { body: () => ({ body: bytes }) } : {}),
    repeatable: true,
    signal,
  });
  try {
    const upload = /** @type {Upload} */ (JSON.parse(await answer.text()));
    return { id: upload.id, offset: readOffset(answer), upload };
  } finally {
    close();
  }
}

/**
 * Sends what follows at an offset; returns the offset behind it.
 * @param {Connection} connection
 * @param {string} path
 * @param {{ source: Source, from: number, most: number, options: UploadOptions }} what
 * @returns {Promise<number>}
 */
async function append(connection, path, { source, from, most, options: { signal, onProgress } }) {
  /** Until the request is under way there is nothing to keep alive. */
  const life = { beat: () => {} };
  const tell = (/** @type {number} */ read) => {
    life.beat();
    onProgress?.({ sent: Math.min(from + read, source.size), total: source.size });
  };
  const part = await source.part(from, most, tell);
  const { answer, close } = await connection.open(path, {
    method: 'PATCH',
    headers: {
      ...TUS,
      'Upload-Offset': String(from),
      'Content-Type': PART_TYPE,
      'Content-Length': String(part.bytes),
    },
    body: (beat) => {
      life.beat = beat;
      return part;
    },
    ...(part.streams ? {} : { slack: part.bytes / SLOWEST_BYTES_PER_MS }),
    signal,
  });
  close();
  return readOffset(answer);
}

/**
 * Asks how much is there.
 * @param {Connection} connection
 * @param {string} path
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<number>}
 */
async function findOffset(connection, path, signal) {
  const { answer, close } = await connection.open(path, {
    method: 'HEAD',
    headers: TUS,
    patient: true,
    signal,
  });
  close();
  return readOffset(answer);
}

/**
 * Reads Upload-Offset.
 * @param {Response} answer
 * @returns {number}
 */
function readOffset({ headers }) {
  const text = headers.get('upload-offset') ?? '';
  if (!/^\d+$/.test(text)) {
    throw new HeavyliftError('The answer to an upload has no Upload-Offset: does a proxy hide it?', {
      code: 'no_answer',
    });
  }
  return Number(text);
}

/** The error of an answer that takes a part and has no more than before. */
const stoodStill = () =>
  new Unavailable('The server took a part of the upload, and has no more of it than before.', {
    code: 'no_answer',
    retryable: true,
  });

/**
 * What may be tried again after a look at how much is there. Two codes say just that (the answer to the look itself has a status
 * alone), and a server that hangs up in the middle of a body has often said why: the look tells it. A file that has changed stays so.
 * @param {unknown} thrown
 * @param {boolean} hasSent
 * @returns {HeavyliftError}
 */
function asRepeatable(thrown, hasSent) {
  const error = /** @type {HeavyliftError} */ (thrown);
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof HeavyliftError) return cause;
  }
  const isMoved = hasSent ? ['conflict', 'upload_taken_over'].includes(error.code) : error.status === 409;
  if (!isMoved) return error;
  return new Unavailable(error.message, { code: error.code, status: error.status, retryable: true, cause: error });
}

/**
 * Writes Upload-Metadata.
 * @param {Source} source
 * @param {UploadOptions} options
 * @returns {string}
 */
function metadataOf(source, { name = source.name, type = source.type, kind, subject }) {
  return Object.entries({ filename: name, filetype: type, kind, subject })
    .filter(([, value]) => value)
    .map(([key, value]) => `${key} ${toBase64(String(value))}`)
    .join(',');
}

/** @param {string} text */
const toBase64 = (text) => btoa(String.fromCodePoint(...new TextEncoder().encode(text)));

/**
 * Makes a source of bytes or a Blob; null where it is neither.
 * @param {unknown} file
 * @returns {Source | null}
 */
export function sourceOfBytes(file) {
  if (file instanceof Blob) {
    return {
      size: file.size,
      type: file.type,
      ...('name' in file ? { name: String(file.name) } : {}),
      part: async (from, most) => {
        const bytes = Math.min(file.size - from, most, WINDOW_BYTES);
        return { body: file.slice(from, from + bytes), bytes };
      },
    };
  }
  const held = ArrayBuffer.isView(file)
    ? new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
    : file instanceof ArrayBuffer && new Uint8Array(file);
  if (!held) return null;
  return {
    size: held.length,
    part: async (from, most) => {
      const piece = held.subarray(from, from + Math.min(held.length - from, most, WINDOW_BYTES));
      return { body: /** @type {BodyInit} */ (piece), bytes: piece.length };
    },
  };
}

/**
 * Makes a source of a stream whose size is known. 8 MB of it are held at a time, for when they have to be sent again.
 * @param {AsyncIterable<Uint8Array>} stream
 * @param {number} size
 * @returns {Source}
 */
export function sourceOfStream(stream, size) {
  const iterator = stream[Symbol.asyncIterator]();
  /** @type {Uint8Array} */
  let held = new Uint8Array(0);
  let start = 0;
  /** @type {Uint8Array} */
  let rest = new Uint8Array(0);
  const readWindow = async () => {
    const room = new Uint8Array(Math.min(WINDOW_BYTES, size - start));
    let filled = 0;
    while (filled < room.length) {
      if (rest.length === 0) {
        const { done, value } = await iterator.next();
        if (done)
          throw new TypeError(`size must be the number of bytes of the stream: it ended after ${start + filled}.`);
        rest = typeof value === 'string' ? new TextEncoder().encode(value) : value;
      }
      const piece = rest.subarray(0, room.length - filled);
      room.set(piece, filled);
      filled += piece.length;
      rest = rest.subarray(piece.length);
    }
    return room;
  };
  return {
    size,
    part: async (from, most) => {
      if (from < start) throw new HeavyliftError('The server has lost a part of the upload.', { code: 'conflict' });
      while (from >= start + held.length) {
        start += held.length;
        held = await readWindow();
      }
      const piece = held.subarray(from - start).subarray(0, most);
      return { body: /** @type {BodyInit} */ (piece), bytes: piece.length };
    },
  };
}

/**
 * Sends a stream of unknown size in one request, which can not be resumed.
 * @param {Connection} connection
 * @param {ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>} stream
 * @param {UploadOptions} options
 * @returns {Promise<Upload>}
 */
export async function sendOnce(
  connection,
  stream,
  { name = 'upload', type, subject, signal, idempotencyKey, onProgress },
) {
  const query = new URLSearchParams({ name, ...(subject === undefined ? {} : { subject }) });
  const life = { beat: () => {} };
  let sent = 0;
  const told = async function* () {
    for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (stream)) {
      sent += piece.length;
      life.beat();
      onProgress?.({ sent, total: sent });
      yield piece;
    }
  };
  return connection.json(`/v1/uploads?${query}`, {
    method: 'POST',
    headers: {
      'Content-Type': type ?? 'application/octet-stream',
      'Idempotency-Key': quoteKey(idempotencyKey),
    },
    body: (beat) => {
      life.beat = beat;
      return { body: /** @type {BodyInit} */ (/** @type {unknown} */ (told())), streams: true };
    },
    repeatable: false,
    signal,
  });
}
