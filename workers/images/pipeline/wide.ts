import sharp, { type OverlayOptions } from 'sharp';
import { toP3Colour } from '../colours/p3.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import { isGrey } from '../picture/colour.ts';
import type { Source } from '../picture/source.ts';

/** It has no place for a profile. */
const NO_PROFILE: readonly ImageFormat[] = ['gif'];

/** Whether a rendition is made in Display P3: it was asked, its format can say so, and it has colours. */
export const mayBeWide = (
  { metadata }: Pick<Source, 'metadata'>,
  { colourSpace, grayscale }: Rendition,
  format: ImageFormat,
): boolean => colourSpace === 'p3' && !NO_PROFILE.includes(format) && !grayscale && !isGrey(metadata);

/** Returns a rendition whose own colours are said in Display P3. */
export function withP3Colours(rendition: Rendition): Rendition {
  const { background, trim } = rendition;
  return {
    ...rendition,
    background: background && toP3Colour(background),
    trim: trim?.background ? { ...trim, background: toP3Colour(trim.background) } : trim,
  };
}

/** Returns what is laid over a picture, its raw pixels in Display P3. */
export async function toP3Overlay(overlay: OverlayOptions): Promise<OverlayOptions> {
  const { input, raw } = overlay;
  if (!raw || !Buffer.isBuffer(input)) return overlay;
  return { ...overlay, input: await sharp(input, { raw }).withIccProfile('p3').raw({ depth: 'uchar' }).toBuffer() };
}
