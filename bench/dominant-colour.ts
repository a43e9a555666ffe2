import sharp from 'sharp';
import { type Pixels, toPixels } from '../workers/images/picture/pixels.ts';
import { findColours } from '../workers/images/result/palette.ts';
import { median } from './figures.ts';

/**
 * What the dominant colour of a preview and its palette cost, counted by ourselves, and the first alone by sharp's `stats()`, which
 * has the same 4096 boxes: both over the preview's own pixels, in turns. Prints medians, their ratio, and how far each is from colours
 * that are known. Needs nothing but sharp: `node bench/dominant-colour.ts [rounds]`.
 */
const ROUNDS = Number(process.argv[2] ?? 300);
const COLOURS = ['#27507c', '#808080', '#000000', '#ffffff', '#c33333', '#ff000080'];

sharp.concurrency(1);
sharp.cache(false);

const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
const photo = await toPixels(
  sharp({ create: { width: 48, height: 36, channels: 3, background: '#888', noise } })
    .blur(2)
    .ensureAlpha(),
);

const ours: number[] = [];
const theirs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  ours.push(await time(() => findColours(photo)));
  theirs.push(await time(() => readDominant(photo)));
}
const [own, stats] = [median(ours), median(theirs)];
console.log(`a preview of 48 x 36 pixels, medians of ${ROUNDS} rounds`);
console.log(`  counted by ourselves  ${own.toFixed(3)} ms`);
console.log(`  sharp's stats()       ${stats.toFixed(3)} ms, ${(stats / own).toFixed(1)} times as long`);

console.log('\nof pictures of one colour');
for (const colour of COLOURS) {
  const plain = await toPixels(sharp({ create: { width: 48, height: 36, channels: 4, background: colour } }));
  console.log(`  ${colour.padEnd(10)} ourselves ${findColours(plain).dominant}   stats() ${await readDominant(plain)}`);
}

async function time(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function readDominant({ data, width, height, channels }: Pixels): Promise<string> {
  const { dominant } = await sharp(data, { raw: { width, height, channels } }).stats();
  const hex = [dominant.r, dominant.g, dominant.b].map((value) => value.toString(16).padStart(2, '0'));
  return `#${hex.join('')}`;
}
