import type { Sharp } from 'sharp';
import type { Size } from './geometry.ts';
import type { ImageFormat } from './header.ts';
import type { Rendition } from './job.ts';
import type { Source } from './source.ts';

/** Qualities that look alike on the formats' own scales; formats not listed keep every pixel. */
const DEFAULT_QUALITY: Partial<Record<ImageFormat, number>> = { jpeg: 80, webp: 80, avif: 50 };
/** AVIF's time grows steeply with effort; above this size the cheaper one keeps an image within seconds. */
const LARGE_PIXELS = 2_000_000;

/** An encoded rendition. Of an animation, `height` is one frame's. `quality` is 1-100, null where every pixel is kept. */
export interface Rendered extends Size {
  content: Buffer;
  format: ImageFormat;
  quality: number | null;
}

/** What the encoder is told of a picture beside its pixels. */
export interface PictureFacts {
  source: Source;
  /** What `chooseFormat` answered; a picture for a format without transparency has none any more. */
  format: ImageFormat;
  /** About the size of one frame, in pixels. */
  size: Size;
  /** Milliseconds of each frame, and how often it plays (0 = for ever); absent when one frame is written. */
  animation?: { delay: number[]; loop: number } | undefined;
}

/** The format of a rendition: as asked, else as the source. `auto` is WebP: small, and shown by every browser. */
export function chooseFormat(
  { format }: Pick<Rendition, 'format'>,
  source: Pick<Source, 'format' | 'hasAlpha'>,
): ImageFormat {
  if (format === 'auto') return 'webp';
  if (format) return format;
  return source.format !== 'heic' ? source.format : source.hasAlpha ? 'png' : 'jpeg';
}

/**
 * Encodes a picture: a pipeline on which every operation on pixels and metadata is set, so it may be cloned but not
 * replaced by its pixels alone.
 */
export async function encodePicture(picture: Sharp, facts: PictureFacts, rendition: Rendition): Promise<Rendered> {
  const { format } = facts;
  const quality = rendition.lossless ? null : qualityOf(format, rendition.quality);
  const encoded = setFormat(picture.clone(), facts, rendition, quality);
  const { data, info } = await encoded.toBuffer({ resolveWithObject: true });
  return { content: data, format, width: info.width, height: info.pageHeight ?? info.height, quality };
}

const qualityOf = (format: ImageFormat, asked: Rendition['quality']) => {
  const byDefault = DEFAULT_QUALITY[format];
  return byDefault === undefined ? null : typeof asked === 'number' ? asked : byDefault;
};

function setFormat(
  picture: Sharp,
  { format, size, animation }: PictureFacts,
  { lossless, progressive }: Rendition,
  quality: number | null,
): Sharp {
  const lossy = quality === null ? {} : { quality };
  switch (format) {
    case 'jpeg':
      return picture.jpeg({ ...lossy, progressive });
    case 'png':
      return picture.png({ progressive });
    case 'webp':
      return picture.webp({ ...lossy, ...animation, lossless });
    case 'avif':
      return picture.avif({ ...lossy, lossless, effort: size.width * size.height > LARGE_PIXELS ? 1 : 3 });
    case 'gif':
      // Effort 7, sharp's default, takes six times as long for 3 % fewer bytes.
      return picture.gif({ ...animation, progressive, effort: 3 });
    case 'tiff':
      return picture.tiff({ compression: 'lzw', predictor: 'horizontal' });
  }
}
