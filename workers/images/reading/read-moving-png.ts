import { AppError } from '../../../src/errors.ts';
import { draftTiff } from '../../../src/pixels/tiff.ts';
import type { Apng } from '../formats/apng/read-apng.ts';
import { drawApngFrames } from '../picture/apng-frames.ts';
import { BITMAP_BYTES } from '../picture/decode-memory.ts';
import type { Pixels } from '../picture/pixels.ts';
import { type AskedPages, assertPage, type DecodeOptions, readSource, type Source } from '../picture/source.ts';
import type { Upload, UploadDeps } from './upload.ts';

/**
 * Reads an animated PNG's header: its frames are decoded where an animation is made of them. As one picture it is what programs
 * without animation show, or the frame that is asked for. Throws as `readSource`.
 */
export async function readMovingPng(
  content: Buffer,
  apng: Apng,
  { config, signal }: Pick<UploadDeps, 'config' | 'signal'>,
  { page, maxFrames = Infinity }: AskedPages,
): Promise<Upload> {
  const pages = apng.frames.length;
  assertPage(page, pages);
  const still = await readSource(content);
  const frames = page === undefined ? Math.min(pages, maxFrames) : 1;
  const metadata = { ...still.metadata, delay: apng.frames.map(({ delayMs }) => delayMs), loop: apng.plays };
  // One frame is drawn over those before it, and opened as a bitmap is.
  const decodeBytes = page === undefined ? still.decodeBytes : BITMAP_BYTES;
  const source: Source = { ...still, pages, frames, page, metadata, apng, decodeBytes };
  const limits = { maxPixels: config.IMAGES_MAX_PIXELS, secondsLeft: () => config.IMAGES_TIMEOUT_SECONDS };
  return {
    facts: source,

    async open({ acceptsDamage = false } = {}) {
      if (apng.isDamaged && !acceptsDamage) {
        throw new AppError('image_unreadable', 'The image could not be decoded: frames that it announces are missing.');
      }
      return {
        ...(page === undefined ? source : await showFrame(source, page, { ...limits, signal })),
        isDamaged: apng.isDamaged,
      };
    },
  };
}

/** Makes a source of one frame, as it is to be seen. Rejects with the signal's reason when it aborts. */
async function showFrame(
  source: Source,
  page: number,
  { signal, ...options }: DecodeOptions & { signal: AbortSignal },
): Promise<Source> {
  let frame: Pixels | undefined;
  let drawn = 0;
  for await (frame of drawApngFrames(source, options)) {
    signal.throwIfAborted();
    drawn += 1;
    if (drawn === page) break;
  }
  if (!frame) return source;
  const { width, height, data } = frame;
  const { file, pixels } = draftTiff({ width, height, channels: 4 });
  pixels.set(data);
  const { pages, frames, format, decodeBytes } = source;
  return { ...(await readSource(Buffer.from(file.buffer))), page, pages, frames, format, decodeBytes };
}
