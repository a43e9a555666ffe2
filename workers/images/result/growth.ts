import { DEFAULT_QUALITY } from '../encode/quality.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import { holdsPixelsAlone, keepsPixels } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Source } from '../picture/source.ts';
import { isAnimated } from '../pipeline/frames.ts';
import { stripFile, stripSource } from '../strip/strip-source.ts';
import type { ImageWarning } from './images-result.ts';

/**
 * Says where a rendition that shows all pixels of its source has more bytes than the upload, of so many bytes, had; and where it
 * need not, how. Nothing of what has no pixels of its own, or not all of them, or where metadata that were asked for make it larger.
 */
export async function listGrowth(
  source: Source,
  uploadBytes: number,
  rendition: Rendition,
  rendered: Rendered,
): Promise<ImageWarning[]> {
  const { width, height, content, format } = rendered;
  const isWhole = source.pages === 1 || (source.frames === source.pages && isAnimated(source, rendition, format));
  const isSame = keepsPixels(rendition) && isWhole && width === source.width && height === source.height;
  // There is no smaller file of a format that is never written.
  const isForced = rendition.format === undefined && format !== source.format;
  // There is nothing smaller than its own coding; where its end was missing, it has that now.
  if (!isSame || isForced || source.own || rendered.kept || bytesOfPixels(rendition, rendered) <= uploadBytes)
    return [];
  const sizes = `The file has ${formatCount(content.length)} bytes, its source ${formatCount(uploadBytes)}`;
  const advice = (await mightBeSmaller(source, rendition, rendered))
    ? ': leave format and quality out, or ask for auto, and it is no larger.'
    : '.';
  return [{ code: 'larger_than_source', message: `${sizes}${advice}`, rendition: rendition.name }];
}

/** Counts a file's bytes, without those of metadata and a gain map that were asked for. */
function bytesOfPixels(rendition: Rendition, { content, format, keepsGainMap }: Rendered): number {
  const isPlain = holdsPixelsAlone(rendition) && !keepsGainMap;
  return (isPlain ? content : (stripFile(format, content) ?? content)).length;
}

/** Whether the rendition would have been no larger, had no format and no quality been asked for. */
async function mightBeSmaller(source: Source, rendition: Rendition, { keepsGainMap }: Rendered): Promise<boolean> {
  if (keepsGainMap || (rendition.format === undefined && rendition.quality === undefined)) return false;
  const free = { ...rendition, format: undefined, quality: undefined };
  const stripped = await stripSource(source, free, source.format as ImageFormat);
  return stripped !== null && (stripped.canKeep || DEFAULT_QUALITY[source.format as ImageFormat] !== undefined);
}
