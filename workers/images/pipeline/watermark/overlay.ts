import type { OverlayOptions } from 'sharp';
import type { Watermark } from '../../input/watermark.ts';
import { fromPixels, type Picture, type Pixels, toPixels } from '../../picture/pixels.ts';
import type { Size } from '../../picture/size.ts';
import type { DecodeOptions } from '../../picture/source.ts';

/** Scales a watermark for a picture of that size and returns what sharp lays over it. */
export type DrawOverlay = (watermark: Watermark, size: Size) => Promise<OverlayOptions>;

/**
 * Makes a function that draws overlays and keeps the last one: all frames of an animation share it. `open` makes a
 * fresh pipeline over a watermark's upright pixels.
 */
export function createOverlayDrawer(
  open: (watermark: Watermark) => Promise<Picture>,
  options: DecodeOptions,
): DrawOverlay {
  const made = new Map<string, Promise<OverlayOptions>>();
  return (watermark, size) => {
    const key = JSON.stringify([watermark, size.width, size.height]);
    const overlay = made.get(key) ?? open(watermark).then((picture) => drawOverlay(picture, watermark, size, options));
    made.clear();
    made.set(key, overlay);
    return overlay;
  };
}

async function drawOverlay(
  { pipeline, ...own }: Picture,
  watermark: Watermark,
  size: Size,
  options: DecodeOptions,
): Promise<OverlayOptions> {
  const { margin, tile, opacity } = watermark;
  const edge = marginWithin(margin, size);
  const scaled = scaledWatermark(own, watermark, { width: size.width - 2 * edge, height: size.height - 2 * edge });
  const opaque = await toPixels(
    pipeline
      .resize({ ...scaled, fit: 'fill' })
      .toColourspace('srgb')
      .ensureAlpha(),
  );
  const pixels = await toPixels(fromPixels(opaque, options).linear([1, 1, 1, opacity], [0, 0, 0, 0]));
  if (!tile) return { ...asInput(pixels), ...placeOf(watermark.position, pixels, size, edge) };
  const [before, after] = [Math.floor(edge / 2), Math.ceil(edge / 2)];
  const around = { top: before, left: before, bottom: after, right: after, background: 'transparent' };
  const one = edge > 0 ? await toPixels(fromPixels(pixels, options).extend(around)) : pixels;
  return { ...asInput(one), tile: true, gravity: 'northwest' };
}

/** Returns a margin that leaves room: a picture smaller than its margins keeps a pixel in its middle. */
export const marginWithin = (margin: number, { width, height }: Size): number =>
  Math.max(0, Math.min(margin, Math.floor((Math.min(width, height) - 1) / 2)));

const asInput = ({ data, width, height, channels }: Pixels): OverlayOptions => ({
  input: data,
  raw: { width, height, channels },
});

/** Returns a watermark's size: as wide as asked, or its own, but inside `room`, its proportions kept. */
export function scaledWatermark(own: Size, { width }: Pick<Watermark, 'width'>, room: Size): Size {
  const wanted = typeof width === 'string' ? (room.width * Number.parseFloat(width)) / 100 : (width ?? own.width);
  const scale = Math.min(wanted / own.width, room.width / own.width, room.height / own.height);
  return { width: Math.max(1, Math.round(own.width * scale)), height: Math.max(1, Math.round(own.height * scale)) };
}

/** Returns the top left corner of what is laid over a picture, with a margin to the edges it stands at. */
export function placeOf(position: Watermark['position'], own: Size, size: Size, margin: number) {
  const along = (length: number, part: number, atStart: boolean, atEnd: boolean) =>
    atStart ? margin : atEnd ? length - part - margin : Math.round((length - part) / 2);
  return {
    left: along(size.width, own.width, position.endsWith('west'), position.endsWith('east')),
    top: along(size.height, own.height, position.startsWith('north'), position.startsWith('south')),
  };
}
