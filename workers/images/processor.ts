import type { Config } from '../../src/config.ts';
import { defineProcessor, type StoredFile } from '../../src/jobs/define.ts';
import { createContentReader } from './content.ts';
import type { Rendered } from './encode.ts';
import { assertPixels, detectFormat, readDimensions } from './header.ts';
import { createHeicPool, type HeicPool } from './heic/pool.ts';
import { classifyImageError } from './image-error.ts';
import { type ImagesResult, images, type Rendition } from './job.ts';
import { createOverlays } from './overlay.ts';
import { createRenderer } from './render.ts';
import { openSource, readSource, type Source } from './source.ts';
import { createWatermarks, findWatermark } from './watermarks.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** Makes the renditions of an upload, one after the other; each is written to storage when it is done. */
export const createProcessor = defineProcessor(images, ({ config }) => {
  const readContent = createContentReader(config);
  const heic = createHeicPool(config.IMAGES_CONCURRENCY, config.IMAGE_MAX_PIXELS);
  return {
    async process(job, context) {
      const { signal, progress, storage } = context;
      const deadline = performance.now() + config.IMAGE_TIMEOUT_SECONDS * 1000;
      const secondsLeft = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
      const limits = { maxPixels: config.IMAGE_MAX_PIXELS, secondsLeft };
      const { renditions } = job.input;
      const read = (upload: Buffer) => readUpload(upload, { config, heic, signal });

      const source = await run(signal, readContent(job, context).then(read));
      const open = await run(signal, openSource(source, renditions.length, limits));
      const openWatermark = createWatermarks({
        ...limits,
        find: (watermark) => findWatermark(watermark, job, context),
        read: async ({ key }) => read(await storage.read(key)),
      });
      const drawOverlay = createOverlays(openWatermark, limits);
      const render = createRenderer(source, { ...limits, open, drawOverlay, signal });
      const made: { summary: ImagesResult['renditions'][number]; file: StoredFile }[] = [];
      for (const rendition of renditions) {
        const rendered = await run(signal, render(rendition));
        const { content, format } = rendered;
        const file = await storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, content);
        made.push({ summary: summarise(rendition, rendered, file), file });
        const done = made.length;
        progress({ percent: (100 * done) / renditions.length, done, total: renditions.length, unit: 'renditions' });
      }
      return {
        result: { source: describe(source), renditions: made.map(({ summary }) => summary) },
        files: made.map(({ file }) => file),
      };
    },
    close: () => heic.close(),
  };
});

interface ReadDeps {
  config: Config;
  heic: HeicPool;
  signal: AbortSignal;
}

/** Reads an upload; a HEIC file is decoded first, its size held against the limit before that. */
async function readUpload(upload: Buffer, { config, heic, signal }: ReadDeps): Promise<Upload> {
  const bytes = upload.length;
  if (detectFormat(upload) !== 'heic') return { ...(await readSource(upload, config)), bytes };
  const size = readDimensions(upload);
  if (size) assertPixels(size.width, size.height, 1, config.IMAGE_MAX_PIXELS);
  return { ...(await readSource(await heic.decode(upload, signal), config)), format: 'heic', bytes };
}

/** A source, and how many bytes its file has. */
type Upload = Source & { bytes: number };

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

function summarise({ name }: Rendition, { width, height, format, quality }: Rendered, file: StoredFile) {
  return { name, width, height, format, bytes: file.bytes, quality, file: file.name };
}

function describe({ bytes, width, height, format, orientation, pages }: Upload): ImagesResult['source'] {
  const animated = pages > 1 && (format === 'gif' || format === 'webp');
  return { width, height, format, bytes, orientation, animated, pages };
}
