import { AppError } from '../../../src/errors.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import { type Rendition, type RenditionOptions, ratioOf } from '../input/rendition.ts';
import type { Region, Size } from '../picture/size.ts';

type Wanted = Pick<Rendition, 'width' | 'height' | 'fit' | 'enlarge' | 'rotate'> &
  Pick<RenditionOptions, 'aspectRatio'>;

const turnedSize = (source: Size, rotate: number): Size =>
  rotate % 180 === 0 ? source : { width: source.height, height: source.width };

/**
 * Returns the same rendition with both sides in pixels in the place of its proportions. Without `enlarge` they are no larger
 * than their source, so that the proportions stay; `contain` pads instead.
 */
export function atRatio<Asked extends Wanted>(source: Size, asked: Asked): Asked {
  if (asked.aspectRatio === undefined) return asked;
  const from = turnedSize(source, asked.rotate);
  const box = boxOf(from, ratioOf(asked.aspectRatio), asked);
  const isBounded = !asked.enlarge && asked.fit !== 'contain';
  const share = isBounded ? Math.min(1, from.width / box.width, from.height / box.height) : 1;
  const rounded = (side: number) => Math.max(1, Math.round(side * share));
  return { ...asked, aspectRatio: undefined, width: rounded(box.width), height: rounded(box.height) };
}

/** A box of such proportions, by the one side that is asked for; else the largest in its source, or what holds all of it. */
function boxOf(from: Size, ratio: number, { width, height, fit }: Wanted): Size {
  if (width !== undefined) return { width, height: width / ratio };
  if (height !== undefined) return { width: height * ratio, height };
  const isByHeight = from.width / from.height > ratio === (fit !== 'contain');
  return isByHeight
    ? { width: from.height * ratio, height: from.height }
    : { width: from.width, height: from.width / ratio };
}

/**
 * Returns by how much a rendition scales its source across and down (its own rotation done): all of the picture, before
 * `cover` cuts from it or `contain` pads it. One side alone keeps the proportions, whatever the fit.
 */
export function scalesOf(source: Size, wanted: Wanted): [across: number, down: number] {
  const { width, height, fit, enlarge, rotate } = atRatio(source, wanted);
  const from = turnedSize(source, rotate);
  let x = width === undefined ? undefined : width / from.width;
  let y = height === undefined ? undefined : height / from.height;
  x ??= y ?? 1;
  y ??= x;
  if (fit !== 'fill') x = y = fit === 'cover' || fit === 'outside' ? Math.max(x, y) : Math.min(x, y);
  return enlarge ? [x, y] : [Math.min(1, x), Math.min(1, y)];
}

/** Returns the size to which a rendition scales its source, as `scalesOf` says. */
export function scaledSize(source: Size, wanted: Wanted): Size {
  const [x, y] = scalesOf(source, wanted);
  const from = turnedSize(source, wanted.rotate);
  return { width: Math.max(1, Math.round(from.width * x)), height: Math.max(1, Math.round(from.height * y)) };
}

/**
 * Asks in pixels for what would follow from the source's proportions, or from its size, for a source that stands in its place and
 * has slightly others, or another.
 */
export function fixSize(source: Size, asked: Rendition): Rendition {
  const rendition = atRatio(source, atDensity(asked));
  const { width, height, fit } = rendition;
  const followsFromSource = fit === 'inside' || fit === 'outside' || width === undefined || height === undefined;
  return followsFromSource ? { ...rendition, ...scaledSize(source, rendition), fit: 'fill' } : rendition;
}

/** Returns the largest size that making a rendition takes: its scaled picture, or its box where that is larger, padded. */
export function workingSize(source: Size, rendition: Wanted & Pick<RenditionOptions, 'padding'>): Size {
  const scaled = scaledSize(source, rendition);
  const { width = 0, height = 0, fit, padding = 0 } = atRatio(source, rendition);
  const boxed =
    fit === 'contain' && width && height
      ? { width: Math.max(width, scaled.width), height: Math.max(height, scaled.height) }
      : scaled;
  return { width: boxed.width + 2 * padding, height: boxed.height + 2 * padding };
}

/** Returns about the width of the file that comes out, without its padding. */
export function outputWidth(source: Size, rendition: Wanted): number {
  const { width = Infinity, height, fit } = atRatio(source, rendition);
  if (fit === 'contain' && height !== undefined && width < Infinity) return width;
  return Math.min(fit === 'cover' && height !== undefined ? width : Infinity, scaledSize(source, rendition).width);
}

/** Returns the part of a scaled picture that a box keeps, its centre as near to the focal point (0-1) as fits. */
export function focalRegion(scaled: Size, box: Size, focus: { x: number; y: number }): Region {
  const width = Math.min(box.width, scaled.width);
  const height = Math.min(box.height, scaled.height);
  const start = (length: number, part: number, share: number) =>
    Math.round(Math.min(Math.max(share * length - part / 2, 0), length - part));
  return {
    left: start(scaled.width, width, focus.x),
    top: start(scaled.height, height, focus.y),
    width,
    height,
  };
}

/** Returns the same rendition for a `dpr` of 1: every size in pixels multiplied by its own. */
export function atDensity(rendition: Rendition): Rendition {
  const { dpr, watermark, text } = rendition;
  if (dpr === 1) return rendition;
  const rounded = (pixels: number | undefined) => pixels && Math.max(1, Math.round(pixels * dpr));
  const times = (pixels: number | undefined) => pixels && pixels * dpr;
  return {
    ...rendition,
    dpr: 1,
    width: rounded(rendition.width),
    height: rounded(rendition.height),
    blur: times(rendition.blur),
    sharpen: times(rendition.sharpen),
    padding: rounded(rendition.padding),
    radius: typeof rendition.radius === 'number' ? rounded(rendition.radius) : rendition.radius,
    text: text && {
      ...text,
      margin: Math.round(text.margin * dpr),
      size: typeof text.size === 'number' ? Math.round(text.size * dpr) : text.size,
    },
    watermark: watermark && {
      ...watermark,
      margin: Math.round(watermark.margin * dpr),
      width: typeof watermark.width === 'number' ? rounded(watermark.width) : watermark.width,
    },
  };
}

/** Throws invalid_request when a rendition's crop reaches beyond its source, upright. */
export function assertCrop({ width, height }: Size, { name, crop }: Pick<Rendition, 'name' | 'crop'>): void {
  if (!crop || (crop.left + crop.width <= width && crop.top + crop.height <= height)) return;
  const end = `${formatCount(crop.left + crop.width)} x ${formatCount(crop.top + crop.height)}`;
  const size = `${formatCount(width)} x ${formatCount(height)} pixels`;
  const problem = `The crop of rendition "${name}" ends at ${end}, but the image has ${size}`;
  throw new AppError('invalid_request', `${problem}: choose a crop inside it.`);
}

/** Throws payload_too_large when a rendition takes more pixels, over all its frames, than are made. */
export function assertWorkingSize(source: Size, rendition: Rendition, maxPixels: number, frames = 1): void {
  const { width, height } = workingSize(source, rendition);
  const pixels = width * height * frames;
  if (pixels <= maxPixels) return;
  const sum = `${formatCount(width)} x ${formatCount(height)}${frames > 1 ? ` in ${formatCount(frames)} frames` : ''}`;
  const figures = `${sum} = ${formatCount(pixels)} pixels`;
  const sentence =
    `Rendition "${rendition.name}" needs ${figures}; at most ${formatCount(maxPixels)} are made. ` +
    'Ask for a smaller width or height.';
  throw new AppError('payload_too_large', sentence);
}
