import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { ALLOCATOR } from '../../../bin/launch/config/process-environment.ts';
import { type Product, startProduct } from '../../support/product.ts';

/** As many jobs as a worker runs at once by default. */
const AT_ONCE = 3;
const MOST_BYTES = 700e6;

let product: Product;
let small: Buffer;

beforeAll(async () => {
  product = await startProduct({ env: { IMAGES_TIMEOUT_SECONDS: '600' } });
  const noise = { type: 'gaussian', mean: 120, sigma: 60 } as const;
  const blank = sharp({ create: { width: 750, height: 500, channels: 3, background: '#27507c', noise } });
  small = await blank.blur(2).png().toBuffer();
});
afterAll(() => product.close());

/** A picture of that size, as smooth as the largest files are that are taken. */
const draw = (width: number, height: number): Sharp =>
  sharp(small).resize(width, height, { kernel: 'cubic', fit: 'fill' });

const draw64 = () => draw(9797, 6531);
const draw220 = () => draw(18_000, 12_220);

/** The most memory that a process has had, as the kernel counted it. */
const peakOf = (pid: number) =>
  1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const several = [
  { name: 'large', width: 4500, format: 'webp' },
  { name: 'turned', width: 800, rotate: 90 },
  { name: 'square', width: 400, height: 400, fit: 'cover', position: 'attention' },
];

describe('the largest images that are taken, three at once: a worker stays below 700 MB', () => {
  it.each<[string, () => Promise<Buffer>, object[]]>([
    [
      'a PNG of 64 megapixels, small',
      () => draw64().png({ compressionLevel: 9, palette: true, effort: 1 }).toBuffer(),
      [{ width: 800, format: 'jpeg' }],
    ],
    ['a PNG of 64 megapixels, as large', () => draw64().png({ palette: true, effort: 1 }).toBuffer(), [{}]],
    [
      'a progressive JPEG of 64 megapixels',
      () => draw64().jpeg({ quality: 70, progressive: true }).toBuffer(),
      [{ width: 800 }],
    ],
    [
      'a progressive JPEG in full colours',
      () => draw64().jpeg({ quality: 70, progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
      [{ width: 800 }],
    ],
    ['a JPEG of 64 megapixels, as large', () => draw64().jpeg({ quality: 70 }).toBuffer(), [{}]],
    ['a JPEG of 220 megapixels, small', () => draw220().jpeg({ quality: 60 }).toBuffer(), [{ width: 400 }]],
    ['a JPEG of 220 megapixels, several, one turned', () => draw220().jpeg({ quality: 60 }).toBuffer(), several],
    [
      'one that its camera turned',
      () => draw220().withMetadata({ orientation: 6 }).jpeg({ quality: 60 }).toBuffer(),
      [{ width: 3000, rotate: 90, blur: 2, watermark: undefined }],
    ],
  ])('%s', async (_name, make, renditions) => {
    const image = new Uint8Array(await make());
    const worker = product.startWorker('images', ALLOCATOR);
    const post = async () => {
      const form = new FormData();
      form.append('renditions', JSON.stringify(renditions));
      form.append('file', new Blob([image]), 'image');
      const answer = await product.request('/v1/images', { method: 'POST', body: form });
      const job = (await answer.json()) as { id: string; detail?: string };
      expect([answer.status, job.detail]).toEqual([202, undefined]);
      return job.id;
    };
    const ids = await Promise.all(Array.from({ length: AT_ONCE }, post));
    for (const id of ids) await product.jobReaches(id, 'completed', 300_000);
    const peak = peakOf(worker.pid);
    process.stdout.write(
      `${_name}: a file of ${Math.round(image.length / 1e6)} MB, peak ${Math.round(peak / 1e6)} MB\n`,
    );
    expect(peak).toBeLessThan(MOST_BYTES);
    await worker.stop();
  });
});
