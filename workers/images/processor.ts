import { AppError } from '../../src/errors.ts';
import type { StoredFile } from '../../src/jobs/files/stored-file.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import { findHdr } from './colours/hdr.ts';
import type { Rendered } from './encode/rendered.ts';
import { findConverter } from './formats/heic/native/find-converter.ts';
import { assertPixels } from './formats/pixel-limit.ts';
import type { ImagesInput } from './input/images-input.ts';
import type { Rendition } from './input/rendition.ts';
import { images } from './job.ts';
import { estimateMs, HEAVY_BYTES, HEAVY_MS } from './limits/cost.ts';
import { assertDecoded } from './limits/decode-limits.ts';
import { assertMemory, estimateBytes } from './limits/memory.ts';
import { createMemoryBudget } from './limits/memory-budget.ts';
import { createIdleRelease, freeBuffers } from './memory.ts';
import { createMetadataReader } from './metadata/reader.ts';
import { type DecodeOptions, MOVING_FORMATS, type Source } from './picture/source.ts';
import { type DecodedSource, decodeOnce } from './pipeline/decode-once.ts';
import { assertCrop } from './pipeline/geometry.ts';
import { leaveOutLarger } from './pipeline/leave-out.ts';
import { createNativeWork, type NativeWork } from './pipeline/native-work.ts';
import { assertRegions, openShown } from './pipeline/regions.ts';
import { createRenderer, type Render } from './pipeline/render.ts';
import { createTextDrawer } from './pipeline/text/draw-text.ts';
import { listMissing } from './pipeline/text/missing-glyphs.ts';
import { findWatermark, openWatermarks, WatermarkFault } from './pipeline/watermark/open-watermarks.ts';
import { createOverlayDrawer } from './pipeline/watermark/overlay.ts';
import { openOriginal } from './reading/open-original.ts';
import { createContentReader } from './reading/read-content.ts';
import { readUpload } from './reading/read-upload.ts';
import type { AskedPicture, Upload } from './reading/upload.ts';
import type { ImagesResult, ImageWarning } from './result/images-result.ts';
import { drawPreview, type Preview } from './result/preview.ts';
import { listWarnings } from './result/warnings.ts';
import { createThreadPool } from './threads/pool.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** What one run of a job is made with. */
interface Run {
  job: RunningJob<ImagesInput>;
  context: RunContext;
  limits: DecodeOptions;
  /** Reads a file's header. */
  read: (content: Buffer, asked?: AskedPicture) => Promise<Upload>;
  work: NativeWork;
}

/** Makes the renditions of an upload, one after the other; each is written to storage when it is done. */
export const createProcessor = defineProcessor(images, ({ config }) => {
  const untilIdle = createIdleRelease();
  const readContent = createContentReader(config);
  const budget = createMemoryBudget(config.IMAGES_MEMORY_BYTES);
  const threads = createThreadPool(config.IMAGES_CONCURRENCY);
  const converter = findConverter(config);

  async function processImage(job: RunningJob<ImagesInput>, context: RunContext) {
    const { signal } = context;
    let deadline = performance.now() + config.IMAGES_TIMEOUT_SECONDS * 1000;
    const secondsLeft = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
    const limits = { maxPixels: config.IMAGES_MAX_PIXELS, secondsLeft };
    const deps = { config, threads, signal, converter };
    const read: Run['read'] = (content, asked) => readUpload(content, deps, asked);
    const work = createNativeWork(signal);
    const run: Run = { job, context, limits, read, work };

    const overlays = await work.until(openOverlays(run));
    const askedAt = performance.now();
    const content = await work.until(readContent(job, context));
    // Fetching and waiting for a place again is not work; the run's own limit counts what of it counts.
    deadline += performance.now() - askedAt;
    const upload = await work.until(read(content, job.input));
    const { renditions, leftOut } = leaveOutLarger(upload.facts, { ...job.input, ...upload.asked });
    const assertFits = (rendition: Rendition) => {
      assertDecoded(upload.facts, rendition, config);
      assertMemory(estimateBytes(upload.facts, [rendition]), config.IMAGES_MEMORY_BYTES);
    };
    // What takes too much alone is not made, and has its error later.
    const fitting = listFitting(renditions, assertFits);
    const bytes = estimateBytes(upload.facts, fitting);
    assertMemory(bytes, config.IMAGES_MEMORY_BYTES);
    if (bytes >= HEAVY_BYTES || estimateMs(upload.facts, fitting) >= HEAVY_MS) await context.acquireHeavySlot?.();
    const giveBack = await budget.take(bytes, signal);
    try {
      const [original, damage] = await work.until(openOriginal(upload, job.input, limits));
      const decoded = await work.until(decodeOnce(original, fitting, limits));
      const metadata = createMetadataReader(threads, signal);
      const render = createRenderer(decoded.source, { ...limits, ...overlays, open: decoded.open, metadata, signal });
      const opened = { original, bytes: upload.bytes, content, decoded, renditions, fitting, assertFits };
      const { preview, made, warnings } = await makeRenditions(opened, render, run);
      freeBuffers(content, original.content, decoded.rawPixels);
      const source = describe({ ...original, ...original.own }, upload.bytes);
      return {
        result: {
          source,
          ...preview,
          ...pickAlt(job.input),
          renditions: made.map(({ summary }) => summary),
          warnings: [...damage, ...leftOut, ...warnings],
        },
        files: made.flatMap(({ file }) => file ?? []),
      };
    } finally {
      // What a run no longer waits for takes its memory all the same.
      work.settled().then(giveBack);
    }
  }

  return {
    process: (job, context) => untilIdle(() => processImage(job, context)),
    close: () => threads.close(),
  };
});

/** Lists the renditions that fit into the limits; throws the first one's error where none does. */
function listFitting(renditions: readonly Rendition[], assertFits: (rendition: Rendition) => void): Rendition[] {
  const errors: unknown[] = [];
  const fitting = renditions.filter((rendition) => {
    try {
      assertFits(rendition);
      return true;
    } catch (error) {
      errors.push(nameRendition(error, rendition, renditions.length));
      return false;
    }
  });
  if (fitting.length === 0) throw errors[0];
  return fitting;
}

/** Finds the job's watermarks, each of which is opened when a rendition first shows it, and makes what draws over pictures. */
async function openOverlays({ job, context, limits, read }: Run) {
  const openWatermark = await openWatermarks(job.input.renditions, {
    ...limits,
    find: (watermark) => findWatermark(watermark, job, context),
    read: async ({ key }) => {
      const upload = await read(await context.storage.read(key));
      const { width, height } = upload.facts;
      assertPixels({ width, height }, limits.maxPixels);
      return upload.open();
    },
  });
  return { drawOverlay: createOverlayDrawer(openWatermark, limits), drawText: createTextDrawer(limits) };
}

/** The source that renditions are made from. */
interface Opened {
  original: Source;
  /** Of the upload. */
  bytes: number;
  decoded: DecodedSource;
  renditions: Rendition[];
  /** Those of them that fit into the limits. */
  fitting: Rendition[];
  /** The upload as it came. */
  content: Buffer;
  /** Throws payload_too_large where a rendition takes more memory than there is, or more of the source than is decoded. */
  assertFits(rendition: Rendition): void;
}

/** What became of a rendition; one that could not be made has no file. */
interface Made {
  summary: ImagesResult['renditions'][number];
  file?: StoredFile;
}

/**
 * Makes, stores and reports one rendition after the other; the preview comes of the first, or of the original, and there is none
 * where the source does not fit with the regions that it is to hide. One that can not be made costs only itself, unless the job is
 * `strict`. Throws the first one's error when none could be made.
 */
async function makeRenditions({ decoded, renditions, assertFits, ...opened }: Opened, render: Render, run: Run) {
  const { original, bytes, fitting } = opened;
  const { work, job, context } = run;
  const { strict } = job.input;
  const made: Made[] = [];
  const warnings: ImageWarning[] = [];
  const errors: unknown[] = [];
  const asksHdr = renditions.some(({ gainMap }) => gainMap === 'keep');
  const warned = { ...original, bytes, hdr: asksHdr ? findHdr(opened.content, original.format) : undefined };
  let preview: Preview | undefined;
  if (strict) for (const rendition of renditions) assertParts(original, rendition);
  const canShow = renditions.every((rendition) => !rendition.regions || fitting.includes(rendition));
  const openPreview = canShow
    ? await work.until(openShown(original, decoded.open, { renditions, options: run.limits }))
    : undefined;
  for (const rendition of renditions) {
    try {
      assertParts(original, rendition);
      assertFits(rendition);
      const rendered = await work.until(render(decoded.withFixedSize(rendition)));
      const { content, format } = rendered;
      const file = await context.storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, content);
      made.push({ summary: summarise(rendition, rendered, file), file });
      warnings.push(...listWarnings(warned, rendition, rendered), ...(await listMissing(rendition)));
      const only = renditions.length === 1 ? { rendition, rendered } : undefined;
      if (openPreview) preview ??= await work.until(drawPreview(original, openPreview, only));
      freeBuffers(rendered.content, rendered.pixels?.data);
    } catch (error) {
      if (strict || !isOfRendition(error, rendition)) throw nameRendition(error, rendition, renditions.length);
      errors.push(nameRendition(error, rendition, renditions.length));
      made.push({ summary: { name: rendition.name, error: { code: error.code, detail: error.message } } });
    }
    const done = made.length;
    const percent = (100 * done) / renditions.length;
    context.progress({ percent, done, total: renditions.length, unit: 'renditions' });
  }
  if (errors.length === renditions.length) throw errors[0];
  return { preview, made, warnings };
}

/** Throws invalid_request where a rendition names a part of its source that is not there. */
function assertParts(original: Source, rendition: Rendition): void {
  assertCrop(original, rendition);
  assertRegions(original, rendition);
}

/** Errors that are of one rendition; damage is the whole image's, unless it is a watermark's. */
function isOfRendition(error: unknown, { watermark }: Rendition): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (['payload_too_large', 'invalid_request', 'size_unmet'].includes(error.code)) return true;
  return watermark !== undefined && error instanceof WatermarkFault;
}

/** Puts the rendition's name before the sentence of an error of its own, where that lacks it and there are several. */
function nameRendition(error: unknown, rendition: Rendition, count: number): unknown {
  if (count === 1 || !isOfRendition(error, rendition) || error.message.includes(`"${rendition.name}"`)) return error;
  return new AppError(error.code, `Rendition "${rendition.name}": ${error.message}`, { cause: error });
}

function summarise({ name }: Rendition, rendered: Rendered, file: StoredFile) {
  const { content: _content, pixels: _pixels, keepsGainMap: _gains, similarity, ...facts } = rendered;
  const measured = similarity === undefined ? {} : { similarity: Math.round(similarity * 1e4) / 1e4 };
  return { name, ...facts, ...measured, bytes: file.bytes, file: file.name };
}

const pickAlt = ({ alt }: ImagesInput) => (alt === undefined ? {} : { alt });

function describe({ width, height, format, orientation, pages }: Source, bytes: number): ImagesResult['source'] {
  const animated = pages > 1 && MOVING_FORMATS.includes(format);
  return { width, height, format, bytes, orientation, animated, pages };
}
