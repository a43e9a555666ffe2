import { inflateSync } from 'node:zlib';
import type { Size } from '../../layout/picture-size.ts';
import { imageSourceOf, internalsOf, type PdfImage } from '../pdfkit-internals.ts';

/** A picture that the document has taken in. `width` and `height` are its pixels, of a drawing those of CSS. */
export interface OpenedImage extends Size {
  /** What pdfkit draws it from. */
  handle: PDFKit.Mixins.ImageSrc;
}

/** Thrown for a picture that can't be shown; the message is a public sentence. */
export class UnusableImage extends Error {}

/** The document that pictures are put into, and whether it is to be PDF/A. */
export interface PictureTarget {
  doc: PDFKit.PDFDocument;
  isArchived: boolean;
}

/** Most pixels of one picture. */
export const MAX_PIXELS = 25_000_000;
/**
 * What a PNG may unpack to: four bytes a pixel of the largest. Several copies of it are made, all of them outside of the
 * heap that has a limit; of an interlaced one more, so that it may unpack to half.
 */
const MAX_UNPACKED_BYTES = 4 * MAX_PIXELS;

/** Refuses a PNG that would take too much memory, before it is unpacked. */
function checkUnpacked(name: string, { width, height, image }: PdfImage, bytes: number): void {
  if (bytes * (image?.interlaceMethod ? 2 : 1) <= MAX_UNPACKED_BYTES) return;
  const limit = MAX_UNPACKED_BYTES / (image?.interlaceMethod ? 2 : 1) / 1e6;
  const kind = `${image?.interlaceMethod ? 'an interlaced' : 'a'} PNG of ${image?.bits} bits`;
  throw new UnusableImage(
    `${name} is ${kind} with ${width} x ${height} pixels, which unpack to more than ${limit} MB: ` +
      'scale it down, or send it with 8 bits and not interlaced.',
  );
}

/** Refuses a PNG whose pixels don't unpack: pdfkit would notice later, in a callback whose error can't be caught. */
function checkPixels(name: string, picture: PdfImage): void {
  const { image, width, height } = picture;
  if (!image) return;
  const bytes = Math.ceil((width * image.pixelBitlength) / 8) * height;
  checkUnpacked(name, picture, bytes);
  // Interlaced rows have a filter byte each, seven passes of them; 16 bytes a row are more than enough.
  const pixels = inflateSync(image.imgData, { maxOutputLength: 2 * bytes + 16 * height + 1024 });
  if (pixels.length < bytes) throw new Error('the pixels end too early');
}

/** Throws UnusableImage for a picture of too many pixels. */
export function checkSize(name: string, { width, height }: Size): void {
  if (width * height <= MAX_PIXELS) return;
  throw new UnusableImage(`${name} has ${width} x ${height} pixels: scale it down to at most 25 megapixels.`);
}

/** Puts a PNG or JPEG into the file. Throws UnusableImage, or what pdfkit throws for a damaged one. */
export async function embedImage(
  bytes: Buffer,
  name: string,
  { doc, isArchived }: PictureTarget,
): Promise<OpenedImage> {
  const image = internalsOf(doc).openImage(bytes);
  const { width, height, orientation = 1 } = image;
  if (!(width > 0 && height > 0)) throw new Error('no size');
  checkSize(name, image);
  if (isArchived && image.colorSpace === 'DeviceCMYK') {
    throw new UnusableImage(`${name} has the colours of a press (CMYK), which this PDF/A can't hold: send it in RGB.`);
  }
  checkPixels(name, image);
  image.embed(doc);
  // Unpacked one after the other: so their order in the file is the same each time.
  while (image.image) await new Promise((resolve) => setImmediate(resolve));
  const shown = orientation > 4 ? { width: height, height: width } : { width, height };
  return { ...shown, handle: imageSourceOf(image) };
}
