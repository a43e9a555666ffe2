import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { writeProbeKey } from '../../../src/redis/keys.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const HOST = '127.0.0.1';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close();
});

/** A Redis of its own on a TCP port, as replication needs. */
async function openRedis(...extra: string[]): Promise<TestRedis & { port: number }> {
  const dir = makeTempDir();
  const port = await findFreePort();
  const redis = await startRedis(dir.path, ['--port', String(port), '--repl-diskless-sync-delay', '0', ...extra]);
  closings.push(async () => {
    await redis.stop();
    dir.remove();
  });
  return Object.assign(redis, { port });
}

/** The web process over a Redis of the test's; it may be unfit. */
async function openProduct(url: string): Promise<Product> {
  const product = await startProduct({ env: { REDIS_URL: url }, redisUp: false });
  closings.push(product.close);
  return product;
}

const readiness = async (product: Product) => (await fetch(`${product.url}/readyz`)).status;
const post = (product: Product) =>
  product.request('/v1/reports', {
    method: 'POST',
    body: JSON.stringify({ template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } }),
    headers: { 'Content-Type': 'application/json' },
  });

/** Not ready, and a job is refused with a reason and a time to try again: both say the same. */
async function expectRed(product: Product) {
  await until('it is not ready', async () => (await readiness(product)) === 503);
  const answer = await post(product);
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({ code: 'queue_unavailable', retryable: true });
  expect(await readiness(product)).toBe(503);
}

async function expectHealed(product: Product) {
  await until('it is ready', async () => (await readiness(product)) === 200);
  await until('a job is accepted', async () => (await post(product)).status === 202);
}

/** A TCP address whose connections lead to one of several ports: open ones stay where they are. */
async function openMovingName(to: number) {
  const sockets = new Set<Socket>();
  const state = { to };
  const server: Server = createServer((client) => {
    const upstream = connect(state.to, HOST);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  const port = await findFreePort();
  await new Promise<void>((done) => server.listen(port, HOST, done));
  closings.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const moveTo = (other: number) => Object.assign(state, { to: other });
  return { url: `redis://${HOST}:${port}`, moveTo };
}

describe('a Redis that takes no writes', () => {
  it('a replica: up, not ready, jobs refused; ready when it is made a master', async () => {
    const master = await openRedis();
    const replica = await openRedis('--replicaof', `${HOST} ${master.port}`);
    const product = await openProduct(replica.url);
    await expectRed(product);
    expect((await fetch(`${product.url}/livez`)).status).toBe(200);
    expect(product.web.output()).toContain('it is a replica and takes no writes');
    await replica.client().call('REPLICAOF', 'NO', 'ONE');
    await expectHealed(product);
  });

  it('a master that is demoted while it is used: not ready until it is one again', async () => {
    const [other, redis] = [await openRedis(), await openRedis()];
    const product = await openProduct(redis.url);
    await expectHealed(product);
    await redis.client().call('REPLICAOF', HOST, String(other.port));
    await expectRed(product);
    await redis.client().call('REPLICAOF', 'NO', 'ONE');
    await expectHealed(product);
  });

  it('a demoted master behind a name that moved: web and workers find the new one, without a restart', async () => {
    const old = await openRedis();
    const next = await openRedis('--replicaof', `${HOST} ${old.port}`);
    const name = await openMovingName(old.port);
    const product = await openProduct(name.url);
    await expectHealed(product);
    const worker = product.startWorker('images');
    await product.jobReaches(await postPhoto(product), 'completed');
    const observer = next.client();
    await until('the replica has everything', async () =>
      (await observer.info('replication')).includes('master_link_status:up'),
    );
    await observer.call('REPLICAOF', 'NO', 'ONE');
    name.moveTo(next.port);
    await old.client().call('REPLICAOF', HOST, String(next.port));
    await expectHealed(product);
    const id = await until('a photo is accepted', () => postPhoto(product));
    await product.jobReaches(id, 'completed');
    expect(worker.output()).not.toContain('job failed');
  });

  it('one node of a cluster: up, not ready, jobs refused', async () => {
    const node = await openRedis('--cluster-enabled', 'yes');
    await node.client().call('CLUSTER', 'ADDSLOTSRANGE', '0', '8000');
    const product = await openProduct(node.url);
    await expectRed(product);
    await until('it is said', () => product.web.output().includes('it is one node of a cluster'));
  });

  it('one that refuses for a reason of its own (too few replicas): not ready until it takes writes', async () => {
    const redis = await openRedis();
    const product = await openProduct(redis.url);
    await expectHealed(product);
    await redis.client().config('SET', 'min-replicas-to-write', '1');
    await expectRed(product);
    await redis.client().config('SET', 'min-replicas-to-write', '0');
    await expectHealed(product);
  });

  it('one whose settings could lose jobs, changed while it is used: not ready until they are mended', async () => {
    const redis = await openRedis();
    const product = await openProduct(redis.url);
    await expectHealed(product);
    await redis.client().config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expectRed(product);
    await redis.client().config('SET', 'maxmemory-policy', 'noeviction');
    await expectHealed(product);
  });
});

it('however often it is asked, one write a second rests behind the answers', async () => {
  const redis = await openRedis();
  const product = await openProduct(redis.url);
  await expectHealed(product);
  const monitor = startProcess('redis-cli', ['-s', redis.socket, 'monitor']);
  closings.push(() => monitor.stop('SIGKILL'));
  await until('it is monitored', () => monitor.output().includes('OK'));
  const written = () => monitor.output().split(`"${writeProbeKey()}"`).length - 1;
  const begun = Date.now();
  let asked = 0;
  while (written() < 4) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => readiness(product)));
    expect(new Set(answers)).toEqual(new Set([200]));
    asked += answers.length;
  }
  const writes = written();
  expect(asked).toBeGreaterThan(writes);
  expect(writes).toBeLessThanOrEqual((Date.now() - begun) / 1000 + 1);
});
