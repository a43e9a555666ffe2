import sharp, { type Sharp } from 'sharp';
import { holdsPixelsAlone, isSearched } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { type Pixels, toPixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import { listDensest, mayBeFax } from './densest.ts';
import { type Encoding, setFormat } from './encoding.ts';
import { fitBytes } from './fit-bytes.ts';
import { countPalette, findPalette } from './palette.ts';
import { DEFAULT_QUALITY } from './quality.ts';
import { rankEncodings } from './rank-encodings.ts';
import type { EncodingChoice, PictureFacts, Rendered, WriteEncoding } from './rendered.ts';

/**
 * Up to so many pixels, 8 MB, a picture is encoded from raw pixels: that costs nothing, and the preview reads them too.
 */
const MATERIALISED_PIXELS = 2_000_000;

/**
 * Encodes a picture: a pipeline on which every operation on pixels and metadata is set, so it may be cloned but not
 * replaced by its pixels alone. A small file (`quality` or `format` auto, `maxBytes`) is encoded more slowly and
 * densely. Throws size_unmet when `maxBytes` can't be met.
 */
export async function encodePicture(picture: Sharp, facts: PictureFacts, rendition: Rendition): Promise<Rendered> {
  const { format, quality, maxBytes } = rendition;
  const { size, animation, bounds } = facts;
  const isMeasured = format === 'auto' || quality === 'auto';
  const encoding = encodingOf(facts, rendition, isSearched(rendition));
  const isSmall = size.width * size.height <= MATERIALISED_PIXELS && !animation;
  if (facts.isDensest) return writeDensest(picture, encoding, rendition, facts);
  if (!encoding.dense && !(isSmall && holdsPixelsAlone(rendition))) return write(picture, { encoding }, size);

  // A clone copies the file that the picture is read from: only where the file is read again is it worth one.
  const pixels = await toPixels(holdsPixelsAlone(rendition) ? picture : picture.clone());
  const open = createOpener(picture, pixels, rendition, facts);
  const writeChoice: WriteEncoding = async (choice) => {
    bounds.signal.throwIfAborted();
    return write(open(), choice, size);
  };
  const palette = encoding.format === 'png' ? await findPalette(pixels, bounds) : undefined;
  const exact = { ...encoding, palette };
  const choices = isMeasured ? await rankEncodings(pixels, exact, rendition, facts) : [{ encoding: exact }];
  const rendered = await (maxBytes === undefined
    ? writeSmaller(choices[0] ?? { encoding: exact }, writeChoice)
    : fitBytes(choices, rendition.name, maxBytes, writeChoice));
  return isSmall ? { ...rendered, pixels } : rendered;
}

/** Writes a picture in each of the ways that keep all of its pixels, and returns the smallest. */
async function writeDensest(
  picture: Sharp,
  encoding: Encoding,
  rendition: Rendition,
  facts: PictureFacts,
): Promise<Rendered> {
  const { source, size, bounds, animation } = facts;
  const isSmall = size.width * size.height <= MATERIALISED_PIXELS && !animation;
  // Otherwise raw pixels would be memory that nobody has reckoned with.
  const pixels = isSmall || mayBeFax(source) ? await toPixels(picture.clone()) : undefined;
  const isPlainPng = encoding.format === 'png' && holdsPixelsAlone(rendition);
  const palette = isPlainPng && pixels ? await findPalette(pixels, bounds) : undefined;
  const known = isPlainPng || encoding.format === 'tiff' ? pixels : undefined;
  let smallest: Rendered | undefined;
  for (const { encoding: way, grey } of listDensest({ ...encoding, palette }, known)) {
    bounds.signal.throwIfAborted();
    const open = grey ? createOpener(picture, grey, rendition, facts) : () => picture.clone();
    const made = await write(open(), { encoding: way }, size);
    if (made.content.length < (smallest?.content.length ?? Infinity)) smallest = made;
  }
  return smallest as Rendered;
}

/** Writes a picture in one way; where a palette holds its colours, also without one: of greys, filtered rows may be smaller. */
async function writeSmaller(choice: EncodingChoice, write: WriteEncoding): Promise<Rendered> {
  const made = await write(choice);
  if (choice.encoding.palette === undefined) return made;
  const other = await write({ ...choice, encoding: { ...choice.encoding, palette: undefined } });
  return other.content.length < made.content.length ? other : made;
}

function encodingOf({ format, animation }: PictureFacts, rendition: Rendition, dense: boolean): Encoding {
  const { lossless, progressive, quality: asked } = rendition;
  const byDefault = DEFAULT_QUALITY[format];
  const quality = lossless || byDefault === undefined ? null : typeof asked === 'number' ? asked : byDefault;
  return { format, quality, progressive, dense, animation };
}

/** Makes a function that opens the picture anew: from its raw pixels, or, to keep its metadata, by drawing it again. */
function createOpener(picture: Sharp, pixels: Pixels, rendition: Rendition, facts: PictureFacts): () => Sharp {
  if (!holdsPixelsAlone(rendition)) return () => picture.clone();
  const { width, height, channels, data } = pixels;
  const raw = { width, height, channels, ...(facts.animation ? { pageHeight: facts.size.height } : {}) };
  const { maxPixels, secondsLeft } = facts.bounds;
  const space = channels < 3 ? 'b-w' : 'srgb';
  return () =>
    sharp(data, { raw, limitInputPixels: maxPixels }).timeout({ seconds: secondsLeft() }).toColourspace(space);
}

async function write(picture: Sharp, { encoding, similarity }: EncodingChoice, size: Size): Promise<Rendered> {
  const { format, quality } = encoding;
  const { data, info } = await setFormat(picture, encoding, size.width * size.height).toBuffer({
    resolveWithObject: true,
  });
  const colours = countReduced(data, encoding);
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

/** Returns to how many colours a picture was reduced; undefined where it was not. */
function countReduced(content: Buffer, { paletteQuality, palette = Infinity, colours }: Encoding): number | undefined {
  if (paletteQuality === undefined) return colours;
  const written = countPalette(content);
  return written < palette ? written : undefined;
}
