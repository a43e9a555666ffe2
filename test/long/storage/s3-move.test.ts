import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Moved } from '../../../bin/storage/move-files.ts';
import { deploymentIdKey } from '../../../src/redis/keys.ts';
import { startProcess } from '../../support/processes.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { type FaultProxy, startFaultProxy } from '../../support/s3/fault-proxy.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const fault = findCephFault();
const title = 'heavylift storage move';

(fault ? describe.skip : describe)(fault ? `${title} (skipped: ${fault})` : title, () => {
  const { path: dir, remove } = makeTempDir();
  let ceph: Ceph;
  let proxy: FaultProxy;
  let product: Product;
  beforeAll(async () => {
    ceph = await startCeph(dir);
    await ceph.createBucket('moved');
    proxy = await startFaultProxy(ceph.url);
    product = await startProduct({ kinds: ['images'], env: ceph.keys });
  }, 120_000);
  afterAll(async () => {
    await product.close();
    await proxy.close();
    await ceph.stop();
    remove();
  });

  const settings = (changes: Record<string, string> = {}) => ({
    ...{ ...ceph.keys, REDIS_URL: product.redis.url, DATA_DIR: product.dir },
    ...changes,
  });
  const url = (path: string) => `s3://moved/${path}?endpoint=${proxy.url}`;
  const start = (to: string, changes: Record<string, string> = {}) =>
    startProcess(process.execPath, ['bin/heavylift.ts', 'storage', 'move', '--to', to, '--json'], settings(changes));
  const run = async (to: string, changes: Record<string, string> = {}) => {
    const ran = start(to, changes);
    return { code: await ran.exited, output: ran.output() };
  };
  const resultOf = async (id: string) => {
    const { result } = (await (await product.request(`/v1/jobs/${id}`)).json()) as {
      result: { files: { url: string; sha256: string }[] };
    };
    const [file] = result.files;
    const answer = await product.request(new URL(file?.url ?? '', product.url).pathname, { key: KEYS.kari });
    const sha256 = createHash('sha256')
      .update(Buffer.from(await answer.arrayBuffer()))
      .digest('hex');
    return answer.status === 200 && sha256 === file?.sha256;
  };

  it('while it runs, killed, again, stopped, again: then the product goes on in the bucket, and not in the folder', async () => {
    const done = [await postPhoto(product), await postPhoto(product)];
    for (const id of done) await product.jobReaches(id, 'completed');
    const results = join(product.dir, 'storage/results');
    const old = new Date(Date.now() - 3_600_000);
    for (const id of done)
      for (const name of readdirSync(join(results, id))) utimesSync(join(results, id, name), old, old);
    // What others have left, and nobody sweeps within the hour: many files, so that the first run can be killed among them.
    mkdirSync(join(results, 'img_left'), { recursive: true });
    for (let name = 0; name < 100; name += 1) writeFileSync(join(results, 'img_left', `${name}`), `content ${name}`);

    proxy.fault = { delayMs: 50 };
    const killed = start(url('files'));
    await until('some are copied', async () => (await ceph.stored('moved')).length > 20);
    await killed.stop('SIGKILL');
    proxy.fault = {};
    const first = await run(url('files'));
    expect([first.code, JSON.parse(first.output)]).toMatchObject([0, { isDone: false }]);

    const later = await postPhoto(product);
    await product.jobReaches(later, 'completed');
    await Promise.all([product.web, ...product.workers].map((one) => one.stop()));
    // The signs of life of processes that ended go within some seconds.
    const second = await until(
      'it is moved',
      async () => {
        const ran = await run(url('files'));
        expect([ran.code, ran.output]).toEqual([0, expect.any(String)]);
        const moved = JSON.parse(ran.output) as Moved;
        return moved.isDone && moved;
      },
      { timeoutMs: 60_000, everyMs: 2000 },
    );
    // Those that are old enough for the clocks were not copied again.
    expect(second.copied).toBeLessThan(second.files);

    await product.restartWeb({ STORAGE_URL: url('files') });
    const worker = product.startWorker('images', { STORAGE_URL: url('files') });
    for (const id of [...done, later]) expect(await resultOf(id)).toBe(true);
    const next = await postPhoto(product);
    await product.jobReaches(next, 'completed');
    expect(await resultOf(next)).toBe(true);
    expect(readdirSync(results)).not.toContain(next);

    const stranger = startProcess(process.execPath, ['workers/main.ts', 'images'], settings());
    expect(await stranger.exited).toBe(1);
    expect(stranger.output()).toMatch(/storage says dep_\w+ moved to s3:\/\/moved\/files, Redis says dep_/);
    await worker.stop();
  });

  it('what can not be: says why in a line, with the exit status of that', async () => {
    const refusals: [string, string, number, Record<string, string>?][] = [
      ['/srv/files', '--to must be a URL that begins with file:/// or s3://', 2],
      [`file://${product.dir}/storage/inner`, 'and neither within the other', 1],
      [url('files'), 'has the files of this deployment already', 1, { DATA_DIR: `${product.dir}/copy` }],
      [`s3://nothere?endpoint=${proxy.url}`, 'NoSuchBucket', 1, { DATA_DIR: `${product.dir}/copy` }],
      [url('other'), 'have moved to s3://moved/files', 1],
    ];
    // A copy of the folder as it was before.
    cpSync(join(product.dir, 'storage'), join(product.dir, 'copy/storage'), { recursive: true });
    const id = await product.redis.client().get(deploymentIdKey());
    writeFileSync(join(product.dir, 'copy/storage/deployment/id'), `${id}\n`);
    for (const [to, says, code, changes] of refusals) {
      const refused = await run(to, changes);
      expect([refused.code, refused.output]).toEqual([code, expect.stringContaining(says)]);
    }
  });
});
