import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomJobId } from '../../src/jobs/id.ts';
import { createLog } from '../../src/log.ts';
import { createJobEvents } from '../../src/queue/producer/events.ts';
import { sweepOrphans } from '../../src/queue/upkeep/erasing/orphans.ts';
import { createJanitor } from '../../src/queue/upkeep/janitor.ts';
import { openProducerRedis, openSubscriberRedis } from '../../src/redis/connect.ts';
import { janitorLockKey, queueKey } from '../../src/redis/keys.ts';
import { openStorage } from '../../src/storage/open.ts';
import { defaultConfig } from '../../workers/config.ts';
import { configureContracts } from '../../workers/index.ts';
import { type LyingProxy, openLyingProxy } from '../support/http/lying-proxy.ts';
import { probes } from '../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { type Product, postPhoto, startProduct } from '../support/product.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

const log = createLog('silent', 'test');

describe('an upload whose job was sent to Redis, and not answered', () => {
  const temp = makeTempDir();
  let product: Product;
  let proxy: LyingProxy;

  beforeAll(async () => {
    proxy = await openLyingProxy(join(temp.path, 'proxy.sock'), () => product?.redis.socket);
    product = await startProduct({ redisUp: false, env: { REDIS_URL: proxy.url } });
    await product.redis.start();
  });
  afterAll(async () => {
    await product.close();
    await proxy.close();
    temp.remove();
  });

  const uploads = () => readdirSync(join(product.dir, 'storage', 'uploads')).sort();
  const isReady = () => until('the web process is ready', async () => (await fetch(`${product.url}/readyz`)).ok);
  const waiting = () => product.redis.client().lrange(queueKey('images', 'wait'), 0, -1);

  it('Redis never gets to see it: refused as soon as Redis can be asked, and the upload goes', async () => {
    await isReady();
    // What callers have in use is known from here on; it is asked for once a second.
    await product.request('/v1/usage');
    proxy.requests.hold();
    const refused = expect(postPhoto(product)).rejects.toThrow('503');
    await until('the upload is stored', () => uploads().length === 1);
    // Past the deadline of the job.
    await until('nothing more is sent', async () => (await product.request('/v1/jobs')).status === 503);
    proxy.cut();
    await refused;
    await until('the upload is gone', () => uploads().length === 0);
    expect(await waiting()).toEqual([]);
  });

  it('Redis has it all the same: accepted as soon as Redis can be asked, and the job ends well', async () => {
    await isReady();
    proxy.answers.hold();
    const accepted = postPhoto(product);
    await until('the job is there', async () => (await waiting()).length === 1);
    proxy.cut();
    const id = await accepted;
    product.startWorker('images');
    const job = await product.jobReaches(id, 'completed');
    expect(job).toMatchObject({ attempts: { made: 1 } });
    expect(uploads()).toEqual([expect.stringContaining(id)]);
  });

  const folder = () => join(product.dir, 'storage');
  const send = () => product.request('/v1/uploads', { method: 'POST', body: 'some words' });
  const records = () => product.redis.client().zrange(queueKey('uploads', 'completed'), 0, -1);

  it('a file for jobs to name, which Redis never gets to see: refused, and it goes', async () => {
    await isReady();
    proxy.requests.hold();
    const kept = uploads();
    const sending = send();
    await until('the file is stored', () => uploads().length > kept.length);
    await until('nothing more is sent', async () => (await product.request('/v1/jobs')).status === 503);
    proxy.cut();
    expect((await sending).status).toBe(503);
    await until('the file is gone', () => uploads().length === kept.length);
    expect(await records()).toEqual([]);
  });

  it('one that Redis has all the same: accepted as soon as Redis can be asked', async () => {
    await isReady();
    proxy.answers.hold();
    const sending = send();
    const [id = ''] = await until('the record is there', async () => {
      const found = await records();
      return found.length > 0 && found;
    });
    proxy.cut();
    const answer = await sending;
    expect([answer.status, await answer.json()]).toEqual([201, expect.objectContaining({ id, bytes: 10 })]);
    expect(uploads()).toContainEqual(expect.stringContaining(id));
  });

  it('one in whose middle the web process is killed: nothing of it is left once orphans are swept', async () => {
    await isReady();
    const kept = uploads();
    const drafts = () => readdirSync(join(folder(), 'tmp'));
    const begun = drafts();
    const half = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.alloc(300_000, 'a')) });
    const sending = expect(
      product.request('/v1/uploads', { method: 'POST', body: half, duplex: 'half' } as RequestInit),
    ).rejects.toThrow();
    await until('a part of it is written', () =>
      drafts().some((name) => !begun.includes(name) && statSync(join(folder(), 'tmp', name)).size > 100_000),
    );
    await product.web.stop('SIGKILL');
    await sending;
    const contracts = configureContracts(defaultConfig());
    const storage = await openStorage({ ...defaultConfig(), DATA_DIR: product.dir });
    await sweepOrphans({ redis: product.redis.client(), contracts, storage }, 0);
    expect([drafts(), uploads()]).toEqual([[], kept]);
  });
});

describe('on a connection that loses answers', () => {
  let queue: ProbeQueue;
  let proxy: LyingProxy;
  const config = () => ({ ...defaultConfig(), REDIS_URL: proxy.url, DATA_DIR: queue.dir });

  beforeAll(async () => {
    queue = await openProbeQueue();
    proxy = await openLyingProxy(join(queue.dir, 'proxy.sock'), () => queue.redis.socket);
  });
  afterAll(async () => {
    await proxy.close();
    await queue.close();
  });

  it('a janitor that holds its lock without knowing: it sweeps at once, not when the lock has run out', async () => {
    queue.startWorker();
    const { id } = await queue.add('done');
    await queue.reaches(id, 'completed');
    const redis = openProducerRedis(config(), log);
    const storage = await openStorage(config());
    const janitor = createJanitor({
      redis,
      contracts: [probes as never],
      storage,
      resultTtlMs: 1,
      maxRecords: 1000,
      log,
    });
    await until('the janitor is connected', () => redis.status === 'ready');
    proxy.answers.hold();
    janitor.start();
    const observer = queue.redis.client();
    await until('the lock is taken', async () => (await observer.exists(janitorLockKey())) === 1);
    proxy.cut();
    try {
      // The lock would hold for 30 seconds.
      await until('the job is swept', async () => (await queue.producer.find(id)) === null, { timeoutMs: 10_000 });
    } finally {
      janitor.stop();
      redis.disconnect();
    }
  });

  it('who watches a job is notified when the subscription stands: an event that came before it was lost', async () => {
    const subscriber = openSubscriberRedis(config(), log);
    const observer = queue.redis.client();
    const countSubscriptions = async () => Number(await observer.call('PUBSUB', 'NUMPAT'));
    const subscriptions = (count: number) =>
      until(`${count} subscriptions`, async () => (await countSubscriptions()) === count);
    const events = createJobEvents(['probes'], () => subscriber);
    const before = await countSubscriptions();
    // The first connection notifies of itself; that is not what is looked at here.
    events.watch(randomJobId('prb'), () => {})();
    await until('it is connected', () => subscriber.status === 'ready');
    await subscriptions(before);

    let notified = 0;
    proxy.requests.hold();
    events.watch(randomJobId('prb'), () => {
      notified += 1;
    });
    proxy.requests.release();
    try {
      await subscriptions(before + 1);
      await until('the watcher is notified', () => notified > 0, { timeoutMs: 5000 });
    } finally {
      events.close();
    }
  });
});
