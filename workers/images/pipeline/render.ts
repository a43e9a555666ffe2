import type { Sharp } from 'sharp';
import { chooseFormat } from '../encode/choose-format.ts';
import { encodePicture } from '../encode/encode-picture.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import { findGainMap } from '../formats/jpeg/ultra-hdr.ts';
import { type Rendition, TRIM_THRESHOLD } from '../input/rendition.ts';
import { freeBuffers } from '../memory.ts';
import { type Carried, carry } from '../metadata/carry.ts';
import { forgetOldPicture } from '../metadata/old-picture.ts';
import type { MetadataReader } from '../metadata/reader.ts';
import { setMetadata } from '../metadata/set-metadata.ts';
import { isGrey, isGreyColour, isOpaqueColour } from '../picture/colour.ts';
import { fromPixels, materialise, materialiseGrey, type Picture, type Pixels, toPixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import { type DecodeOptions, type OpenPipeline, openSource, type Source } from '../picture/source.ts';
import { keepSmaller, type TurnDeps } from '../strip/keep-smaller.ts';
import { type Make, makeSmaller } from '../strip/make-smaller.ts';
import { stripSource } from '../strip/strip-source.ts';
import { type CutCorners, createCornerCutter } from './corners.ts';
import { fixForAllFrames, isAnimated, joinFrames, readFrames } from './frames.ts';
import { addGainMap, mayHaveGainMap } from './gain-map.ts';
import { assertWorkingSize, atDensity, atRatio, fixSize, scaledSize } from './geometry.ts';
import { hideRegions } from './regions.ts';
import { createSharedPixels, type SharedPixels } from './shared-pixels.ts';
import type { DrawText } from './text/draw-text.ts';
import { canTrim, isOpaqueFormat, mayBeTransparent, opaqueBackground, transformPicture } from './transform.ts';
import type { DrawOverlay } from './watermark/overlay.ts';
import { mayBeWide, toP3Overlay, withP3Colours } from './wide.ts';

/** What a renderer needs beside its source. */
export interface RenderDeps extends DecodeOptions, TurnDeps {
  /** Makes a fresh pipeline over the source's first frame. */
  open: OpenPipeline;
  drawOverlay: DrawOverlay;
  drawText: DrawText;
  metadata: MetadataReader;
}

/** Makes one rendition of the source. Throws payload_too_large or invalid_request where its figures don't fit. */
export type Render = (rendition: Rendition) => Promise<Rendered>;

/** One rendition to be made: its sizes are those of a `dpr` of 1. */
interface RenderJob {
  source: Source;
  rendition: Rendition;
  format: ImageFormat;
  deps: RenderDeps & { cutCorners: CutCorners; shared: SharedPixels };
  /** Pixels that no one reads any more when the rendition is made. */
  spent: Buffer[];
  /** Whether it is written in all ways that keep every pixel, to take the smallest. */
  isDensest?: boolean;
}

/** A pipeline with every operation on pixels, and about the size that comes out. */
interface DrawnPicture {
  pipeline: Sharp;
  size: Size;
}

/**
 * Makes renditions of one source, still or animated, each of them once; the frames of an animation are decoded once, when first
 * needed, and what several show is drawn once.
 */
export function createRenderer(source: Source, renditions: readonly Rendition[], given: RenderDeps): Render {
  const shared = createSharedPixels(renditions, source);
  const deps = { ...given, cutCorners: createCornerCutter(), shared };
  let frames: Promise<Pixels[]> | undefined;
  const carriers = new Map<string, Promise<Source>>();
  const render: Render = async (wanted) => {
    const rendition = atDensity(wanted);
    const format = chooseFormat(rendition, source);
    const make: Make = async (asked, isDensest = false) => {
      if (isAnimated(source, rendition, format)) {
        frames ??= readFrames(source, deps);
        return renderAnimation(await frames, { source, rendition: asked, format, deps, spent: [] });
      }
      const isWide = mayBeWide(source, rendition, format);
      const carried: Carried = { metadata: rendition.metadata === 'all', space: isWide ? 'p3' : 'srgb' };
      const key = JSON.stringify(carried);
      const carrier = carriers.get(key) ?? carry(source, carried, deps);
      carriers.set(key, carrier);
      const job = { source: await carrier, rendition: asked, format, deps, spent: [], isDensest };
      return renderStill(isWide ? asWide(job) : job);
    };
    const gainMap = mayHaveGainMap(source, rendition, format) && findGainMap(source.content);
    if (gainMap) return addGainMap(await make(rendition), { source, gainMap }, rendition, deps);
    const stripped = await stripSource(source, rendition, format);
    if (!stripped) return make(rendition);
    // What fits as it came is not made worse.
    const isAsItCame = stripped.canKeep && rendition.metadata === 'none' && source.orientation === 1;
    const fits = isAsItCame && stripped.content.length <= (rendition.maxBytes ?? 0);
    const made = await make(fits ? { ...rendition, maxBytes: undefined } : rendition);
    const smaller = stripped.canKeep
      ? await keepSmaller(made, { source, stripped: stripped.content }, rendition, deps)
      : made;
    return smaller.kept ? smaller : makeSmaller(smaller, { source, stripped: stripped.content }, rendition, make);
  };
  return (rendition) => render(rendition).finally(() => shared.leave(rendition));
}

/** Returns a job with its colours as they are said in Display P3, which is what its picture's numbers are. */
const asWide = ({ rendition, deps, ...job }: RenderJob): RenderJob => ({
  ...job,
  rendition: withP3Colours(rendition),
  deps: {
    ...deps,
    space: 'p3',
    drawOverlay: async (...asked) => toP3Overlay(await deps.drawOverlay(...asked)),
    drawText: async (...asked) => Promise.all((await deps.drawText(...asked)).map(toP3Overlay)),
  },
});

async function renderStill(job: RenderJob): Promise<Rendered> {
  const { source, rendition, format, deps, isDensest } = job;
  // Before it is read.
  if (rendition.metadata !== 'none') forgetOldPicture(source.content, source.metadata);
  // Raw pixels, which several renditions are made from, carry no metadata.
  const open = rendition.metadata === 'all' || source.space === 'p3' ? openSource(source, deps) : deps.open;
  const drawn = deps.shared.find(rendition);
  const { pipeline, size } = drawn
    ? { pipeline: fromPixels(drawn.pixels, deps), size: drawn.size }
    : await draw({ width: source.width, height: source.height, pipeline: open() }, job);
  const picture = await setMetadata(pipeline, rendition.metadata, source, deps.metadata);
  const rendered = await encodePicture(picture, { source, format, size, bounds: deps, isDensest }, rendition);
  freeBuffers(...job.spent);
  const { pixels, ...rest } = rendered;
  return pixels && !drawn && deps.shared.hold(rendition, { pixels, size }) ? rest : rendered;
}

async function renderAnimation(frames: Pixels[], { source, format, deps, ...job }: RenderJob): Promise<Rendered> {
  const rendition = await fixForAllFrames(frames, job.rendition, format, deps);
  assertWorkingSize(rendition.crop ?? source, rendition, deps.maxPixels, frames.length);
  const bare: Rendition = { ...rendition, metadata: 'none' };
  const drawFrame = async (frame: Pixels) => {
    deps.signal.throwIfAborted();
    const picture = { width: frame.width, height: frame.height, pipeline: fromPixels(frame, deps) };
    // All frames have alpha, or none: `readFrames` gives it to each.
    const transparent = { ...source, hasAlpha: true };
    const spent: Buffer[] = [];
    const drawn = await draw(picture, { source: transparent, rendition: bare, format, deps, spent });
    const pixels = await toPixels(drawn.pipeline);
    freeBuffers(...spent);
    return pixels;
  };
  const { pipeline, size } = await joinFrames(frames, drawFrame, deps);
  const picture = await setMetadata(pipeline, rendition.metadata, source, deps.metadata);
  return encodePicture(
    picture,
    { source, format, size, bounds: deps, animation: playOf(source, frames.length) },
    rendition,
  );
}

/** The longest that a frame is written to stay, in milliseconds, and the most often that an animation plays. */
const MOST_PLAYED = 65_535;

/** Returns how long each frame of an animation stays, and how often it plays. */
function playOf({ metadata: { delay = [], loop = 0 } }: Source, frames: number): { delay: number[]; loop: number } {
  const most = (value: number) => Math.min(value, MOST_PLAYED);
  return { delay: delay.slice(0, frames).map(most), loop: most(loop) };
}

/** Hides regions, crops and trims, then turns, resizes and so on, then lays watermark and text over it, rounds its corners and pads it. */
async function draw(picture: Picture, job: RenderJob): Promise<DrawnPicture> {
  const { source, rendition: asked, format, deps } = job;
  const { regions, crop, trim, background, grayscale } = asked;
  const keepsMetadata = asked.metadata === 'all';
  const wasGrey = isGrey(source.metadata);
  let part = picture;
  // What goes along with the pixels: raw ones have no place for it.
  const carries = keepsMetadata || deps.space === 'p3';
  if (regions) {
    const { pixels, ...hidden } = await hideRegions(part, regions, { keepsMetadata: carries, options: deps });
    part = hidden;
    if (pixels) job.spent.push(pixels);
  }
  if (crop) part = await materialise(part.pipeline.extract(crop), keepsMetadata, deps);
  if (trim && canTrim(part)) {
    part = await materialise(part.pipeline.trim({ threshold: TRIM_THRESHOLD, ...trim }), keepsMetadata, deps);
  }
  const rendition = trim && source.own ? fixSize(ofOwn(part, source, source.own), asked) : atRatio(part, asked);
  const hasAlpha = mayBeTransparent(source, rendition, format);
  const staysGrey = !hasAlpha && (grayscale || (wasGrey && isGreyColour(background)));
  // On grey pixels sharp would draw the background grey.
  if (wasGrey && !staysGrey) part = await materialise(part.pipeline.toColourspace('srgb'), keepsMetadata, deps);
  assertWorkingSize(part, rendition, deps.maxPixels);
  const isGreyed = grayscale && hasAlpha && !keepsMetadata;
  if (isGreyed) part = await materialiseGrey(part.pipeline, deps);
  const drawn = transformPicture(part.pipeline, part, { ...rendition, grayscale: grayscale && !isGreyed }, format);
  if (isFinished(rendition)) return { pipeline: toGrey(drawn), size: scaledSize(part, rendition) };
  return finish(await materialise(drawn, keepsMetadata, deps), { ...job, rendition });

  // The profile of sRGB, which goes along with kept metadata, is none for grey pixels.
  function toGrey(pipeline: Sharp): Sharp {
    return staysGrey && !keepsMetadata ? pipeline.toColourspace('b-w') : pipeline;
  }
}

/** Returns the size that a part of what was drawn has in what it was drawn of. */
const ofOwn = (part: Size, drawn: Size, own: Size): Size => ({
  width: (part.width * own.width) / drawn.width,
  height: (part.height * own.height) / drawn.height,
});

const isFinished = ({ watermark, text, radius, padding }: Rendition): boolean =>
  !watermark && !text && !radius && !padding;

/** Lays watermark and text over a picture, rounds its corners, and pads it. */
async function finish({ pipeline, ...size }: Picture, { rendition, format, deps }: RenderJob): Promise<DrawnPicture> {
  const { watermark, text, radius, padding = 0, background, metadata } = rendition;
  const { hasAlpha } = await pipeline.metadata();
  const layers = [
    ...(watermark ? [await deps.drawOverlay(watermark, size)] : []),
    ...(text ? await deps.drawText(text, size) : []),
    ...(radius ? [deps.cutCorners(size, radius)] : []),
  ];
  const laid = layers.length > 0 ? pipeline.composite(layers) : pipeline;
  const cut = hasAlpha || radius ? laid : laid.removeAlpha();
  const fills =
    isOpaqueFormat(format) || (radius !== undefined && background !== undefined && isOpaqueColour(background));
  if (padding === 0 && !(radius && fills)) return { pipeline: cut, size };
  const { pipeline: whole } = await materialise(cut, metadata === 'all', deps);
  const behind = isOpaqueFormat(format) ? opaqueBackground(background) : (background ?? 'transparent');
  const filled = fills ? whole.flatten({ background: behind }) : whole;
  const around = { top: padding, left: padding, bottom: padding, right: padding, background: behind };
  return {
    pipeline: padding > 0 ? filled.extend(around) : filled,
    size: { width: size.width + 2 * padding, height: size.height + 2 * padding },
  };
}
