import { AppError } from '../../../src/errors.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Region, Size } from '../picture/size.ts';

type Wanted = Pick<Rendition, 'width' | 'height' | 'fit' | 'enlarge' | 'rotate'>;

/**
 * Returns the size to which a rendition scales its source (upright, before its own rotation): all of the picture,
 * before `cover` cuts from it or `contain` pads it. One side alone keeps the proportions, whatever the fit.
 */
export function scaledSize(source: Size, { width, height, fit, enlarge, rotate }: Wanted): Size {
  const turned = rotate % 180 !== 0;
  const from = turned ? { width: source.height, height: source.width } : source;
  let x = width === undefined ? undefined : width / from.width;
  let y = height === undefined ? undefined : height / from.height;
  x ??= y ?? 1;
  y ??= x;
  if (fit !== 'fill') x = y = fit === 'cover' || fit === 'outside' ? Math.max(x, y) : Math.min(x, y);
  if (!enlarge) [x, y] = [Math.min(1, x), Math.min(1, y)];
  return { width: Math.max(1, Math.round(from.width * x)), height: Math.max(1, Math.round(from.height * y)) };
}

/** Returns the largest size that making a rendition takes: its scaled picture, or its box where that is larger. */
export function workingSize(source: Size, rendition: Wanted): Size {
  const scaled = scaledSize(source, rendition);
  const { width = 0, height = 0, fit } = rendition;
  return fit === 'contain' && width && height
    ? { width: Math.max(width, scaled.width), height: Math.max(height, scaled.height) }
    : scaled;
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
  const { dpr, watermark } = rendition;
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
