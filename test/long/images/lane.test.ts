import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type Product, startProduct } from '../../support/product.ts';

const HEAVY = 8;
const THUMBNAILS = 20;

let product: Product;

beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

async function post(image: Buffer, query: string): Promise<string> {
  const headers = { 'Content-Type': 'image/jpeg' };
  const answer = await product.request(`/v1/images?${query}`, { method: 'POST', headers, body: new Uint8Array(image) });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

it.each([
  ['a worker of two places', [2]],
  ['two workers of one place', [1, 1]],
  ['a worker of one place', [1]],
])(
  '%s, eight large AVIFs, then twenty thumbnails: all thumbnails are done before the second AVIF is',
  async (_name, concurrencies) => {
    const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
    const photo = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#888', noise } })
      .blur(2)
      .jpeg()
      .toBuffer();
    const heavy: string[] = [];
    for (let count = 0; count < HEAVY; count += 1) heavy.push(await post(photo, 'format=avif'));
    const thumbnails: string[] = [];
    for (let count = 0; count < THUMBNAILS; count += 1) thumbnails.push(await post(photo, 'width=100'));
    const workers = concurrencies.map((concurrency) =>
      product.startWorker('images', { IMAGES_CONCURRENCY: String(concurrency) }),
    );
    const finished = async (ids: string[]) => {
      const jobs = await Promise.all(ids.map((id) => product.jobReaches(id, 'completed', 300_000)));
      expect(jobs.map((job) => job['attempts'])).toEqual(ids.map(() => ({ made: 1, max: 3 })));
      return jobs.map((job) => Date.parse(String(job['finishedAt']))).sort((a, b) => a - b);
    };
    const [, second = 0] = await finished(heavy);
    expect((await finished(thumbnails)).at(-1)).toBeLessThan(second);
    await Promise.all(workers.map((worker) => worker.stop()));
  },
);
