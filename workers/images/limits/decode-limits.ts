import { chooseFormat } from '../encode/choose-format.ts';
import { adviseJpeg, assertFrames, assertPixels, type PixelLimits } from '../formats/pixel-limit.ts';
import type { Rendition } from '../input/rendition.ts';
import type { SourceFacts } from '../picture/source.ts';
import { chooseScale, SHRUNK_SCALE } from '../pipeline/decode-once.ts';
import { countDecoded } from '../pipeline/frames.ts';
import type { ImagesConfig } from '../settings.ts';

/** The limits of what is decoded. */
type Limits = PixelLimits & Pick<ImagesConfig, 'IMAGES_MAX_FRAMES'>;

/**
 * Throws payload_too_large, with the figures, where more pixels or frames would be decoded for a rendition than are taken:
 * those that it does not show don't count, and a baseline JPEG of which little is shown has a limit of its own.
 */
export function assertDecoded(source: SourceFacts, rendition: Rendition, config: Limits): void {
  const frames = countDecoded(source, rendition, chooseFormat(rendition, source));
  assertFrames(frames, config.IMAGES_MAX_FRAMES);
  const { IMAGES_MAX_PIXELS: most, IMAGES_MAX_JPEG_PIXELS: mostShrunk } = config;
  const isShrunk = source.canShrink && chooseScale(source, [rendition]) <= SHRUNK_SCALE;
  const limit = isShrunk ? Math.max(most, mostShrunk) : most;
  const advice = isShrunk || source.format !== 'jpeg' ? undefined : adviseJpeg(source, config);
  assertPixels({ ...source, frames }, limit, advice);
}
