import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { type BlackHole, openBlackHole } from '../../support/fleet/black-hole.ts';
import { ALL_KINDS, ask, FLEET_KEYS, type Fleet, type FleetWeb, openFleet } from '../../support/fleet/fleet.ts';
import { answer } from '../../support/http/http-sink.ts';
import type { TestProcess } from '../../support/processes.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { makeContent, sha256 } from '../../support/storage/storage-content.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const fault = findCephFault();
const title = 'hosts that share no folder: one Redis, one bucket, one secret';
const BUCKET = 'files';
/** Places for webhooks that each host has by its settings. */
const PLACES = 8;
const WEBHOOKS = 24;

(fault ? describe.skip : describe)(fault ? `${title} (skipped: ${fault})` : title, () => {
  const { path: dir, remove } = makeTempDir();
  let ceph: Ceph;
  let fleet: Fleet;
  let hole: BlackHole;
  let a: FleetWeb;
  let c: FleetWeb;
  let cutOff: TestProcess;
  const seatOf = (host: string, env: Record<string, string> = {}) => {
    const folder = join(dir, host);
    mkdirSync(folder, { mode: 0o700 });
    return { env: { DATA_DIR: folder, ...env } };
  };
  beforeAll(async () => {
    ceph = await startCeph(dir);
    await ceph.createBucket(BUCKET);
    fleet = await openFleet({
      ...ceph.keys,
      STORAGE_URL: `s3://${BUCKET}/fleet?endpoint=${ceph.url}`,
      DEPLOYMENT_SECRET: 'a secret of the fleet that is long enough',
      WEBHOOKS_WORKERS: '1',
      WEBHOOKS_CONCURRENCY: String(PLACES),
    });
    hole = await openBlackHole(fleet.redisPort);
    [a, c] = [await fleet.startWeb(seatOf('a')), await fleet.startWeb(seatOf('c'))];
    await fleet.startWorker(
      ALL_KINDS.filter((kind) => kind !== 'calls'),
      seatOf('b'),
    );
    cutOff = await fleet.startWorker(
      ['calls', 'webhooks'],
      seatOf('d', { REDIS_URL: `redis://127.0.0.1:${hole.port}` }),
    );
  }, 300_000);
  afterAll(async () => {
    await fleet?.close();
    await hole?.close();
    await ceph?.stop();
    remove();
  });

  const send = async (url: string, path: string, body: object): Promise<string> => {
    const headers = { 'Content-Type': 'application/json' };
    const given = await ask(url, path, { method: 'POST', headers, body: JSON.stringify(body) });
    const { id, ...rest } = (await given.json()) as { id?: string };
    if (!id) throw new Error(`${given.status} ${JSON.stringify(rest)}`);
    return id;
  };
  const stateOf = async (url: string, id: string) =>
    ((await (await ask(url, `/v1/jobs/${id}`)).json()) as { state: string }).state;
  const reaches = (url: string, id: string, state: string) =>
    until(`${id} is ${state}`, async () => (await stateOf(url, id)) === state, { timeoutMs: 90_000 });

  it('an upload at one, its job posted at another and made on a third: the result from each, and nothing of it in a folder', async () => {
    const photo = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#27507c' } })
      .jpeg()
      .toBuffer();
    const sent = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body: new Uint8Array(photo) };
    const { id: upload } = (await (await ask(a.url, '/v1/uploads?name=a.jpg', sent)).json()) as { id: string };
    const id = await send(c.url, '/v1/images', { source: { upload }, width: 60, format: 'webp' });
    expect(await (await ask(a.url, `/v1/jobs/${id}/events`)).text()).toContain('"state":"completed"');
    const results = await Promise.all([a, c].map(async ({ url }) => (await ask(url, `/v1/jobs/${id}/result`)).bytes()));
    expect(results[0]).toEqual(results[1]);
    expect(await sharp(results[0]).metadata()).toMatchObject({ width: 60, format: 'webp' });
    expect((await ceph.stored(BUCKET)).filter((key) => key.includes(id) || key.includes(upload))).toHaveLength(2);
  }, 120_000);

  it('an upload in pieces begun at one that is killed while more is to come: goes on at another where it was', async () => {
    const content = makeContent(14_000_000);
    const half = content.length / 2;
    const lost = await fleet.startWeb(seatOf('f'));
    const authorized = { Authorization: `Bearer ${FLEET_KEYS.kari}` };
    const tus = { 'Tus-Resumable': '1.0.0', 'Content-Type': 'application/offset+octet-stream' };
    const begun = await ask(lost.url, '/v1/uploads', {
      method: 'POST',
      headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(content.length) },
    });
    const path = begun.headers.get('location') as string;
    const sent = {
      method: 'PATCH',
      headers: { ...authorized, ...tus, 'Upload-Offset': 0, 'Content-Length': content.length },
    };
    const sending = request(`${lost.url}${path}`, sent);
    const isBroken = once(sending, 'error');
    sending.write(content.subarray(0, half));
    const read = async () => (await (await ask(c.url, path)).json()) as { received: number; sha256: string };
    await until('the first half is in the bucket', async () => (await read()).received === half, { timeoutMs: 60_000 });
    await lost.process.stop('SIGKILL');
    await isBroken;
    const there = await ask(c.url, path, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } });
    expect(there.headers.get('upload-offset')).toBe(String(half));
    const rest = new Uint8Array(content.subarray(half));
    const given = await ask(a.url, path, {
      method: 'PATCH',
      body: rest,
      headers: { ...tus, 'Upload-Offset': `${half}` },
    });
    expect(given.status).toBe(204);
    expect(await read()).toMatchObject({ state: 'complete', received: content.length, sha256: sha256(content) });
  }, 240_000);

  it('webhooks to a host that does not answer: those of two hosts together have the places that one has', async () => {
    let [open, most] = [0, 0];
    fleet.sink.script = (res, { path }) => {
      if (!path.startsWith('/slow')) return answer(200)(res, {} as never);
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        answer(200)(res, {} as never);
      }, 500);
    };
    const data = { data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };
    const ids = await Promise.all(
      Array.from({ length: WEBHOOKS }, (_, turn) =>
        // One address: a second has a place of its own.
        send((turn % 2 === 0 ? a : c).url, '/v1/reports', { ...data, callbackUrl: `${fleet.sink.url}/slow` }),
      ),
    );
    for (const id of ids) await reaches(a.url, id, 'completed');
    const arrived = () => fleet.sink.requests.filter(({ path }) => path === '/slow').length;
    await until('all webhooks came', () => arrived() >= WEBHOOKS, { timeoutMs: 120_000 });
    expect(arrived()).toBe(WEBHOOKS);
    expect(most).toBeGreaterThanOrEqual(2);
    expect(most).toBeLessThanOrEqual(PLACES / 2);
    const there = cutOff.output().split('job completed').length - 1;
    expect(there).toBeGreaterThan(0);
  }, 240_000);

  it('a call on a host that was cut off from Redis is cancelled meanwhile: it ends, is sent to nobody again, and stays cancelled when the host is back', async () => {
    fleet.sink.script = (res, { path }) => {
      if (path !== '/long') answer(200)(res, {} as never);
    };
    const sent = () => fleet.sink.requests.filter(({ path }) => path === '/long');
    const id = await send(a.url, '/v1/calls', { url: `${fleet.sink.url}/long`, json: {}, timeout: '5m' });
    await until('it was sent', () => sent().length === 1);
    hole.swallow();
    await fleet.startWorker(['calls'], seatOf('e'));
    expect((await ask(c.url, `/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBeLessThan(300);
    await reaches(a.url, id, 'cancelled');
    hole.release();
    await until(
      'the host is back',
      async () => {
        const work = await send(a.url, '/v1/calls', { url: `${fleet.sink.url}/x`, json: {} });
        await reaches(a.url, work, 'completed');
        return cutOff
          .output()
          .split('\n')
          .some((line) => line.includes(work) && line.includes('job completed'));
      },
      { timeoutMs: 120_000 },
    );
    expect(await stateOf(c.url, id)).toBe('cancelled');
    expect(sent()).toHaveLength(1);
  }, 400_000);
});
