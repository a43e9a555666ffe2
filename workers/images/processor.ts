import { defineProcessor, type StoredFile } from '../../src/jobs/define.ts';
import { createContentReader } from './content.ts';
import type { Rendered } from './encode.ts';
import { classifyImageError } from './image-error.ts';
import { type ImagesResult, images, type Rendition } from './job.ts';
import { renderRendition } from './render.ts';
import { openSource, readSource, type Source } from './source.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** Makes the renditions of an upload, one after the other; each is written to storage when it is done. */
export const createProcessor = defineProcessor(images, ({ config }) => {
  const readContent = createContentReader(config);
  return {
    async process(job, context) {
      const { signal, progress, storage } = context;
      const deadline = performance.now() + config.IMAGE_TIMEOUT_SECONDS * 1000;
      const secondsLeft = () => Math.max(1, Math.ceil((deadline - performance.now()) / 1000));
      const maxPixels = config.IMAGE_MAX_PIXELS;
      const { renditions } = job.input;

      const source = await run(
        signal,
        readContent(job, context).then((content) => readSource(content, config)),
      );
      const open = await run(signal, openSource(source, renditions.length, { maxPixels, secondsLeft }));
      const made: { summary: ImagesResult['renditions'][number]; file: StoredFile }[] = [];
      for (const rendition of renditions) {
        const rendered = await run(signal, renderRendition(open(), source, rendition, maxPixels));
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

function summarise({ name }: Rendition, { width, height, format, quality }: Rendered, file: StoredFile) {
  return { name, width, height, format, bytes: file.bytes, quality, file: file.name };
}

function describe({ content, width, height, format, orientation, pages }: Source): ImagesResult['source'] {
  const animated = pages > 1 && (format === 'gif' || format === 'webp');
  return { width, height, format, bytes: content.length, orientation, animated, pages };
}
