import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
let sink: HttpSink;
let drips: NodeJS.Timeout[] = [];

beforeAll(async () => {
  sink = await openHttpSink();
  // A byte a second of a picture that never ends.
  sink.script = (res) => {
    res.writeHead(200, { 'content-type': 'image/jpeg' });
    drips.push(setInterval(() => res.write('x'), 1000));
  };
  product = await startProduct({ env: { FETCH_ALLOW: `127.0.0.1:${sink.port}` } });
});
afterAll(async () => {
  for (const drip of drips) clearInterval(drip);
  drips = [];
  await product.close();
  await sink.close();
});

const jobOf = async (id: string) =>
  (await (await product.request(`/v1/jobs/${id}`, { key: KEYS.operator })).json()) as Record<string, unknown>;

async function post(path: string, body: object, key?: string): Promise<string> {
  const answer = await product.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    ...(key === undefined ? {} : { key }),
  });
  const { id } = (await answer.json()) as { id?: string };
  if (answer.status !== 202 || !id) throw new Error(`not accepted: ${answer.status}`);
  return id;
}

describe.each([
  ['a worker of three places', '3'],
  ['a worker of one place', '1'],
])('%s', (_name, concurrency) => {
  it('twelve pictures from an address that drips: the upload of another caller is done while none of them is', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 12; count += 1)
      ids.push(await post('/v1/images', { source: { url: `${sink.url}/slow` } }));
    const worker = product.startWorker('images', { IMAGES_CONCURRENCY: concurrency });
    await until('some are being fetched', () => sink.requests.length > 0);
    const upload = await postPhoto(product, { key: KEYS.ola, width: '30' });
    await product.jobReaches(upload, 'completed');
    const states = await Promise.all(ids.map(async (id) => (await jobOf(id))['state']));
    expect(states.filter((state) => state === 'completed' || state === 'failed')).toEqual([]);
    for (const id of ids) await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
    await worker.stop();
  });
});

it('heavy pictures of one caller: that of another is third at most', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  const photo = await sharp({ create: { width: 4000, height: 3000, channels: 3, background: '#888', noise } })
    .jpeg()
    .toBuffer();
  const postHeavy = async (key: string) => {
    const answer = await product.request('/v1/images?format=avif', {
      method: 'POST',
      headers: { 'Content-Type': 'image/jpeg' },
      body: new Uint8Array(photo),
      key,
    });
    return ((await answer.json()) as { id: string }).id;
  };
  const kari: string[] = [];
  for (let count = 0; count < 8; count += 1) kari.push(await postHeavy(KEYS.kari));
  const worker = product.startWorker('images', { IMAGES_CONCURRENCY: '2' });
  await until('one runs and others wait for a slot', async () => {
    const jobs = await Promise.all(kari.map(jobOf));
    return jobs.some(({ state }) => state === 'active') && jobs.some(({ waitingOn }) => waitingOn === 'slot');
  });
  const ola = await postHeavy(KEYS.ola);
  await product.jobReaches(ola, 'completed', 300_000);
  const ended = (await Promise.all(kari.map(jobOf))).filter(({ state }) => state === 'completed');
  expect(ended.length).toBeLessThanOrEqual(3);
  for (const id of kari) await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  await worker.stop();
});
