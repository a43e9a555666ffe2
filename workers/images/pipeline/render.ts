import type { Sharp } from 'sharp';
import { chooseFormat } from '../encode/choose-format.ts';
import { encodePicture } from '../encode/encode-picture.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import { setMetadata } from '../metadata/set-metadata.ts';
import { isGrey, isGreyColour } from './colour.ts';
import { isAnimated, joinFrames, mapFrames, readFrames, settleForFrames } from './frames.ts';
import { assertWorkingSize, atDensity, scaledSize } from './geometry.ts';
import { fromPixels, type Picture, type Pixels, settle, toPixels } from './pixels.ts';
import { type DecodeOptions, type OpenPipeline, openSource, type Source } from './source.ts';
import { canTrim, drawRendition } from './transform.ts';
import type { DrawOverlay } from './watermark/overlay.ts';

/** What a renderer needs beside its source. */
export interface RenderDeps extends DecodeOptions {
  /** Fresh pipelines over the source's first frame. */
  open: OpenPipeline;
  drawOverlay: DrawOverlay;
  signal: AbortSignal;
}

/** Makes one rendition of the source. Throws payload_too_large or invalid_request where its figures don't fit. */
export type Render = (rendition: Rendition) => Promise<Rendered>;

/** Makes renditions of one source, still or animated; the frames of an animation are decoded once, when first wanted. */
export function createRenderer(source: Source, deps: RenderDeps): Render {
  let frames: Promise<Pixels[]> | undefined;
  return async (asked) => {
    const rendition = atDensity(asked);
    const format = chooseFormat(rendition, source);
    if (!isAnimated(source, rendition, format)) return renderStill(source, rendition, format, deps);
    frames ??= readFrames(source, deps);
    return renderAnimation(await frames, source, rendition, format, deps);
  };
}

async function renderStill(source: Source, rendition: Rendition, format: ImageFormat, deps: RenderDeps) {
  // Pixels that several renditions share have no metadata any more.
  const open = rendition.metadata === 'all' ? openSource(source, deps) : deps.open;
  const picture = { width: source.width, height: source.height, pipeline: open() };
  const { pipeline, size } = await draw(picture, source, rendition, format, deps);
  return encodePicture(
    setMetadata(pipeline, rendition.metadata, source),
    { source, format, size, bounds: deps },
    rendition,
  );
}

async function renderAnimation(
  frames: Pixels[],
  source: Source,
  asked: Rendition,
  format: ImageFormat,
  deps: RenderDeps,
): Promise<Rendered> {
  const rendition = await settleForFrames(frames, asked, format, deps);
  assertWorkingSize(rendition.crop ?? source, rendition, deps.maxPixels, frames.length);
  const drawn = await mapFrames(frames, async (frame) => {
    deps.signal.throwIfAborted();
    const picture = { width: frame.width, height: frame.height, pipeline: fromPixels(frame, deps) };
    return toPixels((await draw(picture, source, { ...rendition, metadata: 'none' }, format, deps)).pipeline);
  });
  const [size = source] = drawn;
  const { delay = [], loop = 0 } = source.metadata;
  const pipeline = setMetadata(joinFrames(drawn, deps), rendition.metadata, source);
  return encodePicture(pipeline, { source, format, size, bounds: deps, animation: { delay, loop } }, rendition);
}

/** Crops and trims, then turns, resizes and so on, then lays the watermark over it. */
async function draw(
  picture: Picture,
  source: Source,
  rendition: Rendition,
  format: ImageFormat,
  deps: RenderDeps,
): Promise<{ pipeline: Sharp; size: { width: number; height: number } }> {
  const { crop, trim, watermark, background, grayscale } = rendition;
  const keepsMetadata = rendition.metadata === 'all';
  const wasGrey = isGrey(source.metadata);
  let part = picture;
  if (crop) part = await settle(part.pipeline.extract(crop), keepsMetadata, deps);
  if (trim && canTrim(part)) part = await settle(part.pipeline.trim(trim), keepsMetadata, deps);
  const staysGrey = grayscale || (wasGrey && isGreyColour(background));
  // On grey pixels sharp would draw the background grey.
  if (wasGrey && !staysGrey) part = await settle(part.pipeline.toColourspace('srgb'), keepsMetadata, deps);
  assertWorkingSize(part, rendition, deps.maxPixels);
  const drawn = drawRendition(part.pipeline, part, rendition, format);
  if (watermark) return layOver(await settle(drawn, keepsMetadata, deps), rendition, deps);
  // The profile of sRGB, which goes along with kept metadata, is none for grey pixels.
  const pipeline = staysGrey && !keepsMetadata ? drawn.toColourspace('b-w') : drawn;
  return { pipeline, size: scaledSize(part, rendition) };
}

async function layOver({ pipeline, width, height }: Picture, { watermark }: Rendition, { drawOverlay }: RenderDeps) {
  const size = { width, height };
  if (!watermark) return { pipeline, size };
  const { hasAlpha } = await pipeline.metadata();
  const laid = pipeline.composite([await drawOverlay(watermark, size)]);
  return { pipeline: hasAlpha ? laid : laid.removeAlpha(), size };
}
