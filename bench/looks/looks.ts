import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import sharp, { type Sharp } from 'sharp';
import { openBench } from '../../test/unit/images/pictures.ts';
import { defaultConfig } from '../../workers/config.ts';
import { createProcessor } from '../../workers/images/processor.ts';
import { drawDrawings, takeScreenshots } from './pictures.ts';

/**
 * Bytes, looks and CPU of pictures as Heavylift makes them, by default and by `auto`, beside sharp with the settings of others,
 * all in one run: `npm run bench:looks -- FOLDER [WIDTH]`. The folder has `photos`, `drawings` and `screenshots`, as many of
 * them as there are. Without photographs those of the tests are taken, without drawings and screenshots five of each are made. Looks
 * are measured by SSIMULACRA and Butteraugli.
 */
const [folder = 'test/support/gallery', width = '1000'] = process.argv.slice(2);
const KINDS: Readonly<Record<string, () => Promise<Buffer[]>>> = {
  photos: async () => readFolder('test/support/gallery/photos'),
  drawings: drawDrawings,
  screenshots: takeScreenshots,
};
/** Programs that compare two files. */
const JUDGES = ['ssimulacra_main', 'butteraugli_main'] as const;

type Make = (picture: Buffer) => Promise<Buffer>;

const config = { ...defaultConfig(), IMAGES_MAX_PIXELS: 100_000_000 };
const processor = createProcessor({ config, log: pino({ level: 'silent' }) });

const ours =
  (fields: Record<string, unknown>): Make =>
  async (picture) => {
    const bench = await openBench(picture, fields);
    try {
      const { files } = await processor.process(bench.job, bench.context);
      return await bench.read(files[0]?.name ?? '');
    } finally {
      await bench.remove();
    }
  };
const alone =
  (encode: (picture: Sharp) => Sharp): Make =>
  (picture) =>
    encode(sharp(picture)).toBuffer();

/** imgproxy's defaults, and those of Squoosh's page, as far as sharp has them; neither's own program. */
const WAYS: Record<string, Make> = {
  'JPEG, default': ours({ format: 'jpeg' }),
  'JPEG, quality auto': ours({ format: 'jpeg', quality: 'auto' }),
  "JPEG, imgproxy's (80)": alone((picture) => picture.jpeg({ quality: 80 })),
  "JPEG, Squoosh's (mozjpeg 75)": alone((picture) => picture.jpeg({ quality: 75, mozjpeg: true })),
  'WebP, default': ours({ format: 'webp' }),
  'WebP, quality auto': ours({ format: 'webp', quality: 'auto' }),
  "WebP, imgproxy's (79)": alone((picture) => picture.webp({ quality: 79 })),
  "WebP, Squoosh's (75)": alone((picture) => picture.webp({ quality: 75 })),
  'AVIF, default': ours({ format: 'avif' }),
  'AVIF, quality auto': ours({ format: 'avif', quality: 'auto' }),
  "AVIF, imgproxy's (63, speed 8)": alone((picture) =>
    picture.avif({ quality: 63, effort: 1, chromaSubsampling: '4:2:0' }),
  ),
  "AVIF, Squoosh's (50, speed 6)": alone((picture) =>
    picture.avif({ quality: 50, effort: 3, chromaSubsampling: '4:2:0' }),
  ),
  'format auto': ours({ format: 'auto' }),
};

const run = promisify(execFile);
const areThere = await Promise.all(
  JUDGES.map((judge) =>
    run(judge).then(
      () => true,
      ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT',
    ),
  ),
);
const hasJudges = !areThere.includes(false);
if (!hasJudges)
  console.log(`${JUDGES.join(' or ')} is missing, so looks are not measured: apt-get install libjxl-devtools\n`);
const scratch = await mkdtemp(join(tmpdir(), 'looks-'));
try {
  for (const [kind, make] of Object.entries(KINDS)) {
    const own = join(folder, kind);
    await compare(kind, await (existsSync(own) ? readFolder(own) : make()));
  }
} finally {
  await rm(scratch, { recursive: true });
  await processor.close?.();
}

async function compare(kind: string, files: Buffer[]): Promise<void> {
  const pictures = await Promise.all(files.map(open));
  console.log(`${pictures.length} ${kind}, ${width} pixels at most; distances: 0 is the same\n`);
  console.log(`${''.padEnd(32)}       KB   SSIMULACRA  worst   Butteraugli  worst   CPU ms`);
  for (const [name, make] of Object.entries(WAYS)) {
    const made: Awaited<ReturnType<typeof measure>>[] = [];
    for (const picture of pictures) made.push(await measure(picture, make));
    const list = (key: keyof (typeof made)[number]) => made.map((one) => one[key]);
    const figures = [
      (Math.exp(mean(list('bytes').map(Math.log))) / 1000).toFixed(1).padStart(8),
      mean(list('distance')).toFixed(4).padStart(12),
      Math.max(...list('distance'))
        .toFixed(3)
        .padStart(6),
      mean(list('butteraugli')).toFixed(2).padStart(13),
      Math.max(...list('butteraugli'))
        .toFixed(1)
        .padStart(6),
      mean(list('cpuMs')).toFixed(0).padStart(8),
    ];
    console.log(`${name.padEnd(32)} ${figures.join(' ')}`);
  }
  console.log('');
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Reads the pictures of a folder. */
function readFolder(path: string): Buffer[] {
  const names = readdirSync(path).filter((name) => /\.(jpe?g|png|webp|avif)$/i.test(name));
  return names.map((name) => readFileSync(join(path, name)));
}

/** Reads a picture at the size of the comparison, opaque, as a PNG that costs next to nothing to read. */
function open(file: Buffer): Promise<Buffer> {
  const size = { width: Number(width), height: Number(width), fit: 'inside', withoutEnlargement: true } as const;
  const picture = sharp(file, { autoOrient: true }).resize(size).flatten({ background: '#ffffff' });
  return picture.toColourspace('srgb').png({ compressionLevel: 1 }).toBuffer();
}

async function measure(picture: Buffer, make: Make) {
  const before = process.cpuUsage();
  const made = await make(picture);
  const { user, system } = process.cpuUsage(before);
  const facts = { bytes: made.length, cpuMs: (user + system) / 1000 };
  if (!hasJudges) return { ...facts, distance: Number.NaN, butteraugli: Number.NaN };
  const [one, other] = [join(scratch, 'one.png'), join(scratch, 'other.png')];
  await writeFile(one, picture);
  await writeFile(other, await sharp(made).toColourspace('srgb').png({ compressionLevel: 1 }).toBuffer());
  const [distance, butteraugli] = await Promise.all(
    JUDGES.map(async (judge) => {
      const { stdout } = await run(judge, [one, other]);
      // Butteraugli says how far the worst place is, then, behind its name, how far most are.
      return Number(/3-norm: (\S+)/.exec(stdout)?.[1] ?? stdout);
    }),
  );
  return { ...facts, distance: distance ?? Number.NaN, butteraugli: butteraugli ?? Number.NaN };
}
