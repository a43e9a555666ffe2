import { AppError } from '../../src/errors.ts';
import type { StoredFile } from '../../src/jobs/files/stored-file.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import type { Rendered } from './encode/rendered.ts';
import type { ImagesInput } from './input/images-input.ts';
import type { Rendition } from './input/rendition.ts';
import { images } from './job.ts';
import { createIdleRelease, freeBuffers } from './memory.ts';
import { createMetadataReader } from './metadata/reader.ts';
import type { DecodeOptions, Source } from './picture/source.ts';
import { estimateMs, HEAVY_BYTES, HEAVY_MS } from './pipeline/cost.ts';
import { type DecodedSource, decodeOnce } from './pipeline/decode-once.ts';
import { assertCrop } from './pipeline/geometry.ts';
import { leaveOutLarger } from './pipeline/leave-out.ts';
import { assertMemory, estimateBytes } from './pipeline/memory.ts';
import { createMemoryBudget } from './pipeline/memory-budget.ts';
import { createNativeWork, type NativeWork } from './pipeline/native-work.ts';
import { openOriginal } from './pipeline/open-original.ts';
import { createContentReader } from './pipeline/read-content.ts';
import { readUpload } from './pipeline/read-upload.ts';
import { createRenderer, type Render } from './pipeline/render.ts';
import type { Upload } from './pipeline/upload.ts';
import { findWatermark, openWatermarks, WatermarkFault } from './pipeline/watermark/open-watermarks.ts';
import { createOverlayDrawer } from './pipeline/watermark/overlay.ts';
import type { ImagesResult, ImageWarning } from './result/images-result.ts';
import { drawPreview, type Preview } from './result/preview.ts';
import { isMovingPng, listWarnings } from './result/warnings.ts';
import { createThreadPool } from './threads/pool.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** What one run of a job is made with. */
interface Run {
  job: RunningJob<ImagesInput>;
  context: RunContext;
  limits: DecodeOptions;
  /** Reads a file's header and checks it against the limits. */
  read: (content: Buffer) => Promise<Upload>;
  work: NativeWork;
}

/** Makes the renditions of an upload, one after the other; each is written to storage when it is done. */
export const createProcessor = defineProcessor(images, ({ config }) => {
  const untilIdle = createIdleRelease();
  const readContent = createContentReader(config);
  const budget = createMemoryBudget(config.IMAGES_MEMORY_BYTES);
  const threads = createThreadPool(config.IMAGES_CONCURRENCY);

  async function processImage(job: RunningJob<ImagesInput>, context: RunContext) {
    const { signal } = context;
    let deadline = performance.now() + config.IMAGES_TIMEOUT_SECONDS * 1000;
    const secondsLeft = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
    const limits = { maxPixels: config.IMAGES_MAX_PIXELS, secondsLeft };
    const read = (content: Buffer) => readUpload(content, { config, threads, signal });
    const work = createNativeWork(signal);
    const run: Run = { job, context, limits, read, work };

    const drawOverlay = await work.until(openOverlays(run));
    const askedAt = performance.now();
    const content = await work.until(readContent(job, context));
    // Fetching and waiting for a place again is not work; the run's own limit counts what of it counts.
    deadline += performance.now() - askedAt;
    const upload = await work.until(read(content));
    const { isSet, alt } = job.input;
    const { made: renditions, warnings: leftOut } = isSet
      ? leaveOutLarger(upload.facts, job.input.renditions)
      : { made: job.input.renditions, warnings: [] };
    const assertFits = (rendition: Rendition) =>
      assertMemory(estimateBytes(upload.facts, [rendition]), config.IMAGES_MEMORY_BYTES);
    // What takes too much memory alone is not made, and has its error later.
    const fitting = renditions.filter(
      (rendition) => estimateBytes(upload.facts, [rendition]) <= config.IMAGES_MEMORY_BYTES,
    );
    const bytes = estimateBytes(upload.facts, fitting.length > 0 ? fitting : renditions);
    assertMemory(bytes, config.IMAGES_MEMORY_BYTES);
    if (bytes >= HEAVY_BYTES || estimateMs(upload.facts, fitting) >= HEAVY_MS) await context.acquireHeavySlot?.();
    const giveBack = await budget.take(bytes, signal);
    try {
      const [original, damage] = await work.until(openOriginal(upload, job.input, limits));
      const decoded = await work.until(decodeOnce(original, fitting, limits));
      const metadata = createMetadataReader(threads, signal);
      const render = createRenderer(decoded.source, { ...limits, open: decoded.open, drawOverlay, metadata, signal });
      const { preview, made, warnings } = await makeRenditions(
        { original, bytes: upload.bytes, decoded, renditions, assertFits },
        render,
        run,
      );
      freeBuffers(content, original.content, decoded.rawPixels);
      const source = describe(original, upload.bytes);
      return {
        result: {
          source,
          ...preview,
          ...(alt === undefined ? {} : { alt }),
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

/** Finds the job's watermarks, each of which is opened when a rendition first shows it. */
async function openOverlays({ job, context, limits, read }: Run) {
  const openWatermark = await openWatermarks(job.input.renditions, {
    ...limits,
    find: (watermark) => findWatermark(watermark, job, context),
    read: async ({ key }) => (await read(await context.storage.read(key))).open(),
  });
  return createOverlayDrawer(openWatermark, limits);
}

/** The source that renditions are made from. */
interface Opened {
  original: Source;
  /** Of the upload. */
  bytes: number;
  decoded: DecodedSource;
  renditions: Rendition[];
  /** Throws payload_too_large where a rendition takes more memory than there is. */
  assertFits(rendition: Rendition): void;
}

/** What became of a rendition; one that could not be made has no file. */
interface Made {
  summary: ImagesResult['renditions'][number];
  file?: StoredFile;
}

/**
 * Makes, stores and reports one rendition after the other; the preview comes of the first, or of the original. One that can
 * not be made costs only itself, unless the job is `strict`. Throws the first one's error when none could be made.
 */
async function makeRenditions({ decoded, renditions, assertFits, ...opened }: Opened, render: Render, run: Run) {
  const { original, bytes } = opened;
  const { work, job, context } = run;
  const { strict } = job.input;
  const made: Made[] = [];
  const warnings: ImageWarning[] = [];
  const errors: unknown[] = [];
  const warned = { ...original, bytes, isMovingPng: isMovingPng(original.content) };
  let preview: Preview | undefined;
  if (strict) for (const rendition of renditions) assertCrop(original, rendition);
  for (const rendition of renditions) {
    try {
      assertCrop(original, rendition);
      assertFits(rendition);
      const rendered = await work.until(render(decoded.withFixedSize(rendition)));
      const { content, format } = rendered;
      const file = await context.storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, content);
      made.push({ summary: summarise(rendition, rendered, file), file });
      warnings.push(...listWarnings(warned, rendition, rendered));
      const only = renditions.length === 1 ? { rendition, rendered } : undefined;
      preview ??= await work.until(drawPreview(original, decoded.open, only));
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
  const { content: _content, pixels: _pixels, similarity, ...facts } = rendered;
  const measured = similarity === undefined ? {} : { similarity: Math.round(similarity * 1e4) / 1e4 };
  return { name, ...facts, ...measured, bytes: file.bytes, file: file.name };
}

function describe({ width, height, format, orientation, pages }: Source, bytes: number): ImagesResult['source'] {
  const animated = pages > 1 && (format === 'gif' || format === 'webp');
  return { width, height, format, bytes, orientation, animated, pages };
}
