import { AppError } from '../../src/errors.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import type { StoredFile } from '../../src/jobs/stored-file.ts';
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
import { assertMemory, estimateBytes } from './pipeline/memory.ts';
import { createMemoryBudget } from './pipeline/memory-budget.ts';
import { createNativeWork, type NativeWork } from './pipeline/native-work.ts';
import { createContentReader } from './pipeline/read-content.ts';
import { readUpload, type Upload } from './pipeline/read-upload.ts';
import { createRenderer, type Render } from './pipeline/render.ts';
import { findWatermark, openWatermarks } from './pipeline/watermark/open-watermarks.ts';
import { createOverlayDrawer } from './pipeline/watermark/overlay.ts';
import type { ImagesResult } from './result/images-result.ts';
import { drawPreview, type Preview } from './result/preview.ts';
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

    const { renditions } = job.input;
    const drawOverlay = await work.until(openOverlays(run));
    const askedAt = performance.now();
    const content = await work.until(readContent(job, context));
    // Fetching and waiting for a place again is not work; the run's own limit counts what of it counts.
    deadline += performance.now() - askedAt;
    const upload = await work.until(read(content));
    const bytes = estimateBytes(upload.facts, renditions);
    assertMemory(bytes, config.IMAGES_MEMORY_BYTES);
    if (bytes >= HEAVY_BYTES || estimateMs(upload.facts, renditions) >= HEAVY_MS) await context.acquireHeavySlot?.();
    const giveBack = await budget.take(bytes, signal);
    try {
      const original = await work.until(upload.open());
      for (const rendition of renditions) assertCrop(original, rendition);
      const decoded = await work.until(decodeOnce(original, renditions, limits));
      const metadata = createMetadataReader(threads, signal);
      const render = createRenderer(decoded.source, { ...limits, open: decoded.open, drawOverlay, metadata, signal });
      const { preview, made } = await makeRenditions(original, decoded, render, run);
      freeBuffers(content, original.content, decoded.rawPixels);
      const source = describe(original, upload.bytes);
      return {
        result: { source, ...preview, renditions: made.map(({ summary }) => summary) },
        files: made.map(({ file }) => file),
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

/** Makes, stores and reports one rendition after the other; the preview comes of the first, or of the original. */
async function makeRenditions(original: Source, { open, withFixedSize }: DecodedSource, render: Render, run: Run) {
  const { progress, storage } = run.context;
  const { work } = run;
  const { renditions } = run.job.input;
  const made: { summary: ImagesResult['renditions'][number]; file: StoredFile }[] = [];
  let preview: Preview | undefined;
  for (const rendition of renditions) {
    const rendered = await work.until(render(withFixedSize(rendition))).catch((error) => {
      throw renditions.length > 1 ? nameRendition(error, rendition) : error;
    });
    const { content, format } = rendered;
    const file = await storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, content);
    made.push({ summary: summarise(rendition, rendered, file), file });
    const only = renditions.length === 1 ? { rendition, rendered } : undefined;
    preview ??= await work.until(drawPreview(original, open, only));
    freeBuffers(rendered.content, rendered.pixels?.data);
    const done = made.length;
    progress({ percent: (100 * done) / renditions.length, done, total: renditions.length, unit: 'renditions' });
  }
  return { preview, made };
}

/** Puts the rendition's name before the error's sentence, where that lacks it; damage is the whole image's. */
function nameRendition(error: unknown, { name }: Rendition): unknown {
  const isItsOwn =
    error instanceof AppError && ['payload_too_large', 'invalid_request', 'size_unmet'].includes(error.code);
  if (!isItsOwn || error.message.includes(`"${name}"`)) return error;
  return new AppError(error.code, `Rendition "${name}": ${error.message}`, { cause: error });
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
