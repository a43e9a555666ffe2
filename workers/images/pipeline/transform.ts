import type { Sharp } from 'sharp';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import { isOpaqueColour } from '../picture/colour.ts';
import type { Size } from '../picture/size.ts';
import { focalRegion, scaledSize } from './geometry.ts';

const NO_ALPHA: readonly ImageFormat[] = ['jpeg'];

/** Whether a format has no transparency: such a picture is drawn on its background. */
export const isOpaqueFormat = (format: ImageFormat): boolean => NO_ALPHA.includes(format);
/** The most that sharp takes. */
const MAX_SHARPEN = 10;

/** Less than that on a side can't be trimmed: there is nothing between its edges. */
const MIN_TRIM_SIDE = 3;

/** Whether a picture is large enough for `trim`. */
export const canTrim = ({ width, height }: Size): boolean => Math.min(width, height) >= MIN_TRIM_SIDE;

/**
 * Adds to a pipeline what one pipeline can do to a picture of a known size: turn it, flatten it for a format without
 * transparency, resize, then grey, blur and sharpen it.
 */
export function transformPicture(pipeline: Sharp, size: Size, rendition: Rendition, format: ImageFormat): Sharp {
  return applyEffects(resize(turn(pipeline, rendition), size, rendition, format), rendition);
}

/**
 * Whether a rendition may have transparent pixels: those of a source with alpha, a border, and rounded corners, where its
 * format can hold them.
 */
export function mayBeTransparent(source: { hasAlpha: boolean }, rendition: Rendition, format: ImageFormat): boolean {
  const { width, height, fit, background, padding, radius } = rendition;
  if (radius !== undefined) return !isOpaqueFormat(format);
  const hasBorder = padding !== undefined || (fit === 'contain' && width !== undefined && height !== undefined);
  return !isOpaqueFormat(format) && (source.hasAlpha || (hasBorder && !isOpaqueColour(background)));
}

/**
 * Mirrors, then rotates, all before resizing: `width` and `position` mean the picture that comes out. sharp would
 * mirror after the cut where there is no rotation, so a flop alone is made of its like, a flip and half a turn.
 */
function turn(pipeline: Sharp, { rotate, flip, flop }: Rendition): Sharp {
  if (rotate === 0 && flip !== flop) return pipeline.rotate(180).flip(flop).flop(flip);
  if (flip && flop) return pipeline.rotate(rotate + 180);
  return pipeline.rotate(rotate).flip(flip).flop(flop);
}

function resize(pipeline: Sharp, size: Size, rendition: Rendition, format: ImageFormat): Sharp {
  const { width, height, fit, position, enlarge } = rendition;
  const flattens = isOpaqueFormat(format);
  const background = flattens ? opaqueBackground(rendition.background) : (rendition.background ?? 'transparent');
  const picture = flattens ? pipeline.flatten({ background }) : pipeline;
  if (width === undefined && height === undefined) return picture;
  if (width === undefined || height === undefined) {
    return picture.resize({ width, height, fit: 'inside', withoutEnlargement: !enlarge });
  }
  if (typeof position === 'object' && fit === 'cover') {
    const scaled = scaledSize(size, rendition);
    return picture.resize({ ...scaled, fit: 'fill' }).extract(focalRegion(scaled, { width, height }, position));
  }
  const place = typeof position === 'object' ? 'centre' : position;
  return picture.resize({ width, height, fit, position: place, background, withoutEnlargement: !enlarge });
}

/** Returns the colour for a format without transparency: white unless asked otherwise, its alpha left off. */
export function opaqueBackground(background: string | undefined): string {
  if (background === undefined || background === 'transparent') return '#ffffff';
  return background.replace(/^(#[0-9a-f]{3})[0-9a-f]$/i, '$1').replace(/^(#[0-9a-f]{6})[0-9a-f]{2}$/i, '$1');
}

function applyEffects(pipeline: Sharp, { grayscale, blur, sharpen }: Rendition): Sharp {
  let picture = pipeline.grayscale(grayscale);
  if (blur !== undefined) picture = picture.blur(blur);
  if (sharpen !== undefined) picture = picture.sharpen({ sigma: Math.min(MAX_SHARPEN, sharpen) });
  return picture;
}
