import sharp, { type Sharp } from 'sharp';
import { toSrgb } from './colour.ts';
import { drawRendition } from './draw.ts';
import { type Region, type Size, scaledSize } from './geometry.ts';
import type { ImageFormat } from './header.ts';
import type { Rendition } from './job.ts';
import { fromPixels, type Pixels, settle, toPixels } from './pixels.ts';
import type { DecodeOptions, Source } from './source.ts';

/** Formats that are read, and written, with several frames. */
const ANIMATED: readonly string[] = ['gif', 'webp'];

/** Whether a rendition is an animation: the source is one, the format can be, and it was not declined. */
export const isAnimated = (source: Source, { animated }: Rendition, format: ImageFormat): boolean =>
  animated && source.pages > 1 && ANIMATED.includes(source.format) && ANIMATED.includes(format);

/** The frames of an animation as pixels, upright and all of one size. */
export async function readFrames(source: Source, options: DecodeOptions): Promise<Pixels[]> {
  const pipeline = sharp(source.content, { animated: true, limitInputPixels: options.maxPixels, failOn: 'error' });
  const all = await toPixels(
    toSrgb(pipeline, source.metadata).toColourspace('srgb').ensureAlpha().timeout({ seconds: options.secondsLeft() }),
  );
  const { width, channels } = all;
  const height = all.height / source.pages;
  const bytes = width * height * channels;
  const frames = Array.from({ length: source.pages }, (_, index) => ({
    data: all.data.subarray(index * bytes, (index + 1) * bytes),
    width,
    height,
    channels,
  }));
  if (source.orientation === 1) return frames;
  return mapFrames(frames, (frame) => toPixels(turnUpright(fromPixels(frame, options), source.orientation)));
}

/** What each EXIF orientation asks for. A mirroring that goes with a turn comes first. */
function turnUpright(frame: Sharp, orientation: number): Sharp {
  const turns: Record<number, number> = { 3: 180, 5: 270, 6: 90, 7: 90, 8: 270 };
  const mirrored = frame.flop([2, 5, 7].includes(orientation)).flip(orientation === 4);
  return mirrored.rotate(turns[orientation] ?? 0);
}

/** Makes something of each frame, one after the other. */
export async function mapFrames<Made>(frames: Pixels[], make: (frame: Pixels) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (const frame of frames) made.push(await make(frame));
  return made;
}

/** One pipeline over frames of one size, to be encoded as an animation. */
export function joinFrames(frames: Pixels[], options: DecodeOptions): Sharp {
  const [{ width, height, channels } = { width: 0, height: 0, channels: 4 as const }] = frames;
  const data = Buffer.concat(frames.map((frame) => frame.data));
  const raw = { width, height: height * frames.length, channels, pageHeight: height };
  return sharp(data, { raw, limitInputPixels: options.maxPixels }).timeout({ seconds: options.secondsLeft() });
}

/**
 * The rendition with everything that depends on what a picture shows settled for all frames alike, or they would
 * jitter: `trim` takes off what is empty in every frame, `attention` and `entropy` look at the first.
 */
export async function settleForFrames(
  frames: Pixels[],
  rendition: Rendition,
  format: ImageFormat,
  options: DecodeOptions,
): Promise<Rendition> {
  const [first] = frames;
  if (!first) return rendition;
  const crop = rendition.trim ? await trimmedRegion(frames, rendition, options) : rendition.crop;
  const settled = { ...rendition, crop, trim: undefined };
  const { position, fit, width, height } = settled;
  const looks = position === 'attention' || position === 'entropy';
  if (!looks || fit !== 'cover' || width === undefined || height === undefined) return settled;
  const size = crop ?? first;
  const pipeline = fromPixels(first, options);
  const cut = await settle(crop ? pipeline.extract(crop) : pipeline, false, options);
  const { offset, ...part } = await toPixels(drawRendition(cut.pipeline, size, settled, format));
  return { ...settled, position: centreOf({ ...part, ...offset }, scaledSize(size, settled)) };
}

const centreOf = ({ left, top, width, height }: Region, whole: Size) => ({
  x: Math.min(1, (left + width / 2) / whole.width),
  y: Math.min(1, (top + height / 2) / whole.height),
});

/** The smallest part of the picture that holds what is left of every frame. */
async function trimmedRegion(frames: Pixels[], { crop, trim }: Rendition, options: DecodeOptions): Promise<Region> {
  const from = crop ?? { left: 0, top: 0 };
  const regions = await mapFrames(frames, async (frame) => {
    const pipeline = fromPixels(frame, options);
    const cut = await settle(crop ? pipeline.extract(crop) : pipeline, false, options);
    return toPixels(cut.pipeline.trim(trim ?? {}));
  });
  const left = Math.min(...regions.map(({ offset }) => offset.left));
  const top = Math.min(...regions.map(({ offset }) => offset.top));
  const right = Math.max(...regions.map(({ offset, width }) => offset.left + width));
  const bottom = Math.max(...regions.map(({ offset, height }) => offset.top + height));
  return { left: from.left + left, top: from.top + top, width: right - left, height: bottom - top };
}
