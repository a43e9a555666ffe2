import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createEndpoints } from '../../src/endpoints/store.ts';
import type { DeliveryView, EndpointSecretView } from '../../src/http/api/endpoints/endpoint-view.ts';
import type { JobView } from '../../src/jobs/job-view.ts';
import { createLog } from '../../src/log.ts';
import { silenceQueue } from '../../src/queue/upkeep/restored.ts';
import { createRevokedWatch } from '../../src/queue/upkeep/revoked-watch.ts';
import { runCli } from '../support/cli.ts';
import { answer, type HttpSink, openHttpSink, type SinkRequest } from '../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';
import { verifies } from '../support/verifies.ts';

/** What webhook endpoints promise while everything dies: nothing lost, nothing twice under two ids, nothing left behind. */
const PATH = '/v1/webhook-endpoints';
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };
const PATIENCE = { timeoutMs: 120_000 };

let product: Product;
let sink: HttpSink;
beforeAll(async () => {
  sink = await openHttpSink(answer(204));
  product = await startProduct({ env: { WEBHOOKS_ALLOW: '127.0.0.1' } });
});
afterAll(async () => {
  await product.close();
  await sink.close();
});

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answered = await product.request(path, {
    method,
    ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}),
  });
  const text = await answered.text();
  if (!answered.ok) throw new Error(`${answered.status} ${text}`);
  return (text ? JSON.parse(text) : null) as T;
}

/** Posts under a key of its own until it is accepted, whatever dies meanwhile. */
const post = (number: number): Promise<string> =>
  until(
    `job ${number} is accepted`,
    async () => {
      const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': `"${number}"` };
      const init = { method: 'POST', body: JSON.stringify(REPORT), headers };
      const answered = await product.request('/v1/reports', init);
      return answered.status === 202 && ((await answered.json()) as JobView).id;
    },
    PATIENCE,
  );

async function allDeliveries(name: string): Promise<DeliveryView[]> {
  const all: DeliveryView[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query = `?limit=100${cursor && `&cursor=${cursor}`}`;
    const page: { deliveries: DeliveryView[]; cursor: string | null } = await call(
      'GET',
      `${PATH}/${name}/deliveries${query}`,
    );
    all.push(...page.deliveries);
    ({ cursor } = page);
  }
  return all;
}

const jobOf = ({ body }: SinkRequest): string => (JSON.parse(body) as { data: JobView }).data.id;

describe('endpoints while everything is killed', () => {
  it('each end is told, under one id, signed with a secret that holds; then each once more, in order', async () => {
    const workers = { reports: product.startWorker('reports'), webhooks: product.startWorker('webhooks') };
    const restart = async (kind: keyof typeof workers) => {
      await workers[kind].stop('SIGKILL');
      workers[kind] = product.startWorker(kind);
    };
    await call('PUT', `${PATH}/all`, { url: sink.url });
    const secrets = [(await call<EndpointSecretView>('GET', `${PATH}/all/secret`)).secret];
    const posting = Promise.all(
      Array.from({ length: 120 }, (_, number) => delay(number * 60).then(() => post(number))),
    );
    const rotate = async () => {
      const { secret } = await call<EndpointSecretView>('POST', `${PATH}/all/secret/rotate`, { overlap: '1h' });
      secrets.push(secret);
    };
    await rotate();
    await restart('reports');
    await restart('webhooks');
    await rotate();
    await product.redis.kill();
    await product.redis.start();
    await restart('reports');
    await product.web.stop('SIGKILL');
    await product.restartWeb();
    await restart('webhooks');
    await rotate();
    const jobs = await posting;
    await until(
      'all are taken',
      async () => (await allDeliveries('all')).filter(({ state }) => state === 'completed').length === jobs.length,
      PATIENCE,
    );
    const deliveries = await allDeliveries('all');
    expect(deliveries.map(({ job }) => job).sort()).toEqual(jobs.toSorted());
    const ids = new Map(sink.requests.map((sent) => [jobOf(sent), String(sent.headers['webhook-id'])]));
    for (const sent of sink.requests) expect(sent.headers['webhook-id']).toBe(ids.get(jobOf(sent)));
    expect([...ids.keys()].sort()).toEqual(jobs.toSorted());
    expect(sink.requests.filter((sent) => !secrets.some((secret) => verifies(sent, secret)))).toEqual([]);

    const before = sink.requests.length;
    const since = new Date(Date.now() - 3_600_000).toISOString();
    expect(await call('POST', `${PATH}/all/resend`, { since })).toEqual({ count: jobs.length, next: null });
    await until('some came', () => sink.requests.length > before + 20, PATIENCE);
    await restart('webhooks');
    await until('some more', () => sink.requests.length > before + 50, PATIENCE);
    await product.redis.kill();
    await product.redis.start();
    await until(
      'all came once more',
      async () => new Set(sink.requests.slice(before).map(jobOf)).size === jobs.length,
      PATIENCE,
    );
    const order = [...new Set(sink.requests.slice(before).map(jobOf))];
    expect(order).toEqual(deliveries.toReversed().map(({ job }) => job));
    await until('all are taken', async () => (await allDeliveries('all')).every(({ state }) => state === 'completed'));
    const redis = product.redis.client();
    await until('nothing is left', async () => (await redis.keys('*:own:resend:*')).length === 0);
  });

  it('secrets rotated under load: every delivery verifies with one of both', async () => {
    const before = sink.requests.length;
    await call('PUT', `${PATH}/all`, { url: sink.url });
    const { secret: old } = await call<EndpointSecretView>('POST', `${PATH}/all/secret/rotate`, { overlap: '0s' });
    const posting = Array.from({ length: 60 }, (_, number) => delay(number * 20).then(() => post(1000 + number)));
    await until('some came', () => sink.requests.length > before + 10, PATIENCE);
    const { secret } = await call<EndpointSecretView>('POST', `${PATH}/all/secret/rotate`, { overlap: '24h' });
    const jobs = new Set(await Promise.all(posting));
    const ours = () => sink.requests.slice(before).filter((sent) => jobs.has(jobOf(sent)));
    await until('all came', () => new Set(ours().map(jobOf)).size === jobs.size, PATIENCE);
    expect(ours().filter((sent) => ![old, secret].some((one) => verifies(sent, one)))).toEqual([]);
    const withNew = ours().filter((sent) => verifies(sent, secret));
    expect([withNew.length > 0, withNew.every((sent) => verifies(sent, old))]).toEqual([true, true]);
  });
});

describe('a batch while its workers and Redis are killed', () => {
  it('is told of once, with what became of each of its mails', async () => {
    const hearing = await openHttpSink(answer(204));
    await call('PUT', `${PATH}/batches`, { url: hearing.url, events: ['batch.completed'] });
    const messages = Array.from({ length: 60 }, (_, number) => ({
      ...{ to: `kari${number}@example.no`, subject: 'Hei', text: 'Hei' },
      runAt: new Date(Date.now() + 500 + number * 100).toISOString(),
    }));
    const { items } = await call<{ items: { job: JobView }[] }>('POST', '/v1/emails/batch', { messages });
    const ids = items.map(({ job }) => job.id);
    const workers = { emails: product.startWorker('emails'), webhooks: product.startWorker('webhooks') };
    for (const kind of ['emails', 'webhooks', 'emails'] as const) {
      await delay(700);
      await workers[kind].stop('SIGKILL');
      workers[kind] = product.startWorker(kind);
    }
    await product.redis.kill();
    await product.redis.start();
    await until('it is told', () => hearing.requests.length > 0, PATIENCE);
    const readAll = () => Promise.all(ids.map((id) => call<JobView>('GET', `/v1/jobs/${id}`)));
    const jobs = await until('the jobs can be read', readAll, PATIENCE);
    const told = hearing.requests.map(({ body }) => (JSON.parse(body) as { data: object }).data);
    expect(told[0]).toMatchObject({ total: 60, jobs: jobs.map(({ id, state }) => ({ id, state })) });
    expect(jobs.every(({ state }) => state === 'completed' || state === 'failed')).toBe(true);
    expect(new Set(hearing.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await hearing.close();
  });
});

describe('the endpoints of a key that is no more', () => {
  it('keys revoke pauses them, and so does a web process that has not known the key for a while', async () => {
    const env = {
      REDIS_URL: product.redis.url,
      DATA_DIR: product.dir,
      API_KEYS: `kari:${KEYS.kari}`,
    };
    const endpoints = createEndpoints(product.redis.client(), ['a secret of the tests that is long enough']);
    const settings = { url: 'https://app.example.com', events: null, kinds: null, max: 20 };
    for (const caller of ['shop', 'other', 'kari']) await endpoints.put(caller, 'all', settings);
    const reasonOf = async (caller: string) => (await endpoints.find(caller, 'all'))?.paused?.reason ?? null;
    expect((await runCli(env, 'keys', 'create', 'shop', '--scopes', 'reports')).code).toBe(0);
    expect((await runCli(env, 'keys', 'revoke', 'shop')).code).toBe(0);
    expect([await reasonOf('shop'), await reasonOf('other')]).toEqual(['key_revoked', null]);
    const isKey = async (name: string) => name === 'kari';
    const watch = createRevokedWatch({
      records: [{ ...endpoints, what: 'endpoints' }],
      isKey,
      graceMs: 0,
      log: createLog('silent', 'test'),
    });
    watch.start();
    await until('the other is paused', async () => (await reasonOf('other')) === 'key_revoked');
    watch.stop();
    expect(await reasonOf('kari')).toBeNull();
    await silenceQueue(product.redis.client(), []);
    expect(await reasonOf('kari')).toBe('copy');
  });
});
