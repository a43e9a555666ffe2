import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStorage } from '../../../src/storage/open.ts';
import { parseConfig } from '../../../workers/config.ts';
import { postPhoto, startProduct } from '../../support/product.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { startFaultProxy } from '../../support/s3/fault-proxy.ts';
import { describeStorage } from '../../support/storage/storage-conformance.ts';
import { inChunks, makeContent, sha256 } from '../../support/storage/storage-content.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const fault = findCephFault();

(fault ? describe.skip : describe)(fault ? `files in S3 (skipped: ${fault})` : 'files in S3', () => {
  const { path: dir, remove } = makeTempDir();
  let ceph: Ceph;
  beforeAll(async () => {
    ceph = await startCeph(dir);
  });
  afterAll(async () => {
    await ceph.stop();
    remove();
  });

  const open = (url: string) =>
    openStorage(
      parseConfig({ ...ceph.keys, STORAGE_URL: `${url}?endpoint=${ceph.url}`, REDIS_URL: 'unix:/none', DATA_DIR: dir }),
    );

  describeStorage('a bucket, below a prefix', async () => {
    await ceph.createBucket('conformance');
    return {
      storage: await open('s3://conformance/some/prefix'),
      // What `check` writes is one content, for ever.
      stored: async () => (await ceph.stored('conformance')).filter((key) => !key.endsWith('/tmp/check')),
      async clear() {
        for (const Key of await ceph.stored('conformance')) {
          await ceph.client.send(new DeleteObjectCommand({ Bucket: 'conformance', Key }));
        }
      },
      close: async () => {},
    };
  });

  it('a content whose process died when it had just become whole: nothing of its pieces stays', async () => {
    await ceph.createBucket('finished');
    const { growing } = await open('s3://finished');
    const [key, content] = ['uploads/upd_3-nonce/file', makeContent(100_000)];
    await growing.append(key, inChunks(content), { from: 0, total: content.length });
    const whole = await ceph.stored('finished');
    await ceph.client.send(
      new PutObjectCommand({ Bucket: 'finished', Key: 'growing/upd_3-nonce/0-1000', Body: content.subarray(0, 1000) }),
    );
    expect(await growing.size(key, content.length)).toBe(content.length);
    await growing.append(key, inChunks(Buffer.alloc(0)), { from: content.length, total: content.length });
    expect(await ceph.stored('finished')).toEqual(whole);
  });

  it('bytes that were refused after they were written as a piece: none of them is read for those that came in their place', async () => {
    await ceph.createBucket('refused');
    const { growing, open: read } = await open('s3://refused');
    const [key, content] = ['uploads/upd_2-nonce/file', makeContent(400_000)];
    const append = (from: number, to: number) =>
      growing.append(key, inChunks(content.subarray(from, to)), { from, total: content.length });
    async function* slowly() {
      yield Buffer.alloc(1000, 'x');
      await delay(1200);
      yield Buffer.alloc(1000, 'x');
      yield Buffer.alloc(1000, 'x');
    }
    const accept = () => {
      throw new Error('not these');
    };
    await append(0, 500);
    await expect(growing.append(key, slowly(), { from: 500, total: content.length, accept })).rejects.toThrow();
    expect(await growing.size(key, content.length)).toBeGreaterThan(500);
    await append(500, 600);
    await append(600, content.length);
    expect(sha256(await buffer(await read(key)))).toBe(sha256(content));
  });

  it('a part that can not be sent, of a content that comes in pieces: it is kept, and goes on without it being lost', async () => {
    const proxy = await startFaultProxy(ceph.url);
    await ceph.createBucket('parts');
    const settings = { ...ceph.keys, REDIS_URL: 'unix:/none', DATA_DIR: dir };
    const storage = await openStorage(parseConfig({ ...settings, STORAGE_URL: `s3://parts?endpoint=${proxy.url}` }));
    const [key, content] = ['uploads/upd_3-nonce/file', makeContent(16_000_000)];
    const total = content.length;
    const append = (from: number) => storage.growing.append(key, inChunks(content.subarray(from)), { from, total });
    let from = 0;
    for (const part of [1, 2]) {
      proxy.fault = { status: 503 };
      proxy.hits = (_method, path) => path.includes(`partNumber=${part}&`);
      await expect(append(from)).rejects.toMatchObject({ code: 'storage_unavailable' });
      from = await storage.growing.size(key, total);
      expect(from).toBe(part * (5 << 20));
    }
    proxy.fault = {};
    expect(await append(from)).toBe(total);
    expect(sha256(await buffer(await storage.open(key)))).toBe(sha256(content));
    await proxy.close();
  });

  it('encryption: asked for with each content that is written, in one request, in parts and by a copy', async () => {
    const proxy = await startFaultProxy(ceph.url);
    const settings = { ...ceph.keys, REDIS_URL: 'unix:/none', DATA_DIR: dir };
    const query = `endpoint=${proxy.url}&encryption=aws:kms&kmsKeyId=key-1`;
    const storage = await openStorage(parseConfig({ ...settings, STORAGE_URL: `s3://conformance?${query}` }));
    // This server has no keys: what it answers is not looked at.
    const put = (bytes: number) => storage.put('uploads/a/b', inChunks(makeContent(bytes))).catch(() => {});
    const encryption = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
    };
    await put(1000);
    expect(proxy.headers['PUT']).toMatchObject(encryption);
    await put(12_000_000);
    expect(proxy.headers['POST']).toMatchObject(encryption);
    await storage.link('uploads/a/b', 'uploads/c/d').catch(() => {});
    expect(proxy.headers['PUT']).toMatchObject({ ...encryption, 'x-amz-copy-source': 'conformance/uploads/a/b' });
    await proxy.close();
  });

  it('presigned addresses: callers are led to the bucket, what a page shows comes from us, and nobody gets in without', async () => {
    await ceph.createBucket('presigned');
    const proxy = await startFaultProxy(ceph.url);
    const STORAGE_URL = `s3://presigned?endpoint=${proxy.url}&publicEndpoint=${ceph.url}`;
    const product = await startProduct({
      kinds: ['images'],
      env: { ...ceph.keys, STORAGE_URL, STORAGE_PRESIGN: '5m' },
    });
    try {
      const job = await product.jobReaches(await postPhoto(product), 'completed');
      const [file] = (job['result'] as { files: { url: string; sha256: string; type: string; bytes: number }[] }).files;
      const path = new URL(file?.url ?? '', product.url).pathname;
      const ask = (headers: Record<string, string> = {}, query = '', method = 'GET') =>
        product.request(path + query, { headers, redirect: 'manual', method });
      const led = await ask();
      const address = new URL(led.headers.get('location') ?? '');
      expect([led.status, led.headers.get('cache-control'), address.origin]).toEqual([307, 'no-store', ceph.url]);
      const got = await fetch(address);
      const content = Buffer.from(await got.arrayBuffer());
      expect([got.status, got.headers.get('content-type'), sha256(content)]).toEqual([200, file?.type, file?.sha256]);
      expect(got.headers.get('content-disposition')).toMatch(/^inline; filename=/);
      const part = await fetch(address, { headers: { Range: 'bytes=2-5' } });
      expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, content.subarray(2, 6)]);
      const download = new URL((await ask({}, '?download')).headers.get('location') ?? '');
      expect((await fetch(download)).headers.get('content-disposition')).toMatch(/^attachment; /);

      const statuses = [
        await ask({ 'If-None-Match': `"${file?.sha256}"` }),
        await ask({ 'Sec-Fetch-Dest': 'image' }),
        await ask({ 'Sec-Fetch-Dest': 'document' }),
        await ask({}, '', 'HEAD'),
        await fetch(product.url + path, { redirect: 'manual' }),
        await fetch(address.origin + address.pathname),
        await fetch(address.href.replace(/Expires=\d+/, 'Expires=3000')),
      ].map(({ status }) => status);
      expect(statuses).toEqual([304, 200, 307, 200, 401, 403, 403]);
    } finally {
      await product.close();
      await proxy.close();
    }
  });
});
