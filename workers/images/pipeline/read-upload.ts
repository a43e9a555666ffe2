import { AppError } from '../../../src/errors.ts';
import { readHeifCoding } from '../colours/heif-colours.ts';
import { profileOf, withColourProfile } from '../colours/with-profile.ts';
import { readApng } from '../formats/apng/read-apng.ts';
import { checkContainer } from '../formats/containers/check-container.ts';
import { readDimensions } from '../formats/header.ts';
import { readHeifHeader } from '../formats/heic/boxes.ts';
import { decodeInThread } from '../formats/heic/decode-in-thread.ts';
import { endJpeg } from '../formats/jpeg-end.ts';
import { judgeFormat } from '../formats/judge.ts';
import { HEIC_BYTES } from '../picture/decode-memory.ts';
import { assertPage, readSource } from '../picture/source.ts';
import { readBitmap } from './read-bitmap.ts';
import { readDrawing } from './read-drawing.ts';
import { readMovingPng } from './read-moving-png.ts';
import type { Asked, Upload, UploadDeps } from './upload.ts';

/**
 * Reads a file's header, of the page that is asked for, and holds what lies beside its pixels against the limits. Throws as
 * `readSource`, and payload_too_large.
 */
export async function readUpload(content: Buffer, deps: UploadDeps, asked: Asked = {}): Promise<Upload> {
  const { config, threads, signal } = deps;
  const bytes = content.length;
  const format = judgeFormat(content);
  await checkContainer(content, format, config, asked.page);
  if (format === 'bmp' || format === 'ico' || format === 'svg') {
    assertPage(asked.page, 1);
    return format === 'svg' ? readDrawing(content, deps, asked.renditions) : readBitmap(content, format, deps);
  }
  if (format !== 'heic') {
    const ended = format === 'jpeg' ? endJpeg(content) : null;
    const told = await withColourProfile(content, format, { threads, signal });
    const apng = format === 'png' ? readApng(told) : null;
    if (apng) return readMovingPng(told, apng, deps, asked);
    const source = await readSource(ended ?? told, asked);
    // Pixels that are lost behind the end that was put there are a warning.
    return { facts: source, bytes, open: async () => (ended ? { ...source, failOn: 'warning' } : source) };
  }
  const size = readDimensions(content);
  if (!size) throw new AppError('image_unreadable', 'The HEIC file is damaged: its header shows no size.');
  assertPage(asked.page, 1);
  const isGrid = readHeifHeader(content)?.isGrid ?? false;
  const decodeBytes = isGrid ? HEIC_BYTES.grid : HEIC_BYTES.whole;
  return {
    facts: { ...size, format: 'heic', hasAlpha: false, pages: 1, frames: 1, canShrink: false, decodeBytes },
    bytes,
    open: async () => {
      const coding = readHeifCoding(content);
      const profile = coding && (await profileOf({ coding, isGrey: false }, { threads, signal }));
      const request = { content, maxPixels: config.IMAGES_MAX_PIXELS, isGrid, profile };
      return { ...(await readSource(await decodeInThread(request, threads, signal))), format: 'heic' };
    },
  };
}
