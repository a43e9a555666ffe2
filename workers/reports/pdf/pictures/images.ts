import { createDrawer, type Drawer } from '../../../../src/drawings/draw.ts';
import { DrawingError } from '../../../../src/drawings/drawing-error.ts';
import { sayNamed } from '../../../../src/jobs/files/job-file.ts';
import { type ImageBlock, isDrawing, readContent } from '../../input/image.ts';
import { HIGHEST_IN_CELL, LOGO_BOX, type Size, sizeInBox, sizeInLine } from '../../layout/picture-size.ts';
import type { Block } from '../../model.ts';
import { openConversion } from './convert-picture.ts';
import {
  checkSize,
  embedImage,
  MAX_PIXELS,
  type OpenedImage,
  type PictureTarget,
  UnusableImage,
} from './embed-image.ts';
import { keepMade } from './keep-made.ts';

/** What a block's picture is made from; those that lie elsewhere were fetched before. */
function contentOf({ source }: ImageBlock, name: string): string {
  if ('content' in source) return source.content;
  throw new Error(`${name} was not fetched from ${sayNamed(source)}`);
}

/** Returns how large a picture of some pixels is printed, in points. */
type Shown = (picture: Size) => Size;
/** Returns a picture as it is in the file, fine enough for where it is printed. */
type OpenAt = (shown: Shown) => Promise<OpenedImage>;

/** Takes in a PNG or JPEG, or what is made one. */
async function openPixels(bytes: Buffer, name: string, target: PictureTarget): Promise<OpenAt> {
  const conversion = await openConversion(bytes, MAX_PIXELS);
  if (conversion) checkSize(name, conversion);
  const shown = conversion ? await keepMade(bytes, 'sRGB', conversion.convert) : bytes;
  const image = await embedImage(shown, name, target);
  return async () => image;
}

/** The document, and what draws its drawings. */
type DrawingTarget = PictureTarget & { drawer: Drawer };

/** Takes in a drawing once for each size that it stands in. */
async function openDrawn(bytes: Buffer, name: string, target: DrawingTarget): Promise<OpenAt> {
  const { openDrawing } = await import('./open-drawing.ts');
  const drawing = openDrawing(bytes, MAX_PIXELS);
  const { width, height } = drawing;
  const opened = new Map<string, OpenedImage>();
  return async (shown) => {
    const dots = drawing.dotsFor(shown(drawing).width);
    const size = `${dots.width} x ${dots.height}`;
    const found = opened.get(size);
    if (found) return found;
    const png = await keepMade(bytes, size, () => drawing.draw(dots, target.drawer));
    const image = { ...(await embedImage(png, name, target)), width, height };
    opened.set(size, image);
    return image;
  };
}

/** Says of a picture why it can't be shown. */
function refuse(name: string, cause: unknown): UnusableImage {
  if (cause instanceof UnusableImage) return cause;
  if (cause instanceof DrawingError) return new UnusableImage(`${name} is an SVG that ${cause.message}.`, { cause });
  const sentence = `${name} can't be read as PNG, JPEG, WebP, GIF or SVG: it seems damaged or cut off.`;
  return new UnusableImage(sentence, { cause });
}

/** Opens a picture, by its content, for where it is printed. Rejects with UnusableImage, which begins with the name. */
type OpenPicture = (content: string, name: string, shown: Shown) => Promise<OpenedImage>;

/** Creates what opens pictures: each is in the file once, however often it is shown. */
function createOpener(target: DrawingTarget): OpenPicture {
  const known = new Map<string, OpenAt>();
  const read = (content: string, name: string): Promise<OpenAt> => {
    const bytes = readContent(content);
    return (isDrawing(bytes) ? openDrawn : openPixels)(bytes, name, target);
  };
  return async (content, name, shown) => {
    try {
      const openAt = known.get(content) ?? (await read(content, name));
      known.set(content, openAt);
      return await openAt(shown);
    } catch (cause) {
      throw refuse(name, cause);
    }
  };
}

/** The pictures of a document. */
export interface OpenedImages {
  /** By the block that shows them. */
  images: Map<Block, OpenedImage>;
  /** All of them, by what they are made of. */
  pictures: ReadonlyMap<string, OpenedImage>;
}

/** Opens the pictures that stand in the cells of a table; those that lie elsewhere were fetched before. */
async function openPictures(
  { columns = [] }: Extract<Block, { type: 'table' }>,
  pointer: string,
  open: (content: string, name: string) => Promise<void>,
): Promise<void> {
  for (const [index, { pictures = {} }] of columns.entries()) {
    for (const [text, content] of Object.entries(pictures)) {
      if (typeof content === 'string')
        await open(content, `The picture "${text.slice(0, 40)}" at ${pointer}/columns/${index}`);
    }
  }
}

/**
 * Takes all pictures of a report into the document, by the block that shows them. Throws UnusableImage, which names
 * the block as the request counts it: the masthead is not of its making. `line` is that of its pages, with their height;
 * `papers` is what pages are printed on.
 */
export async function openImages(
  target: PictureTarget,
  blocks: Block[],
  line: Size,
  papers: ImageBlock[] = [],
): Promise<OpenedImages> {
  // All drawings of a report have one process.
  const drawer = createDrawer();
  try {
    return await openAll({ ...target, drawer }, blocks, line, papers);
  } finally {
    drawer.close();
  }
}

async function openAll(
  target: DrawingTarget,
  blocks: Block[],
  line: Size,
  papers: ImageBlock[],
): Promise<OpenedImages> {
  const images = new Map<Block, OpenedImage>();
  const pictures = new Map<string, OpenedImage>();
  const open = createOpener(target);
  const openCell = async (content: string, name: string) => {
    const room = { width: line.width, height: HIGHEST_IN_CELL };
    pictures.set(content, await open(content, name, (picture) => sizeInBox(picture, room)));
  };
  const openBlock = async (block: ImageBlock, name: string) => {
    const shown = (picture: Size) => sizeInLine(picture, line, block.width);
    images.set(block, await open(contentOf(block, name), name, shown));
  };
  const visit = async (list: Block[], pointer: string): Promise<void> => {
    for (const [index, block] of list.entries()) {
      const place = `${pointer}/${index}`;
      if (block.type === 'image') await openBlock(block, `The image at ${place}`);
      if (block.type === 'table') await openPictures(block, place, openCell);
      if (block.type !== 'columns') continue;
      for (const [column, inner] of block.columns.entries()) await visit(inner, `${place}/columns/${column}`);
    }
  };
  for (const paper of papers) {
    const name = 'The letterhead of the brand';
    images.set(paper, await open(contentOf(paper, name), name, (picture) => picture));
  }
  const own: Block['type'][] = ['masthead', 'brandHead'];
  for (const block of blocks) {
    if (block.type !== 'brandHead' || !block.logo) continue;
    const name = block.pointer === undefined ? 'The logo of the brand' : `The image at ${block.pointer}`;
    images.set(block.logo, await open(contentOf(block.logo, name), name, (logo) => sizeInBox(logo, LOGO_BOX)));
  }
  const given = blocks.filter(({ type }) => !own.includes(type));
  await visit(given, '/data/blocks');
  return { images, pictures };
}
