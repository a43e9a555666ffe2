import sharp from 'sharp';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import type { DecodeOptions, Source } from '../picture/source.ts';
import type { ThreadPool } from '../threads/pool.ts';
import { stripFile } from './strip-source.ts';
import { hasHiddenPixels } from './tiff/hidden-pixels.ts';

/** What is turned may have so many of the bytes that it had, by shorter codes. */
const TURNED_SHARE = 0.9;

/** Where a JPEG is turned, and until when. */
export interface TurnDeps {
  threads: ThreadPool;
  signal: AbortSignal;
}

/**
 * Returns the smaller of what was made and the source as it is coded, turned upright, with the metadata of what was made. The
 * source is decoded for that: one of which not all pixels are there never passes.
 */
export async function keepSmaller(
  made: Rendered,
  { source, stripped }: { source: Source; stripped: Buffer },
  rendition: Rendition,
  deps: DecodeOptions & TurnDeps,
): Promise<Rendered> {
  // Turned it has about as many bytes, and turning takes its time.
  if (stripped.length * TURNED_SHARE >= made.content.length) return made;
  const upright = await turnUpright(stripped, source, deps);
  const content = upright && (rendition.metadata === 'none' ? upright : withMetadata(source, upright, made));
  if (!content || content.length >= made.content.length || !(await isWholly(content, source, deps))) return made;
  const { similarity, colours: _colours, ...rest } = made;
  return {
    ...rest,
    content,
    format: source.format as ImageFormat,
    quality: null,
    ...(similarity === undefined ? {} : { similarity: 1 }),
    kept: true,
  };
}

const withMetadata = ({ format }: Source, content: Buffer, made: Rendered): Buffer | null =>
  format === made.format ? stripFile(format, content, made.content) : null;

/** Turns a JPEG upright without loss; null where it can't be. */
async function turnUpright(
  stripped: Buffer,
  { orientation }: Source,
  { threads, signal }: TurnDeps,
): Promise<Buffer | null> {
  if (orientation === 1) return stripped;
  const turned = await threads.run('turn', { jpeg: stripped, orientation }, signal);
  return turned && Buffer.from(turned.buffer, turned.byteOffset, turned.byteLength);
}

/** Whether all pixels of a file are there and no more, without the least complaint of its decoder, and of the source's size. */
async function isWholly(
  content: Buffer,
  { format, width, height, pages, hasAlpha }: Source,
  options: DecodeOptions,
): Promise<boolean> {
  try {
    const limits = { limitInputPixels: options.maxPixels, failOn: 'warning', sequentialRead: true } as const;
    // Of a TIFF and an AVIF what is shown is kept alone.
    const kept = format === 'tiff' || format === 'avif' ? 1 : pages;
    const picture = sharp(content, { ...limits, ...(kept > 1 ? { animated: true } : {}) });
    const found = await picture.metadata();
    if (found.width !== width || (found.pageHeight ?? found.height) !== height || (found.pages ?? 1) !== kept)
      return false;
    if (found.hasAlpha !== hasAlpha) return false;
    await picture.timeout({ seconds: options.secondsLeft() }).stats();
  } catch {
    return false;
  }
  return format !== 'tiff' || !(await hasHiddenPixels(content, options));
}
