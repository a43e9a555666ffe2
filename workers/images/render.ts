import type { Sharp } from 'sharp';
import { AppError } from '../../src/errors.ts';
import { focalRegion, scaledSize, workingSize } from './geometry.ts';
import { group, type ImageFormat } from './header.ts';
import type { Rendition } from './job.ts';
import type { Source } from './source.ts';

/** Qualities that look alike on the formats' own scales; formats not listed keep every pixel. */
const DEFAULT_QUALITY: Partial<Record<ImageFormat, number>> = { jpeg: 80, webp: 80, avif: 50 };
/** AVIF's time grows steeply with effort; above this size the cheaper one keeps an image within seconds. */
const LARGE_PIXELS = 2_000_000;
const NO_ALPHA: readonly ImageFormat[] = ['jpeg'];

/** An encoded rendition. `quality` is 1-100, null where every pixel is kept. */
export interface Rendered {
  content: Buffer;
  format: ImageFormat;
  width: number;
  height: number;
  quality: number | null;
}

/** The format of a rendition: as asked, else as the source. `auto` is WebP: small, and shown by every browser. */
export function chooseFormat(asked: Rendition['format'], source: Pick<Source, 'format'>): ImageFormat {
  return asked === 'auto' ? 'webp' : (asked ?? source.format);
}

/** Makes one rendition on a fresh pipeline. Throws payload_too_large when it would have too many pixels. */
export async function renderRendition(
  pipeline: Sharp,
  source: Source,
  rendition: Rendition,
  maxPixels: number,
): Promise<Rendered> {
  assertWorkingSize(source, rendition, maxPixels);
  const format = chooseFormat(rendition.format, source);
  const quality = rendition.lossless ? null : qualityOf(format, rendition.quality);
  const picture = applyEffects(resize(turn(pipeline, rendition), source, rendition, format), rendition);
  const encoded = encode(picture, format, rendition, quality, scaledSize(source, rendition));
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  return { content: data, format, width: info.width, height: info.height, quality };
}

function assertWorkingSize(source: Source, rendition: Rendition, maxPixels: number): void {
  const { width, height } = workingSize(source, rendition);
  if (width * height <= maxPixels) return;
  const figures = `${group(width)} x ${group(height)} = ${group(width * height)} pixels`;
  const message = `Rendition "${rendition.name}" needs ${figures}; at most ${group(maxPixels)} are made. Ask for a smaller width or height.`;
  throw new AppError('payload_too_large', message);
}

const qualityOf = (format: ImageFormat, asked: number | undefined) => {
  const byDefault = DEFAULT_QUALITY[format];
  return byDefault === undefined ? null : (asked ?? byDefault);
};

/**
 * Mirrors, then rotates, all before resizing: `width` and `position` mean the picture that comes out. sharp would
 * mirror after the cut where there is no rotation, so a flop alone is made of its like, a flip and half a turn.
 */
function turn(pipeline: Sharp, { rotate, flip, flop }: Rendition): Sharp {
  if (rotate === 0 && flip !== flop) return pipeline.rotate(180).flip(flop).flop(flip);
  if (flip && flop) return pipeline.rotate(rotate + 180);
  return pipeline.rotate(rotate).flip(flip).flop(flop);
}

function resize(pipeline: Sharp, source: Source, rendition: Rendition, format: ImageFormat): Sharp {
  const { width, height, fit, position, enlarge } = rendition;
  const flattens = NO_ALPHA.includes(format);
  const background = flattens ? opaque(rendition.background) : (rendition.background ?? 'transparent');
  const picture = flattens ? pipeline.flatten({ background }) : pipeline;
  if (width === undefined && height === undefined) return picture;
  if (width === undefined || height === undefined) {
    return picture.resize({ width, height, fit: 'inside', withoutEnlargement: !enlarge });
  }
  if (typeof position === 'object' && fit === 'cover') {
    const scaled = scaledSize(source, rendition);
    return picture.resize({ ...scaled, fit: 'fill' }).extract(focalRegion(scaled, { width, height }, position));
  }
  const place = typeof position === 'object' ? 'centre' : position;
  return picture.resize({ width, height, fit, position: place, background, withoutEnlargement: !enlarge });
}

/** The colour for a format without transparency: white unless asked otherwise, its own transparency left off. */
function opaque(background: string | undefined): string {
  if (background === undefined || background === 'transparent') return '#ffffff';
  return background.replace(/^(#[0-9a-f]{3})[0-9a-f]$/i, '$1').replace(/^(#[0-9a-f]{6})[0-9a-f]{2}$/i, '$1');
}

function applyEffects(pipeline: Sharp, { grayscale, blur, sharpen }: Rendition): Sharp {
  let picture = pipeline.grayscale(grayscale);
  if (blur !== undefined) picture = picture.blur(blur);
  if (sharpen !== undefined) picture = picture.sharpen({ sigma: sharpen });
  return picture;
}

function encode(
  pipeline: Sharp,
  format: ImageFormat,
  { lossless, progressive }: Rendition,
  quality: number | null,
  size: { width: number; height: number },
): Sharp {
  const lossy = quality === null ? {} : { quality };
  switch (format) {
    case 'jpeg':
      return pipeline.jpeg({ ...lossy, progressive });
    case 'png':
      return pipeline.png({ progressive });
    case 'webp':
      return pipeline.webp({ ...lossy, lossless });
    case 'avif':
      return pipeline.avif({ ...lossy, lossless, effort: size.width * size.height > LARGE_PIXELS ? 1 : 3 });
    case 'gif':
      // Effort 7, sharp's default, takes six times as long for 3 % fewer bytes.
      return pipeline.gif({ progressive, effort: 3 });
    case 'tiff':
      return pipeline.tiff({ compression: 'lzw', predictor: 'horizontal' });
  }
}
