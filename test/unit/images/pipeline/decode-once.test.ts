import { afterAll, afterEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../../workers/config.ts';
import { createProcessor } from '../../../../workers/images/processor.ts';
import { madeOf } from '../../../../workers/images/result/images-result.ts';
import { type Bench, drawNoise, openBench } from '../pictures.ts';

const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.remove();
  bench = undefined;
});
afterAll(() => processor.close?.());

/** The files that a job makes. */
async function makeFiles(upload: Buffer, fields: Record<string, unknown>): Promise<Buffer[]> {
  await bench?.remove();
  bench = await openBench(upload, fields);
  const { files } = await processor.process(bench.job, bench.context);
  const read = bench.read;
  return Promise.all(files.map(({ name }) => read(name)));
}

/** The pixels of the files that a job makes. */
async function make(upload: Buffer, fields: Record<string, unknown>): Promise<Buffer[]> {
  const files = await makeFiles(upload, fields);
  return Promise.all(files.map((file) => sharp(file).removeAlpha().raw().toBuffer()));
}

it.each(['jpeg', 'png', 'webp'] as const)('%s: each rendition is to the pixel as it would be alone', async (format) => {
  const upload = await drawNoise(800, 600).blur(3).toFormat(format).toBuffer();
  const list = [
    { width: 500 },
    { width: 64, height: 64, fit: 'cover' },
    { width: 90, rotate: 90 },
    { width: 100, height: 100, fit: 'contain', position: 'left' },
  ].map((one, index) => ({ name: `r${index}`, format: 'png', ...one }));
  const together = await make(upload, { renditions: list });
  for (const [index, rendition] of list.entries()) {
    const [alone] = await make(upload, rendition);
    expect([index, alone?.equals(together[index] as Buffer)]).toEqual([index, true]);
  }
});

it.each([
  ['opaque', async () => drawNoise(400, 300).blur(1).jpeg().toBuffer()],
  ['grey', async () => drawNoise(400, 300).toColourspace('b-w').png().toBuffer()],
  ['transparent', async () => drawNoise(400, 300).ensureAlpha(0.5).png().toBuffer()],
])('%s: renditions that differ in their encoding alone have the bytes that each has alone', async (_name, draw) => {
  const upload = await draw();
  const encodings = [
    { format: 'webp' },
    { format: 'jpeg', quality: 'auto' },
    { format: 'jpeg', quality: 50, progressive: true },
    { format: 'png', maxBytes: 9000 },
    { format: 'webp', lossless: true },
  ];
  const shapes = [{ width: 90 }, { width: 45, dpr: 2 }, { width: 60, height: 60, fit: 'contain', background: 'red' }];
  const list = shapes.flatMap((shape, row) =>
    encodings.map((encoding, column) => ({ name: `r${row}-${column}`, ...shape, ...encoding })),
  );
  const together = await makeFiles(upload, { renditions: list });
  for (const [index, rendition] of list.entries()) {
    const [alone] = await makeFiles(upload, rendition);
    expect([rendition, alone?.equals(together[index] as Buffer)]).toEqual([rendition, true]);
  }
});

it('sizes that follow from the proportions of an odd source are to the pixel those of each made alone', async () => {
  const upload = await drawNoise(725, 491).png().toBuffer();
  const list = [
    { width: 333 },
    { height: 77 },
    { width: 301, height: 301 },
    { width: 45, height: 90, fit: 'outside' },
    { width: 91, rotate: 90 },
    { width: 50, height: 31, fit: 'cover' },
    { width: 200, height: 33, fit: 'fill' },
  ].map((one, index) => ({ name: `r${index}`, format: 'png', ...one }));
  const sizesOf = async (fields: object) => {
    await bench?.remove();
    bench = await openBench(upload, { ...fields });
    const { result } = await processor.process(bench.job, bench.context);
    return madeOf(result).map(({ width, height }) => [width, height]);
  };
  const together = await sizesOf({ renditions: list });
  for (const [index, rendition] of list.entries()) expect([together[index]]).toEqual(await sizesOf(rendition));
});

it('one of several renditions can’t be made: a strict job fails with its name', async () => {
  bench = await openBench(await drawNoise(100, 2).png().toBuffer(), {
    strict: true,
    renditions: [
      { name: 'small', width: 50 },
      { name: 'long', width: 16_384, format: 'webp', enlarge: true },
    ],
  });
  await expect(processor.process(bench.job, bench.context)).rejects.toMatchObject({
    code: 'payload_too_large',
    message: expect.stringContaining('"long"'),
  });
});
