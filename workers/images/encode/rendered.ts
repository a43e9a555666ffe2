import type { ImageFormat } from '../formats/image-format.ts';
import type { Pixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import type { DecodeOptions, Source } from '../picture/source.ts';
import type { Encoding } from './encoding.ts';

/**
 * An encoded rendition. Of an animation, `height` is one frame's. `quality` is 1-100, null where every pixel is kept.
 */
export interface Rendered extends Size {
  content: Buffer;
  format: ImageFormat;
  quality: number | null;
  /** How alike it is to the picture before encoding, 0 to 1; absent where that was not measured. */
  similarity?: number;
  /** To how many colours it was reduced, 2-256; absent where it was not. */
  colours?: number;
  /** Set where it has its source's gain map. */
  keepsGainMap?: true;
  /** Set where the pixels are the source's own, as they were encoded: encoding them anew would have taken more bytes. */
  kept?: true;
  /** The raw pixels that were encoded, where they were in memory anyway and are no animation's. */
  pixels?: Pixels;
}

/** What the encoder needs to know of a picture beside its pixels. */
export interface PictureFacts {
  source: Source;
  /** What `chooseFormat` returned; a picture for a format without transparency has none any more. */
  format: ImageFormat;
  /** About the size of one frame, in pixels. */
  size: Size;
  /** Milliseconds of each frame, and how often it plays (0 = for ever); absent when one frame is written. */
  animation?: { delay: number[]; loop: number } | undefined;
  /** Whether it is written in all ways that keep every pixel, to take the smallest. */
  isDensest?: boolean | undefined;
  /** Bounds of the run; its signal ends a search between two of its steps. */
  bounds: DecodeOptions & { signal: AbortSignal };
}

/** One way to write a picture, and how alike that was found to be. */
export interface EncodingChoice {
  encoding: Encoding;
  similarity?: number;
}

/** Writes the picture in one way; may be called any number of times. */
export type WriteEncoding = (choice: EncodingChoice) => Promise<Rendered>;
