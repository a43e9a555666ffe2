import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pino } from 'pino';
import sharp from 'sharp';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Progress } from '../../../src/jobs/progress.ts';
import type { ImagesInput } from '../../../workers/images/input/images-input.ts';
import { images } from '../../../workers/images/job.ts';

/** Colours of the quadrants picture: top left, top right, bottom left, bottom right. */
export const QUADRANTS = [
  [220, 40, 40],
  [40, 180, 60],
  [50, 70, 210],
  [235, 225, 60],
] as const;

/** Opaque RGB pixels, a colour a quadrant (`layout` says which one where): shows every turn, mirroring and crop. */
export function drawQuadrants(width = 160, height = 120, layout: readonly number[] = [0, 1, 2, 3]) {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const place = (y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1);
      data.set(QUADRANTS[layout[place] ?? 0] ?? [], (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/**
 * A JPEG with that EXIF orientation (1-8) whose upright picture is `drawQuadrants()`. Laid out after the EXIF table
 * of which side the stored first row and first column are, not after what any library makes of it.
 */
export function photoOriented(orientation: number): Promise<Buffer> {
  const layouts = [
    [0, 1, 2, 3],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [1, 3, 0, 2],
    [3, 1, 2, 0],
    [2, 0, 3, 1],
  ];
  const [width, height] = orientation >= 5 ? [120, 160] : [160, 120];
  const stored = drawQuadrants(width, height, layouts[orientation - 1]);
  return stored.withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

/** Pixels that no encoder can make small: a file whose halves both matter. */
export const drawNoise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 50 } },
  });

/** The colour at a place given in shares of width and height (0-1), as [r, g, b, a]. */
export async function colourAt(image: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(image)
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
  return [...data.subarray(at, at + 4)];
}

/** The largest difference of any channel of two colours. */
export const distance = (one: readonly number[], other: readonly number[]) =>
  Math.max(...other.map((value, index) => Math.abs(value - (one[index] ?? Number.NaN))));

/** A job and its run context over a real, empty directory. */
export interface Bench {
  job: RunningJob<ImagesInput>;
  context: RunContext;
  abort: AbortController;
  progress: Progress[];
  /** Names of the files that were written. */
  written(): Promise<string[]>;
  read(name: string): Promise<Buffer>;
  remove(): Promise<void>;
}

/**
 * Stores the upload, and what comes along by form field, as a worker would find it, and validates the request's fields
 * as the web process does.
 */
export async function openBench(
  upload: Uint8Array,
  fields: Record<string, unknown>,
  further: Record<string, Uint8Array> = {},
): Promise<Bench> {
  const root = await mkdtemp(join(tmpdir(), 'heavylift-images-'));
  await mkdir(join(root, 'results'));
  const sent = Object.entries({ file: upload, ...further });
  const uploads: Record<string, StoredFile> = {};
  for (const [name, content] of sent) {
    await writeFile(join(root, name), content);
    uploads[name] = { key: name, name, type: 'image/jpeg', bytes: content.length, sha256: '' };
  }
  const abort = new AbortController();
  const progress: Progress[] = [];
  const write = async (name: string, type: string, content: Readable | Uint8Array): Promise<StoredFile> => {
    const bytes = content instanceof Readable ? await buffer(content) : content;
    await writeFile(join(root, 'results', name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { key: `results/${name}`, name, type, bytes: bytes.length, sha256 };
  };
  return {
    job: {
      id: 'img_test',
      caller: 'test',
      attempt: 1,
      createdAt: new Date(),
      input: images.input.parse(fields),
      uploads,
    },
    context: {
      signal: abort.signal,
      progress: (news) => progress.push(news),
      storage: {
        open: async (key) => Readable.from(await readFile(join(root, key))),
        read: (key) => readFile(join(root, key)),
        write,
      },
      appendLog: async () => {},
      jobs: { find: async (id) => ({ id, state: 'missing', files: [] }) },
      log: pino({ level: 'silent' }),
    },
    abort,
    progress,
    written: async () => (await readdir(join(root, 'results'))).sort(),
    read: (name) => readFile(join(root, 'results', name)),
    remove: () => rm(root, { recursive: true }),
  };
}
