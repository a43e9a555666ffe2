import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withClock } from '../../support/operations/wrong-clock.ts';
import { type Product, postPhoto, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('a clock that is wrong', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
  });
  afterAll(() => product.close());

  const get = async (id: string) => (await product.request(`/v1/jobs/${id}`)).json() as Promise<Record<string, string>>;

  it.each([
    ['ahead of', 2 * HOUR_MS],
    ['behind', -2 * HOUR_MS],
  ])(
    'a worker two hours %s Redis: says so; no job runs early or late, and its times are right',
    async (word, aheadMs) => {
      const later = await postPhoto(product, { runAt: inMs(HOUR_MS) });
      const soon = await postPhoto(product, { runAt: inMs(2000) });
      const worker = product.startWorker('images', withClock(aheadMs));
      const atOnce = await postPhoto(product);
      for (const id of [atOnce, soon]) {
        await product.jobReaches(id, 'completed');
        const { createdAt = '', startedAt = '', finishedAt = '' } = await get(id);
        expect(Date.parse(startedAt)).toBeGreaterThanOrEqual(Date.parse(createdAt));
        expect(Date.parse(finishedAt)).toBeGreaterThanOrEqual(Date.parse(startedAt));
        expect(Math.abs(Date.now() - Date.parse(finishedAt))).toBeLessThan(HOUR_MS / 2);
      }
      expect((await get(later))['state']).toBe('delayed');
      await until('it is told', () => worker.output().includes(`7200 s ${word} that of Redis`));
      await worker.stop();
      await product.request(`/v1/jobs/${later}`, { method: 'DELETE' });
    },
  );

  it('a web process two hours ahead of Redis: accepts, and no job is expired or retained by its clock', async () => {
    await product.web.stop();
    await product.restartWeb(withClock(2 * HOUR_MS));
    const id = await postPhoto(product, { expiresAt: inMs(HOUR_MS) });
    product.startWorker('images');
    await product.jobReaches(id, 'completed');
    const { createdAt = '' } = await get(id);
    expect(Math.abs(Date.now() - Date.parse(createdAt))).toBeLessThan(HOUR_MS / 2);
  });
});
