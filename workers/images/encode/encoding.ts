import type { Sharp } from 'sharp';
import type { ImageFormat } from '../formats/image-format.ts';

/** AVIF's time grows steeply with effort; above this size the cheaper one keeps an image within seconds. */
export const LARGE_AVIF_PIXELS = 1_000_000;
/** A smaller JPEG is encoded by mozjpeg, which is worth its time there. */
export const DENSE_JPEG_PIXELS = 1_000_000;
/** A larger picture is not tried as AVIF by `format: auto`: it takes 33 bytes of memory a pixel. */
export const LARGEST_AUTO_AVIF_PIXELS = 12_500_000;
/** From this quality on colours keep their full resolution: such a picture will be looked at closely. */
export const FULL_COLOUR_QUALITY = 90;
/** The longest side that a format can hold, in pixels. */
export const LONGEST_SIDE: Partial<Record<ImageFormat, number>> = { webp: 16_383, avif: 16_384 };

/** How a picture is to be written. */
export interface Encoding {
  format: ImageFormat;
  /** 1-100; null where every pixel is kept. */
  quality: number | null;
  progressive: boolean;
  /** Takes more time for fewer bytes: for callers who asked for a small file, not for a fast one. */
  dense: boolean;
  /** Colours keep their full resolution, where the format can do that; absent: from a high quality on. */
  fullColour?: boolean | undefined;
  /** Of a GIF: at most so many colours, a power of two up to 256; absent: as many as the format holds. */
  colours?: number | undefined;
  /** Of a GIF: colours that it lacks are made up of dots; default true. */
  dithered?: boolean | undefined;
  /** Of a PNG: how near the colours of its palette come to the picture's, 1-100; absent: it has those of the picture. */
  paletteQuality?: number | undefined;
  /** Of a PNG: so many colours are all that it has, 2-256, and a palette holds them; absent: no palette. */
  palette?: number | undefined;
  /** Of a PNG or TIFF: rows are stored as differences from their neighbours, which suits photographs; default true. */
  filtered?: boolean | undefined;
  /** Of a PNG: takes twice the time for some hundredths fewer bytes. */
  densest?: boolean | undefined;
  /** Of a TIFF of black and white alone: as faxes have it, a bit a pixel. */
  fax?: boolean | undefined;
  /** Milliseconds of each frame, and how often it plays (0 = for ever); absent when one frame is written. */
  animation?: { delay: number[]; loop: number } | undefined;
}

/** Sets how a pipeline is encoded. `pixels` is the picture's size, by which AVIF's effort is chosen. */
export function setFormat(picture: Sharp, encoding: Encoding, pixels: number): Sharp {
  const { format, quality, progressive, dense, animation, filtered = true } = encoding;
  const lossless = quality === null;
  const lossy = lossless ? {} : { quality };
  const fullColour = lossless || quality >= FULL_COLOUR_QUALITY || encoding.fullColour === true;
  const chromaSubsampling = fullColour ? '4:4:4' : '4:2:0';
  switch (format) {
    case 'jpeg':
      // mozjpeg's trellis takes four times as long for 15 to 30 % fewer bytes: 70 ms more for a small picture.
      return picture.jpeg({ ...lossy, progressive, chromaSubsampling, mozjpeg: dense || pixels < DENSE_JPEG_PIXELS });
    case 'png':
      if (encoding.paletteQuality !== undefined) {
        return picture.png({ progressive, palette: true, quality: encoding.paletteQuality, effort: 4 });
      }
      if (encoding.palette !== undefined) {
        return picture.png({ progressive, palette: true, colours: encoding.palette, dither: 0, effort: 4 });
      }
      return picture.png({ progressive, adaptiveFiltering: filtered, compressionLevel: encoding.densest ? 9 : 6 });
    case 'webp':
      // Effort 2 takes half the time of 4, sharp's default, for 4 % more bytes; lossless, 1 takes half of that for 2 %.
      // It halves the resolution of colours always; `smartSubsample` keeps their edges sharper.
      return picture.webp({
        ...lossy,
        ...animation,
        lossless,
        smartSubsample: !lossless && encoding.fullColour === true,
        effort: dense ? 4 : lossless ? 1 : 2,
      });
    case 'avif':
      // Effort 4, sharp's default, takes five times as long as 3 for 5 to 10 % fewer bytes; 3 takes 2.5 times as long as 1
      // for 2 to 10 %.
      return picture.avif({ ...lossy, lossless, chromaSubsampling, effort: pixels > LARGE_AVIF_PIXELS ? 1 : 3 });
    case 'gif':
      return setGif(picture, encoding);
    case 'tiff':
      if (encoding.fax) {
        return picture.tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite: true, predictor: 'none' });
      }
      return picture.tiff({ compression: dense ? 'deflate' : 'lzw', predictor: filtered ? 'horizontal' : 'none' });
  }
}

function setGif(picture: Sharp, { progressive, animation, colours, dithered = true }: Encoding): Sharp {
  // Effort 7, sharp's default, takes six times as long for 3 % fewer bytes. The source's own palette has all its colours.
  const fewer = colours === undefined ? {} : { colours, reuse: false, dither: dithered ? 1 : 0 };
  const encoded = picture.gif({ ...animation, progressive, effort: 3, ...fewer });
  // sharp makes 16 or 256 colours of any number between; libvips takes each power of two.
  if (colours !== undefined) Object.assign(optionsOf(encoded), { gifBitdepth: Math.ceil(Math.log2(colours)) });
  return encoded;
}

const optionsOf = (picture: Sharp): object => (picture as Sharp & { options: object }).options;
