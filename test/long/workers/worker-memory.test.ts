import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
let server: HttpSink;

beforeAll(async () => {
  server = await openHttpSink();
  product = await startProduct({ env: { FETCH_ALLOW: `127.0.0.1:${server.port}`, IMAGES_CONCURRENCY: '1' } });
});
afterAll(async () => {
  await product.close();
  await server.close();
});

async function post(): Promise<string> {
  const body = JSON.stringify({ source: { url: server.url }, width: 4 });
  const headers = { 'Content-Type': 'application/json' };
  const accepted = await product.request('/v1/images', { method: 'POST', headers, body });
  return ((await accepted.json()) as { id: string }).id;
}

describe('a worker that takes more memory than WORKER_MEMORY_BYTES', () => {
  it('takes no further job, finishes what it runs, ends with 0, and says the figures', async () => {
    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    let letGo = () => {};
    server.script = (res) => {
      letGo = () => res.end(picture);
    };
    // Every process of node takes more.
    const worker = product.startWorker('images', { WORKER_MEMORY_BYTES: '50000000' });
    const running = await post();
    await product.jobReaches(running, 'active');
    await until('it drains', () => worker.output().includes('draining'));
    const waiting = await post();
    await until('the picture is asked for', () => server.requests.length === 1);
    letGo();
    await product.jobReaches(running, 'completed');
    expect(await worker.exited).toEqual(0);
    expect(worker.output()).toMatch(/"residentBytes":\d+,"limitBytes":50000000,.*more memory than WORKER_MEMORY_BYTES/);
    const job = (await (await product.request(`/v1/jobs/${waiting}`)).json()) as Record<string, unknown>;
    expect(job).toMatchObject({ state: 'waiting', attempts: { made: 0 } });

    server.script = (res) => res.end(picture);
    product.startWorker('images');
    expect((await product.jobReaches(waiting, 'completed'))['attempts']).toMatchObject({ made: 1 });
  });
});
