import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import sharp from 'sharp';
import { indexKey, queueKey, UNFINISHED_INDEX } from '../../src/redis/keys.ts';
import { beginUpload, resumedUpload } from '../support/http/resumed-upload.ts';
import { type Product, startProduct } from '../support/product.ts';
import { mountSmallVolume, type SmallVolume, VOLUME_BYTES } from '../support/storage/small-volume.ts';
import { sha256 } from '../support/storage/storage-content.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const { path: dataDir, remove } = makeTempDir();
const mounted = mountSmallVolume(join(dataDir, 'storage'));
afterAll(() => {
  mounted?.unmount();
  remove();
});

const title = 'a storage volume with trouble';
const describeMounted = mounted ? describe : describe.skip;

describeMounted(mounted ? title : `${title} (skipped: only root may mount one)`, () => {
  const volume = mounted as SmallVolume;
  let product: Product;
  let redis: Redis;
  let jpeg: Buffer;

  beforeAll(async () => {
    product = await startProduct({ env: { DATA_DIR: dataDir } });
    redis = product.redis.client();
    jpeg = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#3a7' } })
      .jpeg()
      .toBuffer();
    await until('all of the deployment is written', () => volume.files().includes('deployment/version'));
  });
  afterEach(() => {
    volume.setWritable(true);
    volume.makeRoom();
  });
  afterAll(() => product.close());

  async function post(file = jpeg, fields: Record<string, string> = {}) {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(file)]), 'photo.jpg');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const response = await product.request('/v1/images', { method: 'POST', body: form });
    return { response, body: (await response.json()) as Record<string, unknown> };
  }

  const waiting = () => redis.llen(queueKey('images', 'wait'));
  const readiness = async () => (await fetch(`${product.url}/readyz`)).status;

  /** The refusal in full: status, code, when to try again, and that neither file nor job came of it. */
  async function expectRefused(status: number, code: string, file = jpeg) {
    const before = { files: volume.files(), waiting: await waiting() };
    const { response, body } = await post(file);
    expect(body).toMatchObject({ status, code, retryable: true });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain(dataDir);
    expect({ files: volume.files(), waiting: await waiting() }).toEqual(before);
  }

  async function expectAccepted() {
    const before = await waiting();
    const { response, body } = await post();
    expect([response.status, body['detail']]).toEqual([202, undefined]);
    expect(volume.files().some((path) => path.startsWith(`uploads/${body.id}-`))).toBe(true);
    expect(await waiting()).toBe(before + 1);
  }

  describe('full', () => {
    it('an upload larger than the room that is left: 507, and nothing of it stays; a small one is taken', async () => {
      await expectRefused(507, 'storage_full', Buffer.concat([jpeg, Buffer.alloc(VOLUME_BYTES)]));
      await expectAccepted();
    });

    it('no room at all: 507, again and again; accepted as soon as there is room', async () => {
      volume.fillUpTo(0);
      await expectRefused(507, 'storage_full');
      await expectRefused(507, 'storage_full');
      expect(await readiness()).toBe(507);
      volume.makeRoom();
      expect(await readiness()).toBe(200);
      await expectAccepted();
    });
  });

  describe('full, for an upload in pieces', () => {
    const content = Buffer.alloc(2_000_000, 'heavylift ');

    it('that is larger than the room that is left: 507 when it is begun, and nothing of it stays', async () => {
      volume.fillUpTo(1_000_000);
      const before = volume.files();
      const refused = await beginUpload(product, content.length);
      expect(await refused.json()).toMatchObject({ status: 507, code: 'storage_full', retryable: true });
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect([volume.files(), await redis.zcard(indexKey('uploads', UNFINISHED_INDEX))]).toEqual([before, 0]);
    });

    it('in the middle of it: 507, what was written counts, and it goes on once there is room', async () => {
      const upload = resumedUpload(product, await beginUpload(product, content.length));
      expect((await upload.patch(0, content.subarray(0, 1_000_000)))?.status).toBe(204);
      volume.fillUpTo(200_000);
      const full = await upload.patch(1_000_000, content.subarray(1_000_000));
      expect(await full?.json()).toMatchObject({ status: 507, code: 'storage_full', retryable: true });
      volume.makeRoom();
      const offset = (await upload.offset()) ?? 0;
      expect(offset).toBeGreaterThanOrEqual(1_000_000);
      expect((await upload.patch(offset, content.subarray(offset)))?.status).toBe(204);
      expect(await upload.view()).toMatchObject({ state: 'complete', sha256: sha256(content) });
    });
  });

  describe('made read-only', () => {
    it('503 and not ready; what is stored can still be read; accepted again when it is writable', async () => {
      const { body: job } = await post();
      volume.setWritable(false);
      await expectRefused(503, 'storage_unavailable');
      expect(await readiness()).toBe(503);
      expect((await product.request(`/v1/jobs/${job['id']}`)).status).toBe(200);
      expect((await fetch(`${product.url}/livez`)).status).toBe(200);
      volume.setWritable(true);
      expect(await readiness()).toBe(200);
      await expectAccepted();
    });
  });

  it('full while a result is written: the job is not failed, nothing half stays, and it ends well when there is room', async () => {
    await redis.flushall();
    const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
    const small = sharp({ create: { width: 300, height: 200, channels: 3, background: '#000', noise } });
    const enlarged = { width: '1500', height: '1000', enlarge: 'true', format: 'png' };
    const { body } = await post(await small.jpeg().toBuffer(), enlarged);
    const id = String(body.id);
    volume.fillUpTo(400_000);
    const worker = product.startWorker('images');
    const delayed = await product.jobReaches(id, 'delayed');
    expect(delayed).toMatchObject({ error: null, result: null, attempts: { made: 0 } });
    expect(worker.output()).toContain('"code":"storage_full"');
    expect(volume.files().filter((path) => !path.startsWith('uploads/'))).toEqual([
      'deployment/id',
      'deployment/version',
    ]);
    volume.makeRoom();
    // Its next run is some seconds away; this makes it due now.
    await redis.zadd(queueKey('images', 'delayed'), 0, id);
    await redis.publish(queueKey('images', 'delayed'), '0');
    expect((await product.jobReaches(id, 'completed'))['attempts']).toMatchObject({ made: 1 });
    expect(volume.files()).toContain(`results/${id}/image.png`);
  });
});
