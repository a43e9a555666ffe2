import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import { jobKey, queueKey } from '../../../src/redis/keys.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { probes } from '../../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';

/** Each makes a record one that can't be read. */
const DAMAGES: Record<string, (redis: Redis, key: string) => Promise<unknown>> = {
  'half its data': (redis, key) => redis.hset(key, 'data', '{"v":1,"caller":"ka'),
  'data of another shape': (redis, key) => redis.hset(key, 'data', '[5]'),
  'an empty text as data': (redis, key) => redis.hset(key, 'data', ''),
  'broken options of Bull': (redis, key) => redis.hset(key, { data: '{', opts: '{"attempts":' }),
  'a key of another type': (redis, key) => redis.multi().del(key).set(key, 'x').exec(),
};

describe('the record of one job is damaged', () => {
  let product: Product;
  let redis: Redis;
  beforeAll(async () => {
    product = await startProduct();
    redis = product.redis.client();
  });
  afterAll(() => product.close());

  const post = async (): Promise<string> => {
    const body = JSON.stringify({ template: 'document', data: { title: 'T', blocks: [] } });
    const headers = { 'Content-Type': 'application/json' };
    const answer = await product.request('/v1/reports', { method: 'POST', body, headers });
    return ((await answer.json()) as { id: string }).id;
  };
  const list = async (path: string) => {
    const answer = await product.request(path);
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { jobs: { id: string; state: string }[] }).jobs.map(({ id }) => id);
  };

  it.each(Object.entries(DAMAGES))(
    '%s: listings, pages and the board show the others; its line can be erased',
    async (_name, damage) => {
      const [good, bad] = [await post(), await post()];
      await damage(redis, jobKey('reports', bad));
      expect(await list('/v1/jobs')).toEqual(expect.arrayContaining([good]));
      expect(await list('/v1/jobs?kind=reports&state=waiting')).toEqual(expect.arrayContaining([good]));
      expect(await list(`/v1/jobs?ids=${good},${bad}`)).toContain(good);
      const page = await product.request('/jobs', { headers: { Accept: 'text/html' } });
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining(good)]);
      const asOperator = { key: KEYS.operator };
      expect((await product.request(`/v1/jobs/${bad}`, asOperator)).status).toBe(200);
      expect((await product.request('/metrics', asOperator)).status).toBe(200);
      expect((await product.request(`/v1/jobs/${bad}`, { method: 'DELETE', ...asOperator })).status).toBe(204);
      expect((await product.request(`/v1/jobs/${bad}`, asOperator)).status).toBe(404);
      expect(product.web.output()).toContain(bad);
    },
  );

  it('the board: 200, where the record is a hash still', async () => {
    const bad = await post();
    await redis.hset(jobKey('reports', bad), 'data', '{"v":1,');
    const board = await product.request('/admin/queues/api/queues?activeQueue=reports', { key: KEYS.operator });
    expect(board.status).toBe(200);
    expect(await board.text()).toContain(bad);
  });
});

describe('to workers and the janitor', () => {
  let queue: ProbeQueue;
  let redis: Redis;
  beforeAll(async () => {
    queue = await openProbeQueue();
    redis = queue.redis.client();
  });
  afterAll(() => queue.close());

  const sweep = async () =>
    createJanitor({
      redis,
      contracts: [probes as unknown as JobContract],
      storage: await openStorage({ ...defaultConfig(), DATA_DIR: queue.dir }),
      resultTtlMs: 1,
      maxRecords: 1000,
      log: createLog('silent', 'test'),
    }).sweep();

  it('a waiting one ends as failed, and the others run', async () => {
    await queue.producer.setPaused('probes', true);
    const [first, bad, last] = [await queue.add('done'), await queue.add('done'), await queue.add('done')];
    await redis.hset(jobKey('probes', bad.id), 'data', '{"v":1,');
    await queue.producer.setPaused('probes', false);
    queue.startWorker();
    await queue.reaches(first.id, 'completed');
    await queue.reaches(last.id, 'completed');
    const job = await queue.reaches(bad.id, 'failed');
    expect(job).toMatchObject({ damaged: true, error: { code: 'internal', retryable: false } });
  });

  it('ended ones are erased like any other, whatever is damaged', async () => {
    const ids: string[] = [];
    for (const damage of Object.values(DAMAGES)) {
      const { id } = await queue.add('done');
      await queue.reaches(id, 'completed');
      await damage(redis, jobKey('probes', id));
      ids.push(id);
    }
    const broken = await queue.add('done');
    await queue.reaches(broken.id, 'completed');
    await redis.hset(jobKey('probes', broken.id), { returnvalue: '{"result":', indexes: '["all"' });
    expect(await queue.producer.find(broken.id)).toMatchObject({ state: 'failed', damaged: true });
    await sweep();
    for (const id of [...ids, broken.id]) {
      expect(await queue.producer.find(id)).toBeNull();
      expect(existsSync(join(queue.dir, 'storage', 'results', id))).toBe(false);
    }
    expect(await redis.zcard(queueKey('probes', 'completed'))).toBe(0);
  });

  it('a job of a later version is put back, uses no attempt, and runs where its version is known', async () => {
    await queue.producer.setPaused('probes', true);
    const id = randomJobId('prb');
    const envelope = { v: 1, caller: 'test', input: { act: 'done' }, uploads: {}, options: {} };
    await queue.producer.enqueue('probes', id, { ...envelope, v: 2 });
    await queue.producer.setPaused('probes', false);
    const job = await queue.reaches(id, 'delayed');
    expect(job).toMatchObject({ error: null, attemptsMade: 0 });
    await redis.hset(jobKey('probes', id), 'data', JSON.stringify(envelope));
    await redis.zadd(queueKey('probes', 'delayed'), 0, id);
    await redis.publish(queueKey('probes', 'delayed'), '0');
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
  });
});
