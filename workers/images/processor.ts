import { AppError } from '../../src/errors.ts';
import { defineProcessor } from '../../src/jobs/processor.ts';
import type { StoredFile } from '../../src/jobs/stored-file.ts';
import type { Rendered } from './encode/rendered.ts';
import { createHeicPool } from './formats/heic/pool.ts';
import { classifyImageError } from './formats/image-error.ts';
import type { Rendition } from './input/rendition.ts';
import { images } from './job.ts';
import { createIdleRelease, freeBuffers } from './memory.ts';
import { estimateMs, HEAVY_MS } from './pipeline/cost.ts';
import { shareSource } from './pipeline/decode-once.ts';
import { assertCrop } from './pipeline/geometry.ts';
import { createContentReader } from './pipeline/read-content.ts';
import { readUpload } from './pipeline/read-upload.ts';
import { createRenderer } from './pipeline/render.ts';
import type { Source } from './pipeline/source.ts';
import { findWatermark, openWatermarks } from './pipeline/watermark/open-watermarks.ts';
import { createOverlays } from './pipeline/watermark/overlay.ts';
import type { ImagesResult } from './result/images-result.ts';
import { drawPreview, type Preview } from './result/preview.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** Makes the renditions of an upload, one after the other; each is written to storage when it is done. */
export const createProcessor = defineProcessor(images, ({ config }) => {
  const untilIdle = createIdleRelease();
  const readContent = createContentReader(config);
  const heic = createHeicPool(config.IMAGES_CONCURRENCY, config.IMAGE_MAX_PIXELS);
  return {
    process: (job, context) =>
      untilIdle(async () => {
        const { signal, progress, storage } = context;
        const deadline = performance.now() + config.IMAGE_TIMEOUT_SECONDS * 1000;
        const secondsLeft = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
        const limits = { maxPixels: config.IMAGE_MAX_PIXELS, secondsLeft };
        const { renditions } = job.input;
        const read = (content: Buffer) => readUpload(content, { config, heic, signal });

        const watermarks = openWatermarks(renditions, {
          ...limits,
          find: (watermark) => findWatermark(watermark, job, context),
          read: async ({ key }) => (await read(await storage.read(key))).open(),
        });
        const openWatermark = await run(signal, watermarks);
        const content = await run(signal, readContent(job, context));
        const upload = await run(signal, read(content));
        if (estimateMs(upload.facts, renditions) >= HEAVY_MS) await context.asHeavy?.();
        const whole = await run(signal, upload.open());
        for (const rendition of renditions) assertCrop(whole, rendition);
        const { source, open, pixels, pin } = await run(signal, shareSource(whole, renditions, limits));
        const drawOverlay = createOverlays(openWatermark, limits);
        const render = createRenderer(source, { ...limits, open, drawOverlay, signal });
        const made: { summary: ImagesResult['renditions'][number]; file: StoredFile }[] = [];
        let preview: Preview | undefined;
        for (const rendition of renditions) {
          const rendered = await run(signal, render(pin(rendition))).catch((error) => {
            throw renditions.length > 1 ? nameRendition(error, rendition) : error;
          });
          const { content, format } = rendered;
          const file = await storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, content);
          made.push({ summary: summarise(rendition, rendered, file), file });
          const only = renditions.length === 1 ? { rendition, rendered } : undefined;
          preview ??= await run(signal, drawPreview(whole, open, only));
          freeBuffers(rendered.content, rendered.pixels?.data);
          const done = made.length;
          progress({ percent: (100 * done) / renditions.length, done, total: renditions.length, unit: 'renditions' });
        }
        freeBuffers(content, whole.content, pixels);
        return {
          result: { source: describe(whole, upload.bytes), ...preview, renditions: made.map(({ summary }) => summary) },
          files: made.map(({ file }) => file),
        };
      }),
    close: () => heic.close(),
  };
});

/**
 * Awaits native work, but no longer than the run may last: libvips can't be stopped from outside, so the run ends at
 * once with the signal's reason and the pipeline ends by its own time limit, its outcome ignored.
 */
async function run<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted.promise, work]);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw classifyImageError(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** The error with the rendition's name before its sentence, where it lacks it; damage is the whole image's. */
function nameRendition(error: unknown, { name }: Rendition): unknown {
  const itsOwn =
    error instanceof AppError && ['payload_too_large', 'invalid_request', 'size_unmet'].includes(error.code);
  if (!itsOwn || error.message.includes(`"${name}"`)) return error;
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
