import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import sharp, { type Sharp } from 'sharp';
import { createLog } from '../src/log.ts';
import { createProducer } from '../src/queue/producer/producer.ts';
import { openProducerRedis } from '../src/redis/connect.ts';
import { queueKey } from '../src/redis/keys.ts';
import { openStorage } from '../src/storage/open.ts';
import { startProduct } from '../test/support/product.ts';
import { until } from '../test/support/until.ts';
import { defaultConfig } from '../workers/config.ts';
import { setFormat } from '../workers/images/encode/encoding.ts';
import { DEFAULT_QUALITY } from '../workers/images/encode/quality.ts';
import { CONTRACTS } from '../workers/index.ts';
import { median } from './figures.ts';

/**
 * What images cost through the whole path, from their 202 to the stored file, with the default number of workers,
 * beside sharp alone on all cores, round about in the same run; four renditions of a picture beside one; and the
 * workers' memory with 50 megapixels. Prints medians of the rounds, and ratios.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
const WORKERS = defaultConfig().IMAGES_WORKERS;
/** So many that a core which ends a little before the other makes no difference. */
const COUNTS = { jpeg: 160, png: 40, webp: 80, avif: 32 } as const;
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
  await compareRenditions(photo);
  await measureMemory();
} finally {
  await producer.close();
  await product.close();
}

async function compareFormats(sources: Record<string, Buffer>): Promise<void> {
  console.log(`2725 x 2225 to 800 pixels, ${WORKERS} workers; medians of ${ROUNDS} rounds\n`);
  console.log('format   images/s   sharp alone   ratio');
  for (const [format, count] of Object.entries(COUNTS) as [keyof typeof COUNTS, number][]) {
    const source = sources[format] as Buffer;
    const rounds: { ours: number; alone: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // Before and after: a machine that others use too gets faster and slower by the minute.
      const before = await sharpAlone(count / 2, source, format);
      const ours = await throughWorkers(count, source, 'width=800');
      const alone = before + (await sharpAlone(count / 2, source, format));
      rounds.push({ ours: (1000 * count) / ours, alone: (1000 * count) / alone });
    }
    const figures = [
      median(rounds.map(({ ours }) => ours))
        .toFixed(1)
        .padStart(8),
      median(rounds.map(({ alone }) => alone))
        .toFixed(1)
        .padStart(13),
      median(rounds.map(({ ours, alone }) => ours / alone))
        .toFixed(2)
        .padStart(7),
    ];
    console.log(`${format.padEnd(8)} ${figures.join(' ')}`);
    if (format === 'jpeg') await compareWithPlainJpeg(source, median(rounds.map(({ ours }) => ours)));
  }
}

/** Small JPEGs are made by mozjpeg, here as in the baseline: the other figure is beside sharp's own encoder. */
async function compareWithPlainJpeg(source: Buffer, ours: number): Promise<void> {
  const alone = (1000 * COUNTS.jpeg) / (await sharpAlone(COUNTS.jpeg, source, 'jpeg', Number.POSITIVE_INFINITY));
  const figures = [''.padStart(8), alone.toFixed(1).padStart(13), (ours / alone).toFixed(2).padStart(7)];
  console.log(`${''.padEnd(8)} ${figures.join(' ')}   (without mozjpeg)`);
}

async function compareRenditions(photo: Buffer): Promise<void> {
  const count = 30;
  const one: number[] = [];
  const four: number[] = [];
  const list = new URLSearchParams({ renditions: JSON.stringify(FOUR) }).toString();
  for (let round = 0; round < ROUNDS; round += 1) {
    one.push(await throughWorkers(count, photo, 'width=800&format=jpeg'));
    four.push(await throughWorkers(count, photo, list));
  }
  const ratio = median(four.map((ms, round) => ms / (one[round] ?? Number.NaN)));
  console.log(
    `\nfour renditions of a JPEG (800 to 200 pixels) take ${ratio.toFixed(2)} of the time of the largest alone`,
  );
}

/** Milliseconds from the first job taken until all are stored; they are queued before. */
async function throughWorkers(count: number, source: Buffer, query: string): Promise<number> {
  const before = await redis.zcard(queueKey('images', 'completed'));
  await producer.setPaused('images', true);
  for (let posted = 0; posted < count; posted += 8) {
    await Promise.all(Array.from({ length: Math.min(8, count - posted) }, () => post(source, query)));
  }
  const begun = performance.now();
  await producer.setPaused('images', false);
  for (;;) {
    if ((await redis.zcard(queueKey('images', 'completed'))) >= before + count) return performance.now() - begun;
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

/** Milliseconds for as many pictures, one a core at a time, from memory to memory, encoded as the workers do. */
async function sharpAlone(
  count: number,
  source: Buffer,
  format: keyof typeof COUNTS,
  pixels = 800 * 653,
): Promise<number> {
  const encoding = { format, quality: DEFAULT_QUALITY[format] ?? null, progressive: false, dense: false };
  const begun = performance.now();
  let left = count;
  const oneAfterTheOther = async () => {
    while (left > 0) {
      left -= 1;
      const picture = sharp(source, { autoOrient: true, failOn: 'error', sequentialRead: true }).resize({ width: 800 });
      await setFormat(picture, encoding, pixels).toBuffer();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, oneAfterTheOther));
  return performance.now() - begun;
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
