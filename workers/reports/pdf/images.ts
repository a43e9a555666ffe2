import { inflateSync } from 'node:zlib';
import { sayNamed } from '../../../src/jobs/files/job-file.ts';
import type { ImageBlock } from '../input/image.ts';
import type { Block } from '../model.ts';
import { openConversion } from './convert-picture.ts';
import { imageSourceOf, internalsOf, type PdfImage } from './pdfkit-internals.ts';

/** A picture that the document has taken in. `width` and `height` are its pixels. */
export interface OpenedImage {
  width: number;
  height: number;
  /** What pdfkit draws it from. */
  handle: PDFKit.Mixins.ImageSrc;
}

/** Thrown for a picture that can't be shown; the message is a public sentence. */
export class UnusableImage extends Error {}

const MAX_PIXELS = 25_000_000;
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

/** What a block's picture is made from; those that lie elsewhere were fetched before. */
function contentOf({ source }: ImageBlock, name: string): string {
  if ('content' in source) return source.content;
  throw new Error(`${name} was not fetched from ${sayNamed(source)}`);
}

function checkSize(name: string, { width, height }: { width: number; height: number }): void {
  if (width * height <= MAX_PIXELS) return;
  throw new UnusableImage(`${name} has ${width} x ${height} pixels: scale it down to at most 25 megapixels.`);
}

/** The bytes of a PNG or JPEG of base64, or of a data URL; what is neither is made one. */
async function readPicture(content: string, name: string): Promise<Buffer> {
  const bytes = Buffer.from(content.slice(content.indexOf(',') + 1), 'base64');
  const conversion = await openConversion(bytes, MAX_PIXELS);
  if (!conversion) return bytes;
  checkSize(name, conversion);
  return conversion.convert();
}

async function openImage(
  doc: PDFKit.PDFDocument,
  content: string,
  name: string,
  isArchived: boolean,
): Promise<OpenedImage> {
  try {
    const image = internalsOf(doc).openImage(await readPicture(content, name));
    const { width, height, orientation = 1 } = image;
    if (!(width > 0 && height > 0)) throw new Error('no size');
    checkSize(name, image);
    if (isArchived && image.colorSpace === 'DeviceCMYK') {
      throw new UnusableImage(
        `${name} has the colours of a press (CMYK), which this PDF/A can't hold: send it in RGB.`,
      );
    }
    checkPixels(name, image);
    image.embed(doc);
    // Unpacked one after the other: so their order in the file is the same each time.
    while (image.image) await new Promise((resolve) => setImmediate(resolve));
    const [shownWidth, shownHeight] = orientation > 4 ? [height, width] : [width, height];
    return { width: shownWidth, height: shownHeight, handle: imageSourceOf(image) };
  } catch (cause) {
    if (cause instanceof UnusableImage) throw cause;
    throw new UnusableImage(`${name} can't be read as PNG, JPEG, WebP or GIF: it seems damaged or cut off.`, { cause });
  }
}

/** The pictures of a document. */
export interface OpenedImages {
  /** By the block that shows them. */
  images: Map<Block, OpenedImage>;
  /** All of them, by what they are made of. */
  pictures: ReadonlyMap<string, OpenedImage>;
}

/** Opens the pictures that stand in the cells of a table. */
async function openPictures(
  { columns = [] }: Extract<Block, { type: 'table' }>,
  pointer: string,
  open: (content: string, name: string) => Promise<OpenedImage>,
): Promise<void> {
  for (const [index, { pictures = {} }] of columns.entries()) {
    for (const [text, content] of Object.entries(pictures)) {
      await open(content, `The picture "${text.slice(0, 40)}" at ${pointer}/columns/${index}`);
    }
  }
}

/**
 * Takes all pictures of a report into the document, by the block that shows them. Throws UnusableImage, which names
 * the block as the request counts it: the masthead is not of its making. `isArchived`: the document is to be PDF/A.
 */
export async function openImages(doc: PDFKit.PDFDocument, blocks: Block[], isArchived: boolean): Promise<OpenedImages> {
  const images = new Map<Block, OpenedImage>();
  const opened = new Map<string, OpenedImage>();
  /** Each picture is in the file once, however often it is shown. */
  const open = async (content: string, name: string): Promise<OpenedImage> => {
    const image = opened.get(content) ?? (await openImage(doc, content, name, isArchived));
    opened.set(content, image);
    return image;
  };
  const visit = async (list: Block[], pointer: string): Promise<void> => {
    for (const [index, block] of list.entries()) {
      const name = `The image at ${pointer}/${index}`;
      if (block.type === 'image') images.set(block, await open(contentOf(block, name), name));
      if (block.type === 'table') await openPictures(block, `${pointer}/${index}`, open);
      if (block.type !== 'columns') continue;
      for (const [column, inner] of block.columns.entries())
        await visit(inner, `${pointer}/${index}/columns/${column}`);
    }
  };
  const own: Block['type'][] = ['masthead', 'brandHead'];
  for (const block of blocks) {
    if (block.type !== 'brandHead' || !block.logo) continue;
    const name = 'The logo of the brand';
    images.set(block.logo, await open(contentOf(block.logo, name), name));
  }
  const given = blocks.filter(({ type }) => !own.includes(type));
  await visit(given, '/data/blocks');
  return { images, pictures: opened };
}
