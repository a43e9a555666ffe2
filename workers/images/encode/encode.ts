import sharp, { type Sharp } from 'sharp';
import { type Encoding, setFormat } from '../formats/formats.ts';
import type { ImageFormat } from '../formats/header.ts';
import type { Rendition } from '../job.ts';
import type { Size } from '../pipeline/geometry.ts';
import { type Pixels, toPixels } from '../pipeline/pixels.ts';
import type { DecodeOptions, Source } from '../pipeline/source.ts';
import { fitBytes } from './fit.ts';
import { DEFAULT_QUALITY } from './quality.ts';
import { rankEncodings } from './smallest.ts';

/** An encoded rendition. Of an animation, `height` is one frame's. `quality` is 1-100, null where every pixel is kept. */
export interface Rendered extends Size {
  content: Buffer;
  format: ImageFormat;
  quality: number | null;
  /** How alike it is to the picture before encoding, 0 to 1; absent where that was not measured. */
  similarity?: number;
  /** To how many colours it was reduced, 2-256; absent where it was not. */
  colours?: number;
  /** What was encoded, where that was in hand and is no animation. */
  pixels?: Pixels;
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
  /** Bounds of the run; its signal ends a search between two of its steps. */
  bounds: DecodeOptions & { signal: AbortSignal };
}

/** One way to write a picture, and how alike that was found to be. */
export interface Choice {
  encoding: Encoding;
  similarity?: number;
}

/** A picture of no more pixels, 8 MB, goes to the encoder by way of them: that costs nothing, and they serve again. */
const IN_HAND_PIXELS = 2_000_000;

/** Writes the picture in one way; may be called any number of times. */
export type Write = (choice: Choice) => Promise<Rendered>;

/** The format in which a picture is drawn: as asked, else as the source. For `auto` it is one that can hold anything. */
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
 * replaced by its pixels alone. Who asks for a small file (`quality` or `format` auto, `maxBytes`) gets slower, denser
 * encoding. Throws size_unmet when `maxBytes` can't be met.
 */
export async function encodePicture(picture: Sharp, facts: PictureFacts, rendition: Rendition): Promise<Rendered> {
  const { format, quality, maxBytes, metadata } = rendition;
  const { size, animation, bounds } = facts;
  const isMeasured = format === 'auto' || quality === 'auto';
  const encoding = encodingOf(facts, rendition, isMeasured || maxBytes !== undefined);
  const isSmall = size.width * size.height <= IN_HAND_PIXELS && !animation;
  if (!encoding.dense && !(isSmall && metadata === 'none')) return write(picture, { encoding }, size);

  // A clone copies the file that the picture is read from: one is made only where it is read again.
  const pixels = await toPixels(metadata === 'none' ? picture : picture.clone());
  const open = opener(picture, pixels, rendition, facts);
  const writeChoice: Write = async (choice) => {
    bounds.signal.throwIfAborted();
    return write(open(), choice, size);
  };
  const choices = isMeasured ? await rankEncodings(pixels, encoding, rendition, facts) : [{ encoding }];
  const rendered = await (maxBytes === undefined
    ? writeChoice(choices[0] ?? { encoding })
    : fitBytes(choices, rendition.name, maxBytes, writeChoice));
  return isSmall ? { ...rendered, pixels } : rendered;
}

function encodingOf({ format, animation }: PictureFacts, rendition: Rendition, dense: boolean): Encoding {
  const { lossless, progressive, quality: asked } = rendition;
  const byDefault = DEFAULT_QUALITY[format];
  const quality = lossless || byDefault === undefined ? null : typeof asked === 'number' ? asked : byDefault;
  return { format, quality, progressive, dense, animation };
}

/** Opens the picture again and again: from its pixels, or, to keep its metadata, by drawing it anew. */
function opener(picture: Sharp, pixels: Pixels, { metadata }: Rendition, facts: PictureFacts): () => Sharp {
  if (metadata !== 'none') return () => picture.clone();
  const { width, height, channels, data } = pixels;
  const raw = { width, height, channels, ...(facts.animation ? { pageHeight: facts.size.height } : {}) };
  const { maxPixels, secondsLeft } = facts.bounds;
  const space = channels < 3 ? 'b-w' : 'srgb';
  return () =>
    sharp(data, { raw, limitInputPixels: maxPixels }).timeout({ seconds: secondsLeft() }).toColourspace(space);
}

async function write(picture: Sharp, { encoding, similarity }: Choice, size: Size): Promise<Rendered> {
  const { format, quality, colours } = encoding;
  const { data, info } = await setFormat(picture, encoding, size.width * size.height).toBuffer({
    resolveWithObject: true,
  });
  return {
    content: data,
    format,
    width: info.width,
    height: info.pageHeight ?? info.height,
    quality,
    ...(similarity === undefined ? {} : { similarity }),
    ...(colours === undefined ? {} : { colours }),
  };
}
