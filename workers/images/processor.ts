import type { StoredFile } from '../../src/jobs/files/stored-file.ts';
import { defineProcessor, type RunContext, type RunningJob } from '../../src/jobs/processor.ts';
import { findHdr } from './colours/hdr.ts';
import type { Rendered } from './encode/rendered.ts';
import { findConverter } from './formats/heic/native/find-converter.ts';
import { assertPixels } from './formats/pixel-limit.ts';
import type { ImagesInput } from './input/images-input.ts';
import type { Rendition } from './input/rendition.ts';
import { images } from './job.ts';
import { HEAVY_BYTES, HEAVY_MS } from './limits/cost.ts';
import { createMemoryBudget } from './limits/memory-budget.ts';
import { type Plan, planRenditions } from './limits/plan.ts';
import { createIdleRelease, freeBuffers } from './memory.ts';
import { createMetadataReader } from './metadata/reader.ts';
import { type AskedPages, type DecodeOptions, MOVING_FORMATS, type Source } from './picture/source.ts';
import type { DecodedSource } from './pipeline/decode-once.ts';
import { assertCrop } from './pipeline/geometry.ts';
import { leaveOutLarger } from './pipeline/leave-out.ts';
import { createNativeWork, type NativeWork } from './pipeline/native-work.ts';
import { createOpenings, type Openings } from './pipeline/openings.ts';
import { assertRegions } from './pipeline/regions.ts';
import { createRenderer } from './pipeline/render.ts';
import { createTextDrawer } from './pipeline/text/draw-text.ts';
import { listMissing } from './pipeline/text/missing-glyphs.ts';
import { findWatermark, openWatermarks } from './pipeline/watermark/open-watermarks.ts';
import { createOverlayDrawer } from './pipeline/watermark/overlay.ts';
import { createContentReader } from './reading/read-content.ts';
import { readUpload } from './reading/read-upload.ts';
import type { Upload } from './reading/upload.ts';
import { isOfRendition, nameRendition } from './rendition-error.ts';
import { listGrowth } from './result/growth.ts';
import type { ImagesResult, ImageWarning } from './result/images-result.ts';
import { drawPreview } from './result/preview.ts';
import { listWarnings } from './result/warnings.ts';
import { createThreadPool } from './threads/pool.ts';

const EXTENSIONS = { jpeg: 'jpg', png: 'png', webp: 'webp', avif: 'avif', gif: 'gif', tiff: 'tiff' } as const;

/** What one run of a job is made with. */
interface Run {
  job: RunningJob<ImagesInput>;
  context: RunContext;
  limits: DecodeOptions;
  /** Reads a file's header. */
  read: (content: Buffer, pages?: AskedPages) => Promise<Upload>;
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
    const read: Run['read'] = (content, pages) => readUpload(content, deps, pages);
    const work = createNativeWork(signal);
    const run: Run = { job, context, limits, read, work };

    const overlays = await work.until(openOverlays(run));
    const askedAt = performance.now();
    const content = await work.until(readContent(job, context));
    // Fetching and waiting for a place again is not work; the run's own limit counts what of it counts.
    deadline += performance.now() - askedAt;
    const upload = await work.until(read(content, job.input));
    // What has no pixels of its own is as wide as it is asked for.
    const { renditions, leftOut } = upload.drawFor
      ? { renditions: job.input.renditions, leftOut: [] }
      : leaveOutLarger(upload.facts, job.input);
    // What takes too much alone is not made, and has its error later.
    const plan = planRenditions(upload, renditions, config);
    if (plan.bytes >= HEAVY_BYTES || plan.ms >= HEAVY_MS) await context.acquireHeavySlot?.();
    const giveBack = await budget.take(plan.bytes, signal);
    try {
      const metadata = createMetadataReader(threads, signal);
      const createRender = ({ source, open }: DecodedSource, group: readonly Rendition[]) =>
        createRenderer(source, group, { ...limits, ...overlays, open, metadata, threads, signal });
      const openings = createOpenings(upload, { asked: job.input, limits, createRender });
      const { source, preview, made, warnings } = await makeRenditions({ renditions, plan, openings, content }, run);
      openings.close();
      freeBuffers(content);
      return {
        result: {
          source,
          ...preview,
          ...pickAlt(job.input),
          renditions: made.map(({ summary }) => summary),
          warnings: [...leftOut, ...warnings],
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

/** What became of a rendition; one that could not be made has no file. */
interface Made {
  summary: ImagesResult['renditions'][number];
  file?: StoredFile;
}

/** What a job's renditions are made of. */
interface Making {
  renditions: Rendition[];
  plan: Plan;
  openings: Openings;
  /** The upload as it came. */
  content: Buffer;
}

/**
 * Makes, stores and reports one rendition after the other; the preview comes of the only one, or of the original, and there is
 * none where the source does not fit with the regions that it is to hide. One that can not be made costs only itself, unless the job is
 * `strict`. Throws the first one's error when none could be made.
 */
async function makeRenditions({ renditions, plan, openings, content }: Making, run: Run) {
  const { work, job, context } = run;
  const { strict } = job.input;
  const made: Made[] = [];
  const errors: unknown[] = [];
  const [firstGroup = []] = plan.groups;
  const { original, damage, openShown } = await work.until(openings.openFor(firstGroup));
  const warnings: ImageWarning[] = [...damage];
  const asksHdr = renditions.some(({ gainMap }) => gainMap === 'keep');
  const hdr = asksHdr ? findHdr(content, original.format) : undefined;
  const warned = { ...original, hdr };
  const whole = { ...original, ...original.own };
  if (strict) for (const rendition of renditions) assertParts(whole, rendition);
  const canShow = renditions.every((rendition) => !rendition.regions || plan.fitting.includes(rendition));
  const open = canShow ? await work.until(openShown(renditions)) : undefined;
  const isOnly = renditions.length === 1;
  let preview = open && !isOnly ? await work.until(drawPreview(original, open)) : undefined;
  for (const rendition of renditions) {
    try {
      assertParts(whole, rendition);
      plan.assertFits(rendition);
      const group = plan.groups.find((one) => one.includes(rendition)) ?? firstGroup;
      const { render } = await work.until(openings.openFor(group));
      const rendered = await work.until(render(rendition));
      const { content: written, format } = rendered;
      const file = await context.storage.write(`${rendition.name}.${EXTENSIONS[format]}`, `image/${format}`, written);
      made.push({ summary: summarise(rendition, rendered, file), file });
      warnings.push(...listWarnings(warned, rendition, rendered));
      if (damage.length === 0) warnings.push(...(await listGrowth(original, content.length, rendition, rendered)));
      warnings.push(...(await listMissing(rendition)));
      if (open && isOnly) preview = await work.until(drawPreview(original, open, { rendition, rendered }));
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
  return { source: describe(whole, content.length), preview, made, warnings };
}

/** Throws invalid_request where a rendition names a part of its source that is not there. */
function assertParts(original: Source, rendition: Rendition): void {
  assertCrop(original, rendition);
  assertRegions(original, rendition);
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
