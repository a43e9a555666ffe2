import { afterAll, afterEach, expect } from '@jest/globals';
import { pino } from 'pino';
import sharp from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createProcessor } from '../../../workers/images/processor.ts';
import { madeOf } from '../../../workers/images/result/images-result.ts';
import { type Bench, colourAt, distance, openBench, QUADRANTS } from './pictures.ts';

/** The limits these tests run under: small enough to be reached. */
export const config = { ...defaultConfig(), IMAGES_MAX_PIXELS: 4_000_000, IMAGES_MAX_FRAMES: 10 };
export const processor = createProcessor({ config, log: pino({ level: 'silent' }) });
const CENTRES = [
  [0.25, 0.25],
  [0.75, 0.25],
  [0.25, 0.75],
  [0.75, 0.75],
] as const;

/** Files that come along with an upload, by form field. */
export type Further = Record<string, Buffer>;

let bench: Bench | undefined;
const removeBench = async () => {
  await bench?.remove();
  bench = undefined;
};
afterEach(removeBench);
afterAll(() => processor.close?.());

/** A job over the upload, ready to be run; one at a time, the one before is removed. */
export async function prepare(
  upload: Uint8Array,
  fields: Record<string, unknown>,
  further: Further = {},
): Promise<Bench> {
  await removeBench();
  bench = await openBench(upload, fields, further);
  return bench;
}

/** Runs a job over the upload; returns its outcome and what lies in its first file. */
export async function run(upload: Uint8Array, fields: Record<string, unknown> = {}, further: Further = {}) {
  const { job, context, read, written, progress } = await prepare(upload, fields, further);
  const { result, files } = await processor.process(job, context);
  const content = await read(files[0]?.name ?? '');
  const metadata = await sharp(content).metadata();
  const renditions = madeOf(result);
  return {
    result: { ...result, renditions },
    files,
    content,
    rendition: renditions[0],
    metadata,
    read,
    written,
    progress,
  };
}

/** How a job over the upload fails, and that nothing was written. */
export async function failureOf(
  upload: Uint8Array,
  fields: Record<string, unknown> = {},
  further: Further = {},
): Promise<AppError> {
  const { job, context, written } = await prepare(upload, fields, further);
  const error = await processor.process(job, context).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await written()).toEqual([]);
  if (!(error instanceof AppError)) throw error ?? new Error('the job completed');
  return error;
}

/** The colours in the middle of the four quadrants, as the index of the nearest colour drawn there. */
export async function quadrantsOf(image: Buffer): Promise<number[]> {
  const colours = await Promise.all(CENTRES.map(([x, y]) => colourAt(image, x, y)));
  return colours.map((colour) => QUADRANTS.findIndex((drawn) => distance(colour, drawn) < 12));
}
