import { AppError } from '../../../../src/errors.ts';
import type { ThreadPool } from '../../threads/pool.ts';
import type { BitmapError } from './bitmap-error.ts';
import type { BitmapRequest } from './decode-bmp.ts';

/** What libvips reads of a bitmap. */
export interface ReadableBitmap {
  tiff: Buffer;
  isDamaged: boolean;
}

/**
 * Decodes a bitmap to an uncompressed TIFF in a thread. Rejects with the signal's reason when it aborts (the thread is ended at
 * once), and with image_unreadable for what the file is.
 */
export async function decodeBitmapInThread(
  request: BitmapRequest,
  threads: ThreadPool,
  signal: AbortSignal,
): Promise<ReadableBitmap> {
  const answer = await threads.run('decodeBitmap', request, signal);
  if ('refused' in answer) throw refuseBitmap(request.isIcon ? 'ICO' : 'BMP', answer.refused);
  const { tiff, isDamaged } = answer;
  return { tiff: Buffer.from(tiff.buffer, tiff.byteOffset, tiff.byteLength), isDamaged };
}

/** Returns an error of the reader as image_unreadable, in a public sentence. */
export function refuseBitmap(
  format: 'BMP' | 'ICO',
  { kind, message }: Pick<BitmapError, 'kind' | 'message'>,
): AppError {
  const sentence =
    kind === 'damaged'
      ? `The ${format} file is truncated or damaged: ${message}.`
      : `The ${format} file uses a part of the format that is not read here (${message}): convert it to PNG first.`;
  return new AppError('image_unreadable', sentence);
}
