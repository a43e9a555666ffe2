import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { createLog } from '../src/log.ts';
import { createProducer } from '../src/queue/producer/producer.ts';
import { openProducerRedis } from '../src/redis/connect.ts';
import { queueKey } from '../src/redis/keys.ts';
import { openStorage } from '../src/storage/open.ts';
import { buildHeic } from '../test/support/heic/build.ts';
import { startProduct } from '../test/support/product.ts';
import { until } from '../test/support/until.ts';
import { defaultConfig } from '../workers/config.ts';
import { setFormat } from '../workers/images/encode/encoding.ts';
import { DEFAULT_QUALITY } from '../workers/images/encode/quality.ts';
import { findConverter } from '../workers/images/formats/heic/native/find-converter.ts';
import { CONTRACTS } from '../workers/index.ts';
import { cpuMsOfAll, median } from './figures.ts';

/**
 * What images cost through the whole path, from their 202 to the stored file, with the default number of workers,
 * beside sharp alone on all cores, round about in the same run, as time that passed and as time of processors, which others on the
 * machine change less; of a HEIC beside libheif's converter and sharp; four renditions of a picture beside one; and the
 * workers' memory with 50 megapixels. Prints medians of the rounds, and ratios: `npm run bench:images -- [ROUNDS] [a HEIC]`.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
const HEIC = process.argv[3];
const WORKERS = defaultConfig().IMAGES_WORKERS;
/** So many that a core which ends a little before the other makes no difference. */
const COUNTS = { jpeg: 160, png: 40, webp: 80, avif: 32 } as const;
const HEICS = 12;
const WARM_UP = 400;
/** As bin/launch/config/process-environment.ts sets them. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
const FOUR = [800, 600, 400, 200].map((width) => ({ name: `w${width}`, width, format: 'jpeg' }));

sharp.concurrency(1);
sharp.cache(false);

const product = await startProduct({ env: { MAX_RECORDS: '100000', LOG_LEVEL: 'warn' } });
const redis = product.redis.client();
const log = createLog('silent', 'bench');
const config = { ...defaultConfig(), REDIS_URL: product.redis.url, DATA_DIR: product.dir };
const connection = openProducerRedis(config, log);
const producer = createProducer({
  redis: connection,
  contracts: CONTRACTS,
  storage: await openStorage(config),
  maxQueueDepth: 1000,
  allowUnsafe: false,
  log,
});
await until('the producer is connected', () => connection.status === 'ready');
for (let worker = 0; worker < WORKERS; worker += 1) product.startWorker('images', MALLOC);
await until('the workers are alive', async () => (await redis.zcard(queueKey('images', 'workers'))) === WORKERS);

try {
  const photo = await drawPhoto(2725, 2225).jpeg({ quality: 90 }).toBuffer();
  const sources = Object.fromEntries(
    await Promise.all(
      Object.keys(COUNTS).map(async (format) => [
        format,
        format === 'jpeg'
          ? photo
          : await sharp(photo)
              .toFormat(format as 'png')
              .toBuffer(),
      ]),
    ),
  ) as Record<string, Buffer>;
  // Workers run for days: what they do between the pixels is to be compiled by then.
  await throughWorkers(WARM_UP, await drawPhoto(400, 300).jpeg().toBuffer(), 'width=100');
  await compareFormats(sources);
  await compareHeic(HEIC ? readFileSync(HEIC) : buildHeic({ columns: 13, rows: 12 }));
  await compareRenditions(photo);
  await measureMemory();
} finally {
  await producer.close();
  await product.close();
}

/** What a number of images took: milliseconds that passed, and of processors. */
interface Taken {
  ms: number;
  cpu: number;
}

async function compareFormats(sources: Record<string, Buffer>): Promise<void> {
  console.log(`2725 x 2225 to 800 pixels, ${WORKERS} workers; medians of ${ROUNDS} rounds\n`);
  console.log('format   images/s   sharp alone   ratio   CPU ms   sharp alone   ratio');
  for (const [format, count] of Object.entries(COUNTS) as [keyof typeof COUNTS, number][]) {
    const source = sources[format] as Buffer;
    const alone = (images: number) => sharpAlone(images, source, format);
    const ours = await compare(format, count, alone, () => throughWorkers(count, source, 'width=800'));
    if (format === 'jpeg') await compareWithPlainJpeg(source, ours);
  }
}

/** HEIC beside what a person would write: the converter, then sharp. */
async function compareHeic(source: Buffer): Promise<void> {
  const converter = findConverter(config);
  if (!converter) return console.log("heic: libheif's converter is not installed");
  const scratch = await mkdtemp(join(tmpdir(), 'heic-'));
  const byHand = async (count: number) =>
    measure(count, async (index) => {
      const [from, to] = [join(scratch, `${index}.heic`), join(scratch, `${index}.jpg`)];
      await writeFile(from, source);
      await promisify(execFile)(converter.path, ['-q', '100', from, to]);
      const encoding = {
        format: 'jpeg',
        quality: DEFAULT_QUALITY.jpeg ?? null,
        progressive: false,
        dense: false,
      } as const;
      const picture = sharp(await readFile(to), { sequentialRead: true }).resize({ width: 400 });
      await setFormat(picture, encoding, 400 * 300).toBuffer();
    });
  try {
    await compare('heic', HEICS, byHand, () => throughWorkers(HEICS, source, 'width=400'));
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Prints a line of ours beside others, and returns how many images a second ours are. */
async function compare(
  name: string,
  count: number,
  others: (count: number) => Promise<Taken>,
  ours: () => Promise<Taken>,
): Promise<number> {
  const rounds: { ours: Taken; alone: Taken }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Before and after: a machine that others use too gets faster and slower by the minute.
    const before = await others(count / 2);
    const made = await ours();
    const after = await others(count / 2);
    rounds.push({ ours: made, alone: { ms: before.ms + after.ms, cpu: before.cpu + after.cpu } });
  }
  const middle = (pick: (round: (typeof rounds)[number]) => number) => median(rounds.map(pick));
  const perSecond = middle((round) => (1000 * count) / round.ours.ms);
  const figures = [
    perSecond.toFixed(1).padStart(8),
    middle((round) => (1000 * count) / round.alone.ms)
      .toFixed(1)
      .padStart(13),
    middle((round) => round.alone.ms / round.ours.ms)
      .toFixed(2)
      .padStart(7),
    middle((round) => round.ours.cpu / count)
      .toFixed(0)
      .padStart(8),
    middle((round) => round.alone.cpu / count)
      .toFixed(0)
      .padStart(13),
    middle((round) => round.alone.cpu / round.ours.cpu)
      .toFixed(2)
      .padStart(7),
  ];
  console.log(`${name.padEnd(8)} ${figures.join(' ')}`);
  return perSecond;
}

/** Small JPEGs are made by mozjpeg, here as in the baseline: the other figure is beside sharp's own encoder. */
async function compareWithPlainJpeg(source: Buffer, ours: number): Promise<void> {
  const { ms } = await sharpAlone(COUNTS.jpeg, source, 'jpeg', Number.POSITIVE_INFINITY);
  const alone = (1000 * COUNTS.jpeg) / ms;
  const figures = [''.padStart(8), alone.toFixed(1).padStart(13), (ours / alone).toFixed(2).padStart(7)];
  console.log(`${''.padEnd(8)} ${figures.join(' ')}   (without mozjpeg)`);
}

async function compareRenditions(photo: Buffer): Promise<void> {
  const count = 30;
  const one: Taken[] = [];
  const four: Taken[] = [];
  const list = new URLSearchParams({ renditions: JSON.stringify(FOUR) }).toString();
  for (let round = 0; round < ROUNDS; round += 1) {
    one.push(await throughWorkers(count, photo, 'width=800&format=jpeg'));
    four.push(await throughWorkers(count, photo, list));
  }
  const [ratio, cpuRatio] = (['ms', 'cpu'] as const).map((key) =>
    median(four.map((taken, round) => taken[key] / (one[round]?.[key] ?? Number.NaN))).toFixed(2),
  );
  const what = `four renditions of a JPEG (800 to 200 pixels) take ${ratio} of the time of the largest alone`;
  console.log(`\n${what}, ${cpuRatio} of processors`);
}

/** What the workers take from the first job on until all are stored; they are queued before. */
async function throughWorkers(count: number, source: Buffer, query: string): Promise<Taken> {
  const before = await redis.zcard(queueKey('images', 'completed'));
  await producer.setPaused('images', true);
  for (let posted = 0; posted < count; posted += 8) {
    await Promise.all(Array.from({ length: Math.min(8, count - posted) }, () => post(source, query)));
  }
  const workersCpu = () => product.workers.reduce((sum, { pid }) => sum + cpuMsOfAll(pid), 0);
  const [begun, cpuBefore] = [performance.now(), workersCpu()];
  await producer.setPaused('images', false);
  for (;;) {
    if ((await redis.zcard(queueKey('images', 'completed'))) >= before + count) {
      return { ms: performance.now() - begun, cpu: workersCpu() - cpuBefore };
    }
    if ((await redis.zcard(queueKey('images', 'failed'))) > 0) throw new Error('a job failed');
    // Asking is not free: the next answer may be 20 ms late among thousands.
    await delay(20);
  }
}

async function post(source: Buffer, query: string): Promise<void> {
  const headers = { 'Content-Type': 'image/jpeg' };
  const answer = await product.request(`/v1/images?${query}`, {
    method: 'POST',
    body: new Uint8Array(source),
    headers,
  });
  if (answer.status !== 202) throw new Error(`not accepted: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** What as many pictures take, one a core at a time, from memory to memory, encoded as the workers do. */
function sharpAlone(count: number, source: Buffer, format: keyof typeof COUNTS, pixels = 800 * 653): Promise<Taken> {
  const encoding = { format, quality: DEFAULT_QUALITY[format] ?? null, progressive: false, dense: false };
  return measure(count, async () => {
    const picture = sharp(source, { autoOrient: true, failOn: 'error', sequentialRead: true }).resize({ width: 800 });
    await setFormat(picture, encoding, pixels).toBuffer();
  });
}

/** Does a piece of work so often, one a core at a time. */
async function measure(count: number, work: (index: number) => Promise<void>): Promise<Taken> {
  const [begun, cpuBefore] = [performance.now(), cpuMsOfAll(process.pid)];
  let left = count;
  const oneAfterTheOther = async () => {
    while (left > 0) {
      left -= 1;
      await work(left);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, oneAfterTheOther));
  return { ms: performance.now() - begun, cpu: cpuMsOfAll(process.pid) - cpuBefore };
}

async function measureMemory(): Promise<void> {
  const pids = product.workers.map(({ pid }) => pid);
  const rssMb = () => pids.reduce((sum, pid) => sum + readRss(pid), 0) / 1e6;
  const start = rssMb();
  const large = await drawPhoto(10_000, 5000).jpeg({ quality: 80 }).toBuffer();
  // Smooth, or it would be larger than an upload may be.
  const png = await sharp(large).blur(20).png({ compressionLevel: 3 }).toBuffer();
  let peak = 0;
  const sampler = setInterval(() => {
    peak = Math.max(peak, rssMb());
  }, 20);
  sampler.unref();
  const list = new URLSearchParams({ renditions: JSON.stringify(FOUR.map((one) => ({ ...one, rotate: 90 }))) });
  console.log('\nmemory of all image workers together, MB of RSS; eight jobs of 50 megapixels each');
  for (const [name, source, query] of [
    ['a JPEG to 800 pixels', large, 'width=800'],
    ['a JPEG, four renditions turned', large, list.toString()],
    ['a PNG to 800 pixels', png, 'width=800&format=jpeg'],
    ['a PNG, all of it as WebP', png, 'format=webp'],
  ] as const) {
    peak = 0;
    await throughWorkers(8, source, query);
    const atPeak = peak;
    await delay(4000);
    const [peakMb, idleMb] = [atPeak, rssMb()].map((mb) => mb.toFixed(0).padStart(5));
    console.log(`  ${name.padEnd(32)} peak ${peakMb}, settled ${idleMb} (${start.toFixed(0)} before)`);
  }
  clearInterval(sampler);
}

function readRss(pid: number): number {
  const status = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/status`, 'utf8') : '';
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(status) ?? [];
  return 1024 * Number(kilobytes);
}

/** Grain, softened: about as hard to encode as a photograph. */
function drawPhoto(width: number, height: number): Sharp {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  return sharp({ create: { width, height, channels: 3, background: '#888', noise } }).blur(2);
}
