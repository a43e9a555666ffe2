import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CopyObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { startRedis } from '../../support/redis/redis.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const fault = findCephFault();
const title = 'a backup of a deployment with its files in a bucket';

(fault ? describe.skip : describe)(fault ? `${title} (skipped: ${fault})` : title, () => {
  const { path: dir, remove } = makeTempDir();
  let ceph: Ceph;
  let product: Product;
  let ids: string[];
  const url = (bucket: string) => `s3://${bucket}/hl?endpoint=${ceph.url}`;
  const file = join(dir, 'backup.tar');
  const API_KEYS = `kari:${KEYS.kari}`;

  beforeAll(async () => {
    ceph = await startCeph(join(dir, 'ceph'));
    for (const bucket of ['original', 'copy', 'others']) await ceph.createBucket(bucket);
    product = await startProduct({ kinds: ['images'], env: { ...ceph.keys, STORAGE_URL: url('original') } });
    ids = [await postPhoto(product), await postPhoto(product)];
    for (const id of ids) await product.jobReaches(id, 'completed');
    await Promise.all([product.web, ...product.workers].map((one) => one.stop()));
    await product.redis.kill();
  }, 120_000);
  afterAll(async () => {
    await product.close();
    await ceph.stop();
    remove();
  });

  const heavylift = async (DATA_DIR: string, bucket: string | null, ...args: string[]) => {
    const env = { ...ceph.keys, DATA_DIR, ...(bucket === null ? {} : { STORAGE_URL: url(bucket) }) };
    const ran = startProcess(process.execPath, ['bin/heavylift.ts', ...args], env);
    return { code: await ran.exited, output: ran.output() };
  };

  /** Has a deployment that was restored show the results of the jobs, and make another one. */
  async function goOn(DATA_DIR: string, bucket: string): Promise<boolean[]> {
    const redis = await startRedis(DATA_DIR);
    const port = await findFreePort();
    const env = {
      ...ceph.keys,
      DATA_DIR,
      REDIS_URL: redis.url,
      STORAGE_URL: url(bucket),
      API_KEYS,
      PORT: String(port),
    };
    const web = startProcess(process.execPath, ['src/server.ts'], env);
    const ask = (path: string) =>
      fetch(new URL(path, `http://127.0.0.1:${port}`), { headers: { Authorization: `Bearer ${KEYS.kari}` } });
    try {
      await until('it is ready', async () => (await ask('/readyz')).ok).catch((error) => {
        throw new Error(`${error.message}\n${web.output()}`);
      });
      const whole = ids.map(async (id) => {
        const { result } = (await (await ask(`/v1/jobs/${id}`)).json()) as {
          result: { files: { url: string; sha256: string }[] };
        };
        const answer = await ask(new URL(result.files[0]?.url ?? '', 'http://a').pathname);
        const content = Buffer.from(await answer.arrayBuffer());
        return answer.ok && createHash('sha256').update(content).digest('hex') === result.files[0]?.sha256;
      });
      return await Promise.all(whole);
    } finally {
      await web.stop();
      await redis.stop();
    }
  }

  it('holds the queue and says where the files are; restored, it goes on with them', async () => {
    const backup = await heavylift(product.dir, 'original', 'backup', file);
    expect([backup.code, backup.output]).toEqual([
      0,
      expect.stringContaining('lie in s3://original/hl, which has to keep them'),
    ]);
    const restored = join(dir, 'restored');
    expect(await heavylift(restored, null, 'restore', file)).toMatchObject({
      ...{
        code: 1,
        output: expect.stringContaining('the files of the backup lie in s3://original/hl: set STORAGE_URL'),
      },
    });
    const done = await heavylift(restored, 'original', 'restore', file);
    expect([done.code, done.output]).toEqual([0, expect.not.stringContaining('lack a file')]);
    expect(await goOn(restored, 'original')).toEqual([true, true]);
  });

  it('a copy wants files of its own, and gets an id of its own; a place of others is refused', async () => {
    const folder = join(dir, 'as-copy');
    expect(await heavylift(folder, 'original', 'restore', '--as-copy', file)).toMatchObject({
      ...{ code: 1, output: expect.stringContaining('a copy takes files of its own') },
    });
    expect(await heavylift(folder, 'others', 'restore', file)).toMatchObject({
      ...{ code: 1, output: expect.stringContaining('STORAGE_URL leads to files of none; nothing was restored') },
    });
    for (const Key of await ceph.stored('original')) {
      await ceph.client.send(new CopyObjectCommand({ Bucket: 'copy', Key, CopySource: `original/${Key}` }));
    }
    expect(await heavylift(folder, 'copy', 'restore', '--as-copy', file)).toMatchObject({ code: 0 });
    expect(await goOn(folder, 'copy')).toEqual([true, true]);
    // Beside the original, which goes on with its own.
    const again = join(dir, 'again');
    expect((await heavylift(again, 'copy', 'restore', file)).output).toMatch(/and STORAGE_URL leads to files of dep_/);
  });
});
