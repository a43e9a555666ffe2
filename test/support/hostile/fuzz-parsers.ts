import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { DrawingError } from '../../../src/drawings/drawing-error.ts';
import { readDrawing } from '../../../src/drawings/read-drawing.ts';
import { AppError } from '../../../src/errors.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { type Apng, readApng, writeFrame } from '../../../workers/images/formats/apng/read-apng.ts';
import { BitmapError } from '../../../workers/images/formats/bitmap/bitmap-error.ts';
import { decodeBmp } from '../../../workers/images/formats/bitmap/decode-bmp.ts';
import { findLargestPicture } from '../../../workers/images/formats/bitmap/icon.ts';
import { checkContainer } from '../../../workers/images/formats/containers/check-container.ts';
import { detectFormat } from '../../../workers/images/formats/detect-format.ts';
import { assertWholeGif } from '../../../workers/images/formats/gif.ts';
import { inspectImage } from '../../../workers/images/formats/header.ts';
import { readHeifHeader } from '../../../workers/images/formats/heic/boxes.ts';
import { describeNewPicture } from '../../../workers/images/metadata/new-picture-xmp.ts';
import { readCredits } from '../../../workers/images/metadata/read-credits.ts';
import { createRandom, drawSamples } from './files.ts';
import { METADATA, mutate } from './mutate.ts';

// Every parser of what a caller's image may hold, with generated inputs: `npm run fuzz:images -- --count 1000000 --seed 7`.
// Prints one line of JSON: what was found (nothing, it is hoped), the most memory, the longest that one input took.

/** How often libvips reads the header too, of what the check of the container has passed. */
const NATIVE_EVERY = 20;
/** One input may keep the thread for so long; a loop that stands still for longer is noticed by others. */
const MOST_MS = 200;

/** What a run has found. */
export interface Found {
  seed: number;
  count: number;
  finds: string[];
  peakBytes: number;
  slowestMs: number;
}

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '20000' } },
});
const [seed, count] = [Number(values.seed), Number(values.count)];
const config = defaultConfig();
const samples = Object.values(await drawSamples());
const random = createRandom(seed);
const finds: string[] = [];
let slowestMs = 0;

const peak = () => 1024 * Number(readFileSync('/proc/self/status', 'utf8').match(/VmHWM:\s+(\d+)/)?.[1]);
const computedMs = () => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** The parsers that run in the worker's own thread, or the web process's. */
async function parseFile(file: Buffer, native: boolean): Promise<void> {
  inspectImage(file, config);
  readHeifHeader(file);
  const format = detectFormat(file);
  if (!format) return;
  if (format === 'gif') assertWholeGif(file);
  if (format === 'bmp' || format === 'ico') parseBitmap(file, format === 'ico');
  await checkContainer(file, format, config);
  // What libvips says of it is its own; that it comes back is the point.
  if (format === 'svg') parseDrawing(file);
  if (format === 'png') parseMovingPng(file);
  if (native && !['heic', 'bmp', 'ico', 'svg'].includes(format))
    await sharp(file, { limitInputPixels: false })
      .metadata()
      .catch(() => {});
}

/** What runs in a thread, and so must end and hold no more than it may. */
function parseBitmap(file: Buffer, isIcon: boolean): void {
  try {
    const picture = isIcon ? findLargestPicture(file) : { type: 'bmp', content: file };
    if (picture.type === 'png') return;
    const limits = { maxPixels: 1_000_000, acceptsDamage: true, maxProfileBytes: 100_000 };
    decodeBmp({ content: picture.content, isIcon, ...limits });
  } catch (error) {
    if (!(error instanceof BitmapError)) throw error;
  }
}

function parseMovingPng(file: Buffer): void {
  const apng = readApng(file);
  for (const frame of apng?.frames ?? []) writeFrame(apng as Apng, frame);
}

function parseDrawing(content: Buffer): void {
  try {
    readDrawing({ content, maxBytes: 1_000_000, maxPixels: 1_000_000 });
  } catch (error) {
    if (!(error instanceof DrawingError)) throw error;
  }
}

function parseMetadata(block: Buffer): void {
  readCredits({ exif: block });
  readCredits({ iptc: block });
  readCredits({ xmp: block });
  describeNewPicture(block.toString());
}

const before = peak();
for (let index = 0; index < count; index += 1) {
  const isFile = index % 3 > 0;
  const input = mutate(isFile ? samples : METADATA, random);
  const begun = computedMs();
  try {
    if (isFile) await parseFile(input, index % NATIVE_EVERY === 1);
    else parseMetadata(input);
  } catch (error) {
    if (!(error instanceof AppError)) finds.push(`input ${index}: ${error instanceof Error ? error.stack : error}`);
  }
  const ms = computedMs() - begun;
  slowestMs = Math.max(slowestMs, ms);
  if (ms > MOST_MS) finds.push(`input ${index}: ${Math.round(ms)} ms for ${input.length} bytes`);
}
const found: Found = { seed, count, finds, peakBytes: peak() - before, slowestMs: Math.round(slowestMs) };
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(finds.length > 0 ? 1 : 0);
