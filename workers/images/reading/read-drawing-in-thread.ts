import type { Drawing, DrawingRequest } from '../../../src/drawings/read-drawing.ts';
import { AppError } from '../../../src/errors.ts';
import { isOutOfHeap, type ThreadPool } from '../threads/pool.ts';

/**
 * Reads a drawing in a thread. Rejects with the signal's reason when it aborts, with image_unreadable for what it refers to or
 * is damaged in, and with payload_too_large.
 */
export async function readDrawingInThread(
  request: DrawingRequest,
  threads: ThreadPool,
  signal: AbortSignal,
): Promise<Drawing> {
  try {
    const answer = await threads.run('drawing', request, signal);
    if (!('refused' in answer)) return answer;
    throw new AppError(answer.refused.code, `The SVG ${answer.refused.message}.`);
  } catch (error) {
    signal.throwIfAborted();
    if (!isOutOfHeap(error)) throw error;
    throw new AppError('payload_too_large', 'The SVG takes too much memory to read: simplify it.', { cause: error });
  }
}
