import type { Rendition } from '../input/rendition.ts';
import type { Region, Size } from '../picture/size.ts';
import { atDensity, scaledSize } from '../pipeline/geometry.ts';

/**
 * Returns by how much a drawing is to be enlarged, or made smaller, for the largest of its renditions; 1 where one is cut, or
 * hides a region, beyond it: the error tells of the drawing's own size.
 */
export function drawingScale(own: Size, renditions: readonly Rendition[]): number {
  const isCutBeyond = renditions.some(
    ({ crop, regions = [] }) => (crop && isBeyond(crop, own)) || regions.some((region) => isOutside(region, own)),
  );
  if (renditions.length === 0 || isCutBeyond) return 1;
  return Math.max(...renditions.map((rendition) => scaleFor(rendition.crop ?? own, atDensity(rendition))));
}

const isBeyond = ({ left, top, width, height }: Region, own: Size) =>
  left + width > own.width || top + height > own.height;

const isOutside = ({ left, top }: Region, own: Size) => left >= own.width || top >= own.height;

function scaleFor(part: Size, rendition: Rendition): number {
  const scaled = scaledSize(part, { ...rendition, enlarge: true });
  const [across, down] = rendition.rotate % 180 === 0 ? [part.width, part.height] : [part.height, part.width];
  return Math.max(scaled.width / across, scaled.height / down);
}

/**
 * Returns what to ask of a drawing drawn at that scale for a rendition of it at its own size: a drawing has no pixels, so it
 * may be enlarged at will, and one without a size comes out at the drawing's own.
 */
export function ofDrawing(asked: Rendition, own: Size, scale: number): Rendition {
  const rendition = { ...atDensity(asked), enlarge: true };
  const { crop, regions, width, height, rotate, trim } = rendition;
  if (scale === 1) return rendition;
  const part = crop ?? own;
  const [across, down] = rotate % 180 === 0 ? [part.width, part.height] : [part.height, part.width];
  const isSized = width !== undefined || height !== undefined || trim;
  const size = isSized ? {} : { width: Math.max(1, Math.round(across)), height: Math.max(1, Math.round(down)) };
  return {
    ...rendition,
    ...size,
    ...(crop ? { crop: scaleRegion(crop, own, scale) } : {}),
    // Rounded outwards: nothing of what is to be hidden may stay.
    ...(regions ? { regions: regions.map((region) => ({ ...region, ...scaleOutwards(region, scale) })) } : {}),
  };
}

function scaleOutwards({ left, top, width, height }: Region, scale: number): Region {
  const start = { left: Math.floor(left * scale), top: Math.floor(top * scale) };
  const [right, bottom] = [Math.ceil((left + width) * scale), Math.ceil((top + height) * scale)];
  return { ...start, width: right - start.left, height: bottom - start.top };
}

function scaleRegion({ left, top, width, height }: Region, own: Size, scale: number): Region {
  const [right, bottom] = [Math.round(own.width * scale), Math.round(own.height * scale)];
  const scaled = { left: Math.round(left * scale), top: Math.round(top * scale) };
  return {
    ...scaled,
    width: Math.max(1, Math.min(Math.round(width * scale), right - scaled.left)),
    height: Math.max(1, Math.min(Math.round(height * scale), bottom - scaled.top)),
  };
}
