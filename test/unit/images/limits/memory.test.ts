import { afterAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Metadata } from 'sharp';
import { defaultConfig } from '../../../../workers/config.ts';
import { images } from '../../../../workers/images/job.ts';
import { assertMemory, estimateBytes } from '../../../../workers/images/limits/memory.ts';
import { createMemoryBudget } from '../../../../workers/images/limits/memory-budget.ts';
import { decodeBytes } from '../../../../workers/images/picture/decode-memory.ts';
import type { SourceFacts } from '../../../../workers/images/picture/source.ts';
import { createProcessor } from '../../../../workers/images/processor.ts';
import { drawQuadrants, openBench } from '../pictures.ts';

const MB = 1_000_000;
const never = new AbortController().signal;
const photo: SourceFacts = {
  width: 8000,
  height: 6000,
  format: 'jpeg',
  hasAlpha: false,
  pages: 1,
  frames: 1,
  canShrink: true,
  decodeBytes: 0.2,
};
const IPHONE = { width: 8064, height: 6048 };
const AVIF = { width: 4032, height: 3024, format: 'avif', decodeBytes: 18 } as const;
const FACES = [{ left: 100, top: 100, width: 500, height: 500 }];
const estimate = (fields: Record<string, unknown>, source: Partial<SourceFacts> = {}) =>
  estimateBytes({ ...photo, ...source }, images.input.parse(fields).renditions);

describe('the estimate of a job’s memory', () => {
  it.each<[string, Record<string, unknown>, Partial<SourceFacts>, number]>([
    ['a thumbnail of a large photograph', { width: 400 }, {}, 30],
    [
      'a part of a photograph of 220 megapixels, turned and blurred',
      { width: 3000, rotate: 90, blur: 3 },
      { width: 17_000, height: 12_900 },
      300,
    ],
    ['all of a large photograph', {}, {}, 480],
    ['all of it as WebP', { format: 'webp' }, {}, 480],
    ['regions of a photograph of 48 megapixels', { regions: FACES }, IPHONE, 480],
    [
      'several sizes of it without them',
      { widths: [400, 1600], formats: ['jpeg', 'avif'], regions: FACES },
      IPHONE,
      480,
    ],
    ['the same with its metadata', { width: 1600, metadata: 'all', regions: FACES }, IPHONE, 480],
    ['12 megapixels as AVIF', { format: 'avif' }, { width: 4032, height: 3024 }, 480],
    ['19 megapixels as AVIF', { format: 'avif' }, { width: 5312, height: 3576 }, 480],
    ['12 megapixels of AVIF, turned', { format: 'avif', rotate: 90 }, AVIF, 480],
    ['the same with all of its colours', { format: 'avif', quality: 95 }, AVIF, 480],
    ['12 megapixels, the smallest format', { format: 'auto' }, { width: 4032, height: 3024 }, 480],
    [
      '300 frames of 400 x 400, as large',
      {},
      { width: 400, height: 400, pages: 300, frames: 300, format: 'gif', decodeBytes: 8 },
      480,
    ],
    ['a thumbnail of a large WebP, which is decoded smaller', { width: 400 }, { format: 'webp', decodeBytes: 7 }, 30],
  ])('%s: within the limit', (_name, fields, source, mostMb) => {
    expect(estimate(fields, source)).toBeLessThan(mostMb * MB);
  });

  it.each<[string, Record<string, unknown>, Partial<SourceFacts>]>([
    ['a large photograph as AVIF', { format: 'avif' }, {}],
    ['19 megapixels as AVIF with all of their colours', { format: 'avif', quality: 90 }, { width: 5312, height: 3576 }],
    ['a large AVIF', { width: 400 }, { format: 'avif', decodeBytes: 18 }],
    ['a large TIFF of sixteen channels of eight bytes', { width: 400 }, { format: 'tiff', decodeBytes: 128 }],
  ])('%s: over the limit, with the figures', (_name, fields, source) => {
    const bytes = estimate(fields, source);
    expect(() => assertMemory(bytes, 480 * MB)).toThrow(/take about [\d,]{11,13} bytes of memory; at most 480,000,000/);
  });

  it.each<[string, SourceFacts['format'], Partial<Metadata>, number]>([
    ['a JPEG: row by row', 'jpeg', { channels: 3 }, 0.2],
    [
      'a progressive JPEG: its coefficients',
      'jpeg',
      { channels: 3, isProgressive: true, chromaSubsampling: '4:4:4' },
      6,
    ],
    ['an interlaced PNG of 16 bits: all of it', 'png', { channels: 4, depth: 'ushort', isProgressive: true }, 9],
    ['a TIFF of doubles', 'tiff', { channels: 4, depth: 'double' }, 32],
  ])('%s', (_name, format, metadata, bytes) => {
    expect(decodeBytes(format, metadata as Metadata)).toBe(bytes);
  });
});

describe('the memory of one worker process', () => {
  it('a job that finds no room waits, those behind it too; small ones do not', async () => {
    const budget = createMemoryBudget(480 * MB);
    const began: string[] = [];
    const take = async (name: string, mb: number, signal = never) => {
      const giveBack = await budget.take(mb * MB, signal);
      began.push(name);
      return giveBack;
    };
    const [first, second] = [await take('first', 400), await take('second', 100)];
    const third = take('third', 300);
    const fourth = take('fourth', 40);
    (await take('small', 20))();
    expect(began).toEqual(['first', 'second', 'small']);
    first();
    await third;
    await fourth;
    expect(began).toEqual(['first', 'second', 'small', 'third', 'fourth']);
    second();
  });

  it('a job that is cancelled while it waits: rejects, and those behind it go on', async () => {
    const budget = createMemoryBudget(480 * MB);
    await budget.take(480 * MB, never);
    const controller = new AbortController();
    const cancelled = budget.take(480 * MB, controller.signal);
    const behind = budget.take(60 * MB, never);
    controller.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    await behind;
  });
});

describe('an image that would take more memory than is taken', () => {
  const config = { ...defaultConfig(), IMAGES_MEMORY_BYTES: 10 * MB };
  const processor = createProcessor({ config, log: pino({ level: 'silent' }) });
  afterAll(() => processor.close?.());

  it('is refused before it is decoded, and nothing is written', async () => {
    const bench = await openBench(await drawQuadrants(800, 600).jpeg().toBuffer(), { format: 'avif' });
    await expect(processor.process(bench.job, bench.context)).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await bench.written()).toEqual([]);
    await bench.remove();
  });
});
