import { detectFormat } from '../detect-format.ts';
import { BitmapError } from './bitmap-error.ts';
import { readBmpHeader } from './bmp-header.ts';
import { findLargestPicture } from './icon.ts';

/**
 * Reads the size of a BMP, or of an icon's largest picture, from its first bytes: null where they do not show it, undefined of
 * any other file.
 */
export function readBitmapSize(head: Uint8Array): { width: number; height: number } | null | undefined {
  const format = detectFormat(head.subarray(0, 64));
  if (format !== 'bmp' && format !== 'ico') return undefined;
  try {
    const { width, height } = format === 'bmp' ? readBmpHeader(head) : findLargestPicture(head);
    return { width, height };
  } catch (error) {
    if (error instanceof BitmapError) return null;
    throw error;
  }
}
