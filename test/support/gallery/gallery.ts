import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { defaultConfig } from '../../../workers/config.ts';
import { loadPresets } from '../../../workers/images/input/presets.ts';
import { createImages } from '../../../workers/images/job.ts';
import { createProcessor } from '../../../workers/images/processor.ts';
import { madeOf } from '../../../workers/images/result/images-result.ts';
import { openBench } from '../../unit/images/pictures.ts';
import { heicFixture } from '../heic/build.ts';
import { ENTRIES, type Entry, PHOTOS, type Photo } from './entries.ts';
import { paintBalls, paintHills, paintMark } from './pictures.ts';

/**
 * Renders every option from painted pictures and photographs into `index.html` in the folder given, to be looked at, and
 * holds each against its size and its likeness to the source. Ends with 1 when one is not what it must be.
 */
const FOLDER = process.argv[2] ?? 'var/gallery';
/** Pictures are compared as a whole, at so many pixels a side. */
const COMPARED_SIDE = 32;

const config = defaultConfig();
const log = pino({ level: 'silent' });
const contract = createImages(loadPresets(config));
const processor = createProcessor({ config, log });
const hills = await paintHills().jpeg({ quality: 95 }).toBuffer();
const frames = await Promise.all(
  [0, 1, 2].map((turn) =>
    sharp(hills)
      .resize(300)
      .blur(1 + 4 * turn)
      .png()
      .toBuffer(),
  ),
);
const photos = Object.fromEntries(
  PHOTOS.map((name) => [name, readFileSync(new URL(`photos/${name}.jpg`, import.meta.url))]),
) as Record<Photo, Buffer>;
const sources: Record<Entry['source'], Buffer> = {
  ...photos,
  hills,
  balls: await paintBalls().jpeg({ quality: 95 }).toBuffer(),
  mark: await paintMark().png().toBuffer(),
  heic: heicFixture('quadrants'),
  animation: await sharp(frames, { join: { animated: true } })
    .gif({ delay: [300, 300, 300] })
    .toBuffer(),
};

const faults: string[] = [];
const figures: string[] = [];
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const [index, entry] of ENTRIES.entries()) {
  try {
    figures.push(await renderEntry(entry, index));
  } catch (error) {
    faults.push(`${entry.title}: ${error instanceof Error ? error.message : error}`);
  }
}
await processor.close?.();
writeFileSync(join(FOLDER, 'index.html'), page(figures));
console.log(`${ENTRIES.length} pictures in ${FOLDER}/index.html`);
for (const fault of faults) console.error(`not as it must be: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;

async function renderEntry({ title, source, fields, size, distance }: Entry, index: number): Promise<string> {
  const bench = await openBench(sources[source], {}, { mark: sources.mark });
  try {
    const { result, files } = await processor.process(
      { ...bench.job, input: contract.input.parse(fields) },
      bench.context,
    );
    const content = await bench.read(files[0]?.name ?? '');
    const [rendition] = madeOf(result);
    const made = `${rendition?.width}x${rendition?.height}`;
    if (size && made !== size) faults.push(`${title}: it is ${made}, not ${size}`);
    const apart = distance === undefined ? undefined : await compare(sources[source], content);
    if (apart !== undefined && distance !== undefined && apart > distance)
      faults.push(`${title}: ${apart.toFixed(1)} apart, not ${distance}`);
    const shown = rendition?.format === 'tiff' ? await sharp(content).png().toBuffer() : content;
    const name = `${index}.${rendition?.format === 'tiff' ? 'png' : (files[0]?.name.split('.').pop() ?? '')}`;
    writeFileSync(join(FOLDER, name), shown);
    const facts = [
      made,
      rendition?.format,
      `${content.length} B`,
      rendition?.quality && `q ${rendition.quality}`,
      apart !== undefined && `± ${apart.toFixed(1)}`,
    ];
    return `<figure><img src="${name}" alt=""><figcaption><b>${title}</b><br>${facts.filter(Boolean).join(', ')}</figcaption></figure>`;
  } finally {
    await bench.remove();
  }
}

/** How far two pictures are apart as a whole: the mean difference of a channel, 0-255. */
async function compare(one: Buffer, other: Buffer): Promise<number> {
  const [first, second] = await Promise.all(
    // By way of PNG: a JPEG would be decoded at an eighth of its size, which differs by itself.
    [one, other].map(async (image) =>
      sharp(await sharp(image).png({ compressionLevel: 1 }).toBuffer())
        .resize(COMPARED_SIDE, COMPARED_SIDE, { fit: 'fill' })
        .removeAlpha()
        .toColourspace('srgb')
        .raw()
        .toBuffer(),
    ),
  );
  if (first?.length !== second?.length) throw new Error('not the same number of channels');
  return (
    (first ?? Buffer.alloc(0)).reduce((sum, value, index) => sum + Math.abs(value - (second?.[index] ?? 0)), 0) /
    (first?.length ?? 1)
  );
}

function page(all: string[]): string {
  const style =
    'body{font:13px sans-serif;background:repeating-conic-gradient(#eee 0 25%,#fff 0 50%) 0 0/16px 16px;display:flex;flex-wrap:wrap;gap:14px}' +
    'figure{margin:0;max-width:300px}figcaption{background:#fff;padding:2px}';
  return `<!doctype html><meta charset="utf-8"><title>Gallery</title><style>${style}</style>${all.join('\n')}\n`;
}
