import type { Rendition } from '../input/rendition.ts';
import type { Region, Size } from '../picture/size.ts';
import { atDensity, fixSize, scalesOf } from '../pipeline/geometry.ts';

/** A part that is shown larger than it is makes a drawing no larger than so many pixels: then it is enlarged. */
const MOST_CUT_PIXELS = 12_000_000;

/** How something without pixels of its own is drawn. */
export interface DrawnSize {
  size: Size;
  /** Returns what to ask of it, drawn so, for a rendition of it at its own size. */
  renditionOf: (rendition: Rendition) => Rendition;
}

/** Returns its size in whole pixels. */
export const inPixels = ({ width, height }: Size): Size => ({
  width: Math.max(1, Math.round(width)),
  height: Math.max(1, Math.round(height)),
});

/**
 * Chooses how large something without pixels of its own is drawn: as the largest of its renditions needs it. Each comes out in
 * the size that it has alone; it may be enlarged at will, and one without a size has the drawing's own. Takes its own size as it
 * is, in fractions too.
 */
export function chooseDrawnSize(own: Size, renditions: readonly Rendition[]): DrawnSize {
  const scale = Math.max(...renditions.map((rendition) => scaleFor(own, rendition)));
  const size = inPixels({ width: own.width * scale, height: own.height * scale });
  return { size, renditionOf: (rendition) => ofDrawing({ ...rendition, enlarge: true }, own, size) };
}

function scaleFor(own: Size, rendition: Rendition): number {
  const { crop } = rendition;
  const scale = Math.max(...scalesOf(crop ?? own, { ...atDensity(rendition), enlarge: true }));
  return crop ? Math.min(scale, Math.max(1, Math.sqrt(MOST_CUT_PIXELS / (own.width * own.height)))) : scale;
}

function ofDrawing(rendition: Rendition, own: Size, drawn: Size): Rendition {
  const { crop, regions, trim } = rendition;
  const whole = inPixels(own);
  return {
    // What is left when it is trimmed is known only then.
    ...(trim ? atDensity(rendition) : fixSize(crop ?? own, rendition)),
    ...(crop ? { crop: scaleCrop(crop, whole, drawn) } : {}),
    ...(regions ? { regions: regions.map((region) => ({ ...region, ...scaleOutwards(region, whole, drawn) })) } : {}),
  };
}

/** Nothing of what is to be hidden may stay. */
function scaleOutwards({ left, top, width, height }: Region, own: Size, drawn: Size): Region {
  const [across, down] = [drawn.width / own.width, drawn.height / own.height];
  const [x, y] = [Math.floor(left * across), Math.floor(top * down)];
  const [right, bottom] = [Math.ceil((left + width) * across), Math.ceil((top + height) * down)];
  return { left: x, top: y, width: right - x, height: bottom - y };
}

/** Returns a crop in the pixels of what is drawn: one of them at least. */
function scaleCrop({ left, top, width, height }: Region, own: Size, drawn: Size): Region {
  const [across, down] = [drawn.width / own.width, drawn.height / own.height];
  const x = Math.min(Math.round(left * across), drawn.width - 1);
  const y = Math.min(Math.round(top * down), drawn.height - 1);
  const [right, bottom] = [Math.round((left + width) * across), Math.round((top + height) * down)];
  return { left: x, top: y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) };
}
