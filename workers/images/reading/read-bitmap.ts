import { withColourProfile } from '../colours/with-profile.ts';
import { BitmapError } from '../formats/bitmap/bitmap-error.ts';
import { readBmpHeader } from '../formats/bitmap/bmp-header.ts';
import { decodeBitmapInThread, refuseBitmap } from '../formats/bitmap/decode-in-thread.ts';
import { findLargestPicture, type IconPicture } from '../formats/bitmap/icon.ts';
import { checkContainer } from '../formats/containers/check-container.ts';
import { assertPixels } from '../formats/pixel-limit.ts';
import { BITMAP_BYTES } from '../picture/decode-memory.ts';
import { readSource } from '../picture/source.ts';
import type { Upload, UploadDeps } from './upload.ts';

/**
 * Reads the header of a BMP, or of an icon's largest picture. Throws image_unreadable and payload_too_large. An icon's PNG is
 * read as any PNG is; everything else is decoded in a thread.
 */
export async function readBitmap(content: Buffer, format: 'bmp' | 'ico', deps: UploadDeps): Promise<Upload> {
  const { config, threads, signal } = deps;
  const picture = findPicture(content, format);
  const { width, height } = picture;
  assertPixels({ width, height }, config.IMAGES_MAX_PIXELS);
  if (picture.type === 'png') {
    const png = Buffer.from(picture.content);
    await checkContainer(png, 'png', config);
    const told = await withColourProfile(png, { format: 'png' }, { threads, signal });
    const source = { ...(await readSource(told)), format };
    return { facts: source, open: async () => source };
  }
  const request = {
    content: picture.content,
    isIcon: format === 'ico',
    maxPixels: config.IMAGES_MAX_PIXELS,
    maxProfileBytes: config.IMAGES_MAX_METADATA_BYTES,
  };
  return {
    facts: {
      width,
      height,
      format,
      hasAlpha: format === 'ico',
      pages: 1,
      frames: 1,
      canShrink: false,
      decodeBytes: BITMAP_BYTES,
    },

    async open({ acceptsDamage = false } = {}) {
      const { tiff, isDamaged } = await decodeBitmapInThread({ ...request, acceptsDamage }, threads, signal);
      return { ...(await readSource(tiff)), format, isDamaged };
    },
  };
}

function findPicture(content: Buffer, format: 'bmp' | 'ico'): IconPicture {
  try {
    return format === 'ico' ? findLargestPicture(content) : { type: 'bmp', content, ...readBmpHeader(content) };
  } catch (error) {
    if (error instanceof BitmapError) throw refuseBitmap(format === 'ico' ? 'ICO' : 'BMP', error);
    throw error;
  }
}
