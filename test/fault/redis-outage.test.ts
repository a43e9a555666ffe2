import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { beginUpload, resumedUpload } from '../support/http/resumed-upload.ts';
import { startProcess } from '../support/processes.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startRedis } from '../support/redis/redis.ts';
import { sha256 } from '../support/storage/storage-content.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const REPORT = JSON.stringify({ template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } });
/** What the product promises: refused within a second, accepted again within two of Redis' return. */
const REFUSED_WITHIN_MS = 1000;
const HEALED_WITHIN_MS = 2000;

const post = (product: Product) =>
  product.request('/v1/reports', { method: 'POST', body: REPORT, headers: { 'Content-Type': 'application/json' } });

/** Posts; answers the response and how long it took. */
async function timedPost(product: Product) {
  const begun = performance.now();
  const response = await post(product);
  return { response, ms: performance.now() - begun, problem: (await response.json()) as Record<string, unknown> };
}

interface Listing {
  jobs: unknown[];
}

/** Each is refused; what the product itself would wait for, every one of them would, which takes longer on a busy machine. */
async function expectRefused(product: Product) {
  const took: number[] = [];
  for (let times = 0; times < 3; times += 1) {
    const { response, ms, problem } = await timedPost(product);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(problem).toMatchObject({ code: 'queue_unavailable', retryable: true });
    took.push(ms);
  }
  expect(Math.min(...took)).toBeLessThan(REFUSED_WITHIN_MS);
  expect(Math.max(...took)).toBeLessThan(5 * REFUSED_WITHIN_MS);
}

/** Does something while Redis is away, and has it back whatever came of that: what is tried next does not fail with it. */
async function whileAway<T>({ redis }: Product, way: 'frozen' | 'killed', act: () => Promise<T>): Promise<T> {
  if (way === 'frozen') redis.freeze();
  else await redis.kill();
  try {
    return await act();
  } finally {
    if (way === 'frozen') redis.thaw();
    else await redis.start();
  }
}

const expectHealed = (product: Product) =>
  until('a job is accepted again', async () => (await post(product)).status === 202, { timeoutMs: HEALED_WITHIN_MS });

describe('Redis is away', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ redisUp: false });
  });
  afterAll(() => product.close());

  it('absent at boot: the web process is up but not ready, and refuses within a second', async () => {
    expect((await fetch(`${product.url}/livez`)).status).toBe(200);
    expect((await fetch(`${product.url}/readyz`)).status).toBe(503);
    await expectRefused(product);
  });

  it('come at last: jobs are accepted within two seconds, without a restart', async () => {
    await product.redis.start();
    await expectHealed(product);
    expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
  });

  it('frozen (SIGSTOP): who was sent waits to hear what became of it, who comes later is refused at once', async () => {
    const countJobs = async () => ((await (await product.request('/v1/jobs?limit=100')).json()) as Listing).jobs.length;
    const before = await countJobs();
    const sent = await whileAway(product, 'frozen', async () => {
      const answer = timedPost(product);
      await until('it is known', async () => (await fetch(`${product.url}/readyz`)).status === 503);
      await expectRefused(product);
      return { answer };
    });
    const { response, problem } = await sent.answer;
    expect([response.status, problem['code']]).toEqual([503, 'queue_unavailable']);
    // Redis came to it after its deadline: what was said is true.
    await until('Redis answers', async () => (await fetch(`${product.url}/readyz`)).ok);
    expect(await countJobs()).toBe(before);
    await expectHealed(product);
  });

  it('frozen for longer than anybody waits: the outcome is unknown, and where to look is said', async () => {
    const { response, problem, ms } = await whileAway(product, 'frozen', () => timedPost(product));
    expect(problem).toMatchObject({ status: 503, code: 'outcome_unknown', id: expect.stringMatching(/^rep_/) });
    expect(response.headers.get('location')).toBe(`/v1/jobs/${problem['id']}`);
    expect(ms).toBeGreaterThan(9000);
    await expectHealed(product);
    expect((await product.request(`/v1/jobs/${problem['id']}`)).status).toBe(404);
  });

  it('killed (kill -9) and started again: refused, then healed', async () => {
    await whileAway(product, 'killed', () => expectRefused(product));
    await expectHealed(product);
  });

  it.each<[string, () => Promise<void>]>([
    ['killed and started again', () => whileAway(product, 'killed', async () => {})],
    ['frozen for longer than the right to write lasts', () => whileAway(product, 'frozen', () => delay(5500))],
  ])('%s while an upload comes: no byte that counted is lost, and it goes on to its end', async (_what, disturb) => {
    const content = Buffer.alloc(600_000, 'heavylift ');
    const upload = resumedUpload(product, await beginUpload(product, content.length));
    const part = upload.open(0, content.length, content.subarray(0, 300_000));
    await until('some have come', async () => Number((await upload.view())['received']) === 300_000);
    await disturb();
    const answered = await part.end(content.subarray(300_000));
    expect([204, 503, null]).toContain(answered);
    const offset = await until('it is told how far it is', () => upload.offset());
    expect(offset).toBeGreaterThanOrEqual(answered === 204 ? content.length : 300_000);
    if (offset < content.length) expect((await upload.patch(offset, content.subarray(offset)))?.status).toBe(204);
    expect(await upload.view()).toMatchObject({ state: 'complete', sha256: sha256(content) });
  });

  it('full: refused, and accepted again when there is room', async () => {
    const redis = product.redis.client();
    await redis.config('SET', 'maxmemory', '1mb');
    const { response } = await timedPost(product);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
    await redis.config('SET', 'maxmemory', '512mb');
    await expectHealed(product);
  });
});

it('Redis over 80 % of its memory: refused before it is full, accepted again when there is room', async () => {
  const product = await startProduct();
  try {
    const redis = product.redis.client();
    const used = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    await redis.config('SET', 'maxmemory', Math.round(used / 0.9));
    await until('a job is refused', async () => (await post(product)).status === 503);
    expect((await timedPost(product)).problem).toMatchObject({ code: 'queue_full' });
    await redis.config('SET', 'maxmemory', '512mb');
    await expectHealed(product);
  } finally {
    await product.close();
  }
});

it('kill -9 of Redis under load: every acknowledged job is there afterwards', async () => {
  const product = await startProduct();
  try {
    const acknowledged: string[] = [];
    let over = false;
    const client = async () => {
      while (!over) {
        const response = await post(product).catch(() => null);
        const body = (await response?.json().catch(() => null)) as { id: string } | null;
        if (response?.status === 202 && body) acknowledged.push(body.id);
      }
    };
    const clients = Promise.all(Array.from({ length: 16 }, client));
    for (let round = 1; round <= 3; round += 1) {
      const target = acknowledged.length + 300;
      await until('some hundred jobs are acknowledged', () => acknowledged.length >= target);
      await product.redis.kill();
      await product.redis.start();
    }
    over = true;
    await clients;
    await until('the web process is ready', async () => (await fetch(`${product.url}/readyz`)).ok);
    const lost: string[] = [];
    for (const id of acknowledged) {
      const status = await until('an answer', async () => {
        const response = await product.request(`/v1/jobs/${id}`);
        return response.status !== 503 && response.status;
      });
      if (status !== 200) lost.push(`${id} ${status}`);
    }
    expect(lost).toEqual([]);
    expect(acknowledged.length).toBeGreaterThanOrEqual(900);
  } finally {
    await product.close();
  }
}, 60_000);

it('a password that does not hold any more: told of once by each connection, without it, and once that Redis answers', async () => {
  const { path, remove } = makeTempDir();
  const redis = await startRedis(path);
  const admin = redis.client();
  await admin.config('SET', 'requirepass', 'of-now');
  const config = { REDIS_URL: `unix://:of-before@${redis.socket}`, KEY_PREFIX: 'x' };
  const script = `import { openWorkerRedis, openProducerRedis } from './src/redis/connect.ts';
    import { createLog } from './src/log.ts';
    for (const open of [openWorkerRedis, openProducerRedis]) open(${JSON.stringify(config)}, createLog('info', 'test'));`;
  const logger = startProcess(process.execPath, ['--input-type=module-typescript', '-e', script]);
  const count = (text: string) => logger.output().split(text).length - 1;
  await until('both are told of', () => count('can not be reached') === 2);
  await until('each has tried again and again', async () => {
    const [, calls] = /cmdstat_auth:calls=(\d+)/.exec(await admin.info('commandstats')) ?? [];
    return Number(calls) > 10;
  });
  await admin.config('SET', 'requirepass', 'of-before');
  await until('both answer', () => count('Redis answers again') === 2);
  expect(count('can not be reached')).toBe(2);
  expect(logger.output()).toContain('"command":{"name":"auth"}');
  expect(logger.output()).not.toContain('of-before');
  await logger.stop();
  await redis.stop();
  remove();
});
