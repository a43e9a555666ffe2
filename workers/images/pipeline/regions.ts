import type { OverlayOptions } from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import type { HiddenRegion } from '../input/regions.ts';
import type { Rendition } from '../input/rendition.ts';
import { freeBuffers } from '../memory.ts';
import { fromPixels, materialise, type Picture, type Pixels, toPixels } from '../picture/pixels.ts';
import type { Region, Size } from '../picture/size.ts';
import type { DecodeOptions, OpenPipeline } from '../picture/source.ts';

/** So many colours are left of a region along its longer side: not enough for a face, or a letter of a number plate. */
const MOST_CELLS = 5;
/** Each is the mean of so many pixels a side at least: a small face has fewer of them. */
const LEAST_CELL = 8;
/** What is told of a source is read from so many pixels a side. */
export const SHOWN_SIDE = 256;

/** Throws invalid_request when a region of a rendition lies wholly outside of its source, upright: it would hide nothing. */
export function assertRegions(source: Size, { name, regions = [] }: Pick<Rendition, 'name' | 'regions'>): void {
  const index = regions.findIndex((region) => within(region, source) === undefined);
  if (index < 0) return;
  const size = `${formatCount(source.width)} x ${formatCount(source.height)} pixels`;
  const problem = `Region ${index + 1} of rendition "${name}" lies outside of the image, which has ${size}`;
  throw new AppError('invalid_request', `${problem}: its pixels are counted in the upright image.`);
}

/** Returns a pipeline over a whole source without the regions that any of a job's renditions hides: a small one. */
export async function openHidden(
  open: OpenPipeline,
  renditions: readonly Rendition[],
  options: DecodeOptions,
): Promise<OpenPipeline> {
  const regions = renditions.flatMap((rendition) => rendition.regions ?? []);
  const pixels = await toPixels(open());
  // Squares are made faster than what lies between them; so small, they look alike.
  const squares = regions.map((region) => ({ ...region, effect: 'pixelate' as const }));
  await coverAll(pixels, squares, options);
  const inside = { width: SHOWN_SIDE, height: SHOWN_SIDE, fit: 'inside', withoutEnlargement: true } as const;
  const small = await toPixels(fromPixels(pixels, options).resize(inside));
  // A rendition is about to hold as much again.
  freeBuffers(pixels.data);
  return () => fromPixels(small, options);
}

/**
 * Makes regions of an upright source unrecognisable. Only a few colours of each are kept, and pixels or a smooth gradient made of
 * them: what is gone can't be computed back, as from a blur it may be. `pixels` are those that the picture reads, if it reads any.
 */
export async function hideRegions(
  { pipeline }: Picture,
  regions: readonly HiddenRegion[],
  { keepsMetadata, options }: { keepsMetadata: boolean; options: DecodeOptions },
): Promise<Picture & { pixels?: Buffer }> {
  const pixels = await toPixels(keepsMetadata ? pipeline.clone() : pipeline);
  const { width, height, channels } = pixels;
  if (!keepsMetadata) {
    await coverAll(pixels, regions, options);
    return { width, height, pipeline: fromPixels(pixels, options), pixels: pixels.data };
  }
  const layers: OverlayOptions[] = [];
  for (const region of regions) {
    const box = within(region, pixels);
    if (!box) continue;
    const patch = await coverOf(pixels, box, region, options);
    const place = { left: box.left, top: box.top };
    const raw = { width: box.width, height: box.height, channels: patch.channels };
    const hole = { width: box.width, height: box.height, channels: 4, background: '#000' } as const;
    layers.push({ input: { create: hole }, blend: 'dest-out', ...place }, { input: patch.data, raw, ...place });
  }
  const covered = pipeline.composite(layers);
  // At once: what is laid over a picture is laid after all else that one pipeline does, its size included.
  return materialise(channels % 2 === 0 ? covered : covered.removeAlpha(), true, options);
}

/** Covers regions of raw pixels where they lie. */
async function coverAll(pixels: Pixels, regions: readonly HiddenRegion[], options: DecodeOptions): Promise<void> {
  for (const region of regions) {
    const box = within(region, pixels);
    if (!box) continue;
    const patch = await coverOf(pixels, box, region, options);
    const rowBytes = box.width * pixels.channels;
    for (let row = 0; row < box.height; row += 1) {
      const at = ((box.top + row) * pixels.width + box.left) * pixels.channels;
      patch.data.copy(pixels.data, at, row * rowBytes, (row + 1) * rowBytes);
    }
    freeBuffers(patch.data);
  }
}

/** Makes what is put over a region: the means of its cells, as squares or as what lies between them. */
async function coverOf(pixels: Pixels, box: Region, { effect }: HiddenRegion, options: DecodeOptions): Promise<Pixels> {
  const longer = Math.max(box.width, box.height);
  const cell = longer / Math.min(MOST_CELLS, Math.max(1, Math.floor(longer / LEAST_CELL)));
  const cells = {
    width: Math.max(1, Math.round(box.width / cell)),
    height: Math.max(1, Math.round(box.height / cell)),
  };
  const few = await toPixels(
    fromPixels(pixels, options)
      .extract(box)
      .resize({ ...cells, fit: 'fill', kernel: 'linear' }),
  );
  const kernel = effect === 'pixelate' ? 'nearest' : 'cubic';
  return toPixels(fromPixels(few, options).resize({ width: box.width, height: box.height, fit: 'fill', kernel }));
}

/** Returns the part of a region that lies inside the picture, in whole pixels that hold all of it; undefined for none. */
function within({ left, top, width, height }: HiddenRegion, size: Size): Region | undefined {
  const [right, bottom] = [
    Math.min(size.width, Math.ceil(left + width)),
    Math.min(size.height, Math.ceil(top + height)),
  ];
  const [x, y] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
  return right > x && bottom > y ? { left: x, top: y, width: right - x, height: bottom - y } : undefined;
}
