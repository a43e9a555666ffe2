import { Piscina } from 'piscina';
import { AppError } from '../../../../src/errors.ts';
import type { DecodeAnswer, DecodeRequest } from './thread.ts';

/** Threads that decode HEIC, which sharp can't, so that the process's own event loop stays free. */
export interface HeicPool {
  /**
   * Decodes a HEIC file to an uncompressed TIFF. Rejects with the signal's reason when it aborts (the thread is ended
   * at once), and with image_unreadable or payload_too_large for what the file is.
   */
  decode(content: Uint8Array, signal: AbortSignal): Promise<Buffer>;
  /** Ends the threads. */
  close(): Promise<void>;
}

/** libheif's memory never shrinks: a thread that had nothing to do for so long ends, and its memory with it. */
const IDLE_MS = 1000;
/** JavaScript's part of a thread; the pixels lie outside it. */
const HEAP_MB = 64;
const UNSUPPORTED_FEATURE = 4;
const UNSUPPORTED_FILE = 3;
const MEMORY_SHORT = 6;
const LIMIT_EXCEEDED = 1000;

/** Makes a pool of at most `threads` threads, none of which runs yet. */
export function createHeicPool(threads: number, maxPixels: number): HeicPool {
  const pool = new Piscina<DecodeRequest, DecodeAnswer>({
    filename: new URL('./thread.ts', import.meta.url).href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  // The pool replaces a thread that dies while idle; without a listener its error would end the process.
  pool.on('error', () => {});
  return {
    async decode(content, signal) {
      signal.throwIfAborted();
      try {
        const answer = await pool.run({ content, maxPixels }, { signal });
        if ('refused' in answer) throw classifyHeifError(answer.refused);
        return Buffer.from(answer.tiff.buffer, answer.tiff.byteOffset, answer.tiff.byteLength);
      } catch (error) {
        signal.throwIfAborted();
        throw isOutOfMemory(error) ? classifyHeifError({ code: MEMORY_SHORT, detail: 0, message: '' }, error) : error;
      }
    },
    close: () => pool.destroy(),
  };
}

/** WebAssembly that runs over its memory, or over memory that could not grow, ends in one of these. */
const isOutOfMemory = (error: unknown) =>
  error instanceof Error &&
  (/^(memory access out of bounds|Array buffer allocation failed|Aborted)/i.test(error.message) ||
    (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY');

/** Classifies an error of libheif and returns it with a public sentence. */
export function classifyHeifError(
  { code, detail, message }: { code: number; detail: number; message: string },
  cause: unknown = new Error(`libheif ${code}/${detail}: ${message}`),
): AppError {
  if (detail === LIMIT_EXCEEDED || code === MEMORY_SHORT) {
    const sentence = 'The HEIC file has more pixels than are taken, or takes too much memory to decode.';
    return new AppError('payload_too_large', sentence, { cause });
  }
  if (code === UNSUPPORTED_FEATURE || code === UNSUPPORTED_FILE) {
    const sentence = 'The HEIC file uses a part of the format that is not read here: convert it to JPEG first.';
    return new AppError('image_unreadable', sentence, { cause });
  }
  return new AppError('image_unreadable', 'The image could not be decoded: it is truncated or damaged.', { cause });
}
