import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const BUCKET = 'of-the-application';

async function postImage(product: Product, fields: Record<string, unknown>): Promise<string> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const image = sharp({ create: { width: 1200, height: 900, channels: 3, background: '#000', noise } });
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(await image.jpeg().toBuffer())]), 'photo.jpg');
  for (const [name, value] of Object.entries(fields)) {
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const response = await product.request('/v1/images', { method: 'POST', body: form });
  const { id } = (await response.json()) as { id: string };
  expect(response.status).toBe(202);
  return id;
}

const find = async (product: Product, id: string) =>
  (await (await product.request(`/v1/jobs/${id}`)).json()) as JobView;

const delivered = (product: Product, id: string) =>
  until(
    'its files are delivered',
    async () => {
      const job = await find(product, id);
      const states = (job.delivered ?? []).map(({ state }) => String(state));
      return states.length > 0 && states.every((state) => ['completed', 'failed'].includes(state)) && job;
    },
    { timeoutMs: 60_000 },
  );

const fault = findCephFault();

(fault ? describe.skip : describe)(
  fault ? `files to addresses that S3 has signed (skipped: ${fault})` : 'files to addresses that S3 has signed',
  () => {
    const { path: dir, remove } = makeTempDir();
    let ceph: Ceph;
    let product: Product;
    beforeAll(async () => {
      ceph = await startCeph(dir);
      await ceph.createBucket(BUCKET);
      product = await startProduct({ kinds: [['images', 'webhooks']], env: { DELIVER_ALLOW: new URL(ceph.url).host } });
    }, 120_000);
    afterAll(async () => {
      await product.close();
      await ceph.stop();
      remove();
    });
    const sign = (Key: string, expiresIn: number, ContentType?: string) =>
      getSignedUrl(ceph.client, new PutObjectCommand({ Bucket: BUCKET, Key, ContentType }), {
        expiresIn,
        ...(ContentType ? { signableHeaders: new Set(['content-type']) } : {}),
      });

    it('arrive as they are, of several megabytes, with the type that is signed or their own', async () => {
      const id = await postImage(product, {
        renditions: [
          { name: 'whole', format: 'png' },
          { name: 'small', width: 40 },
        ],
        deliverTo: {
          whole: { url: await sign('whole.png', 300) },
          small: { url: await sign('small.jpg', 300, 'image/pjpeg'), headers: { 'Content-Type': 'image/pjpeg' } },
        },
      });
      const job = await delivered(product, id);
      expect(job.delivered).toMatchObject([
        { file: 'whole', state: 'completed', status: 200, attempts: 1 },
        { file: 'small', state: 'completed', status: 200, attempts: 1 },
      ]);
      const types = ['image/png', 'image/pjpeg'];
      for (const [index, Key] of ['whole.png', 'small.jpg'].entries()) {
        const file = job.result?.files[index];
        const found = await ceph.client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
        const content = Buffer.from((await found.Body?.transformToByteArray()) ?? []);
        const ours = Buffer.from(await (await product.request(String(file?.url))).arrayBuffer());
        expect([content.equals(ours), found.ContentType]).toEqual([true, types[index]]);
      }
      expect(job.result?.files[0]?.bytes).toBeGreaterThan(2_000_000);
    });

    it('whose time is over, or that are signed for another type: 403, once, and the job stays completed', async () => {
      const short = await sign('late.jpg', 1);
      const typed = await sign('typed.jpg', 300, 'image/pjpeg');
      await delay(2000);
      for (const url of [short, typed]) {
        const job = await delivered(product, await postImage(product, { width: '40', deliverTo: { url } }));
        expect([job.state, job.delivered]).toEqual([
          'completed',
          [expect.objectContaining({ state: 'failed', status: 403, attempts: 1, nextAttemptAt: null })],
        ]);
      }
    });
  },
);

describe('a worker that dies', () => {
  let host: HttpSink;
  let product: Product;
  afterEach(async () => {
    await product.close();
    await host.close();
  });

  it('before the host has answered: the file is sent again, and it counts as no attempt; after that, once', async () => {
    host = await openHttpSink(() => {});
    product = await startProduct({ kinds: ['images'], env: { DELIVER_ALLOW: '127.0.0.1' } });
    const first = product.startWorker('webhooks');
    const id = await postImage(product, { format: 'png', deliverTo: { url: `${host.url}/x` } });
    await until('it is on its way', () => host.requests.length === 1);
    await first.stop('SIGKILL');
    host.script = answer(200);
    product.startWorker('webhooks');
    const job = await delivered(product, id);
    expect(job.delivered).toMatchObject([{ state: 'completed', status: 200, attempts: 1 }]);
    expect(host.requests).toHaveLength(2);
    const [one, other] = host.requests;
    expect(one && other?.content.equals(one.content)).toBe(true);
  }, 90_000);

  it('a host that takes no byte: the attempt ends after WEBHOOKS_TIMEOUT_SECONDS, and the next one is planned', async () => {
    host = await openHttpSink();
    const deaf = createServer((req) => req.pause());
    deaf.listen(0, '127.0.0.1');
    await until('it listens', () => deaf.listening);
    const { port } = deaf.address() as { port: number };
    const env = { DELIVER_ALLOW: '127.0.0.1', WEBHOOKS_TIMEOUT_SECONDS: '2' };
    product = await startProduct({ kinds: [['images', 'webhooks']], env });
    const id = await postImage(product, { format: 'png', deliverTo: { url: `http://127.0.0.1:${port}/x` } });
    const waits = await until('it is put off', async () => {
      const [one] = (await find(product, id)).delivered ?? [];
      return one?.state === 'delayed' && one.attempts === 1 && one;
    });
    expect(waits).toMatchObject({
      status: null,
      error: '127.0.0.1 took nothing for 2 seconds, or longer than 10 minutes in all.',
    });
    deaf.closeAllConnections();
    deaf.close();
  }, 90_000);
});
