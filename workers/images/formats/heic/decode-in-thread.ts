import { AppError } from '../../../../src/errors.ts';
import { isOutOfHeap, type ThreadPool } from '../../threads/pool.ts';
import type { ThreadWork } from '../../threads/thread.ts';

const UNSUPPORTED_FEATURE = 4;
const UNSUPPORTED_FILE = 3;
const MEMORY_SHORT = 6;
const LIMIT_EXCEEDED = 1000;

/**
 * Decodes a HEIC file, which sharp can't, to an uncompressed TIFF in a thread. Rejects with the signal's reason when it
 * aborts (the thread is ended at once), and with image_unreadable or payload_too_large for what the file is.
 */
export async function decodeInThread(
  request: ThreadWork['decode']['request'],
  threads: ThreadPool,
  signal: AbortSignal,
): Promise<Buffer> {
  try {
    const answer = await threads.run('decode', request, signal);
    if ('refused' in answer) throw classifyHeifError(answer.refused);
    return Buffer.from(answer.tiff.buffer, answer.tiff.byteOffset, answer.tiff.byteLength);
  } catch (error) {
    signal.throwIfAborted();
    throw isOutOfMemory(error) ? classifyHeifError({ code: MEMORY_SHORT, detail: 0, message: '' }, error) : error;
  }
}

/** WebAssembly that runs over its memory, or over memory that could not grow, ends in one of these. */
const isOutOfMemory = (error: unknown) =>
  isOutOfHeap(error) ||
  (error instanceof Error &&
    /^(memory access out of bounds|Array buffer allocation failed|Aborted)/i.test(error.message));

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
