import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { IMAGE_FORMATS } from '../../../workers/images/formats/image-format.ts';
import { createProcessor } from '../../../workers/images/processor.ts';
import { drawNoise, drawQuadrants } from './pictures.ts';
import { prepare, processor, run } from './run.ts';

describe('a run', () => {
  it('many renditions of one source: each as asked, progress after each', async () => {
    const renditions = Array.from({ length: 20 }, (_, index) => ({
      name: `r${index}`,
      width: 10 + index,
      format: IMAGE_FORMATS[index % IMAGE_FORMATS.length],
    }));
    const { result, files, written, progress } = await run(await drawQuadrants().jpeg().toBuffer(), { renditions });
    expect(result.renditions.map(({ name, width, format }) => ({ name, width, format }))).toEqual(renditions);
    expect(await written()).toEqual(files.map(({ name }) => name).sort());
    expect(progress).toHaveLength(20);
    expect(progress.at(4)).toEqual({ percent: 25, done: 5, total: 20, unit: 'renditions' });
    expect(progress.at(-1)?.percent).toBe(100);
  });

  it('run twice: the second replaces what the first wrote', async () => {
    const { job, context, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), { width: 50 });
    const first = await processor.process(job, context);
    const second = await processor.process(job, context);
    expect(second).toEqual(first);
    expect(await written()).toEqual(['image.jpg']);
  });

  it('aborted before it began: rejects with the reason, nothing is written', async () => {
    const { job, context, abort, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), {});
    const reason = new AppError('cancelled', 'The job was cancelled.');
    abort.abort(reason);
    await expect(processor.process(job, context)).rejects.toBe(reason);
    expect(await written()).toEqual([]);
  });

  it('aborted while libvips is at work: rejects before that work ends, nothing is written', async () => {
    const { job, context, abort, written } = await prepare(await drawNoise(1900, 1900).jpeg().toBuffer(), {
      format: 'avif',
      blur: 20,
    });
    const reason = new AppError('timed_out', 'The job took longer than 60 seconds.');
    const running = processor.process(job, context);
    while (sharp.counters().process === 0 || sharp.counters().queue > 0) await new Promise(setImmediate);
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(sharp.counters().process).toBeGreaterThan(0);
    while (sharp.counters().process > 0) await new Promise(setImmediate);
    expect(await written()).toEqual([]);
  });

  it('aborted after a rendition: no further one is begun', async () => {
    const renditions = ['a', 'b', 'c'].map((name) => ({ name, width: 50 }));
    const { job, context, abort, written } = await prepare(await drawQuadrants().jpeg().toBuffer(), { renditions });
    const reason = new AppError('interrupted', 'The worker is shutting down.');
    const progress = () => abort.abort(reason);
    await expect(processor.process(job, { ...context, progress })).rejects.toBe(reason);
    expect(await written()).toEqual(['a.jpg']);
  });

  it('longer than the time limit, and nobody aborts: libvips stops by itself with timed_out', async () => {
    const hasty = createProcessor({
      config: { ...defaultConfig(), IMAGES_TIMEOUT_SECONDS: 1 },
      log: pino({ level: 'silent' }),
    });
    const upload = await drawNoise(2800, 2200).jpeg().toBuffer();
    const { job, context, written } = await prepare(upload, { format: 'webp', lossless: true });
    await expect(hasty.process(job, context)).rejects.toMatchObject({ code: 'timed_out' });
    expect(await written()).toEqual([]);
  });
});
