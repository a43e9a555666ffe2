import sharp, { type Sharp } from 'sharp';
import { assertWholeGif } from '../formats/gif.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import { type Rendition, TRIM_THRESHOLD } from '../input/rendition.ts';
import { readApngFrames } from '../picture/apng-frames.ts';
import { toSrgb } from '../picture/colour.ts';
import { fromPixels, materialise, type Pixels, toPixels } from '../picture/pixels.ts';
import type { Region, Size } from '../picture/size.ts';
import { type DecodeOptions, MOVING_FORMATS, type Source } from '../picture/source.ts';
import { atRatio, scaledSize } from './geometry.ts';
import { canTrim, transformPicture } from './transform.ts';

/** Formats that are written with several frames. */
const ANIMATED: readonly ImageFormat[] = ['gif', 'webp'];

/** Whether a rendition is an animation: the source is one, the format can be, and `animated` is not false. */
export const isAnimated = (
  source: Pick<Source, 'frames'>,
  { animated }: Pick<Rendition, 'animated'>,
  format: ImageFormat,
): boolean => animated && source.frames > 1 && ANIMATED.includes(format);

/** Returns how many frames are decoded for a rendition; for one frame of an animation also those before it. */
export function countDecoded(
  source: Pick<Source, 'format' | 'frames' | 'page'>,
  rendition: Rendition,
  format: ImageFormat,
): number {
  if (isAnimated(source, rendition, format)) return source.frames;
  return MOVING_FORMATS.includes(source.format) ? (source.page ?? 1) : 1;
}

/** Decodes the frames of an animation, as many as are asked for, upright and all of one size. */
export async function readFrames(source: Source, options: DecodeOptions): Promise<Pixels[]> {
  const { failOn = 'error' } = source;
  if (source.format === 'gif' && failOn !== 'none') assertWholeGif(source.content);
  if (source.apng) return uprightFrames(await readApngFrames(source, source.frames, options), source, options);
  const { frames: pages } = source;
  const pipeline = sharp(source.content, { pages, limitInputPixels: options.maxPixels, failOn });
  const all = await toPixels(
    toSrgb(pipeline, source.metadata).toColourspace('srgb').ensureAlpha().timeout({ seconds: options.secondsLeft() }),
  );
  const { width, channels } = all;
  const height = all.height / pages;
  const bytes = width * height * channels;
  const frames = Array.from({ length: pages }, (_, index) => ({
    data: all.data.subarray(index * bytes, (index + 1) * bytes),
    width,
    height,
    channels,
  }));
  return uprightFrames(frames, source, options);
}

const uprightFrames = async (frames: Pixels[], { orientation }: Source, options: DecodeOptions): Promise<Pixels[]> =>
  orientation === 1
    ? frames
    : mapFrames(frames, (frame) => toPixels(turnUpright(fromPixels(frame, options), orientation)));

/** Turns a frame as its EXIF orientation asks. A mirroring that goes with a turn comes first. */
export function turnUpright(frame: Sharp, orientation: number): Sharp {
  const turns: Record<number, number> = { 3: 180, 5: 270, 6: 90, 7: 90, 8: 270 };
  const mirrored = frame.flop([2, 5, 7].includes(orientation)).flip(orientation === 4);
  return mirrored.rotate(turns[orientation] ?? 0);
}

/** Makes something of each frame, one after the other, so that the memory of one is taken at a time. */
async function mapFrames<Made>(frames: Pixels[], make: (frame: Pixels) => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  for (const frame of frames) made.push(await make(frame));
  return made;
}

/**
 * Makes something of each frame, all of one size, and joins that to one pipeline, to be encoded as an animation. Each is
 * copied to its place as soon as it is made: hundreds of frames are not held twice.
 */
export async function joinFrames(
  frames: Pixels[],
  make: (frame: Pixels) => Promise<Pixels>,
  options: DecodeOptions,
): Promise<{ pipeline: Sharp; size: Size }> {
  let joined: { data: Buffer; size: Size; channels: Pixels['channels'] } | undefined;
  for (const [index, frame] of frames.entries()) {
    const { data, channels, width, height } = await make(frame);
    joined ??= { data: Buffer.allocUnsafe(data.length * frames.length), size: { width, height }, channels };
    data.copy(joined.data, index * data.length);
  }
  const { data, size, channels } = joined ?? { data: Buffer.alloc(0), size: { width: 0, height: 0 }, channels: 4 };
  const raw = { width: size.width, height: size.height * frames.length, channels, pageHeight: size.height };
  const pipeline = sharp(data, { raw, limitInputPixels: options.maxPixels }).timeout({
    seconds: options.secondsLeft(),
  });
  return { pipeline, size };
}

/**
 * Fixes what depends on a frame's content for all frames alike, or they would jitter: `trim` takes off what is empty in
 * every frame, `attention` and `entropy` look at the first. Returns the rendition with figures in their place.
 */
export async function fixForAllFrames(
  frames: Pixels[],
  rendition: Rendition,
  format: ImageFormat,
  options: DecodeOptions,
): Promise<Rendition> {
  const [first] = frames;
  if (!first) return rendition;
  const crop = rendition.trim ? await trimmedRegion(frames, rendition, options) : rendition.crop;
  const size = crop ?? first;
  const fixed = atRatio(size, { ...rendition, crop, trim: undefined });
  const { position, fit, width, height } = fixed;
  const isByContent = position === 'attention' || position === 'entropy';
  if (!isByContent || fit !== 'cover' || width === undefined || height === undefined) return fixed;
  const pipeline = fromPixels(first, options);
  const cut = await materialise(crop ? pipeline.extract(crop) : pipeline, false, options);
  const { offset, ...part } = await toPixels(transformPicture(cut.pipeline, size, fixed, format));
  return { ...fixed, position: centreOf({ ...part, ...offset }, scaledSize(size, fixed)) };
}

const centreOf = ({ left, top, width, height }: Region, whole: Size) => ({
  x: Math.min(1, (left + width / 2) / whole.width),
  y: Math.min(1, (top + height / 2) / whole.height),
});

/** Finds the smallest part that holds what trimming leaves of each frame; frames of one colour don't count. */
async function trimmedRegion(frames: Pixels[], { crop, trim }: Rendition, options: DecodeOptions): Promise<Region> {
  const [first] = frames;
  const untrimmed = crop ?? { left: 0, top: 0, width: first?.width ?? 1, height: first?.height ?? 1 };
  if (!canTrim(untrimmed)) return untrimmed;
  const regions = await mapFrames(frames, async (frame) => {
    const cut = await toPixels(fromPixels(frame, options).extract(untrimmed));
    if (isPlain(cut, trim?.threshold ?? TRIM_THRESHOLD)) return [];
    const { offset, width, height } = await toPixels(
      fromPixels(cut, options).trim({ threshold: TRIM_THRESHOLD, ...trim }),
    );
    return [{ ...offset, width, height }];
  });
  const shown = regions.flat();
  if (shown.length === 0) return untrimmed;
  const left = Math.min(...shown.map((region) => region.left));
  const top = Math.min(...shown.map((region) => region.top));
  const right = Math.max(...shown.map((region) => region.left + region.width));
  const bottom = Math.max(...shown.map((region) => region.top + region.height));
  return { left: untrimmed.left + left, top: untrimmed.top + top, width: right - left, height: bottom - top };
}

/** Whether all pixels are about the same. */
function isPlain({ data, channels }: Pixels, threshold: number): boolean {
  for (let at = channels; at < data.length; at += 1) {
    if (Math.abs((data[at] ?? 0) - (data[at % channels] ?? 0)) > threshold) return false;
  }
  return true;
}
