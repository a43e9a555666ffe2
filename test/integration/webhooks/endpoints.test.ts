import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeliveryView, EndpointSecretView, EndpointView } from '../../../src/http/api/endpoints/endpoint-view.ts';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { answer, createSinks, type SinkRequest } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import { verifies } from '../../support/verifies.ts';

const PATH = '/v1/webhook-endpoints';
const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };

let product: Product;
const sinks = createSinks(answer(204));
beforeAll(async () => {
  product = await startProduct({
    kinds: [['reports', 'webhooks']],
    env: { WEBHOOKS_ALLOW: '127.0.0.1', MAX_ENDPOINTS_PER_CALLER: '3', WEBHOOKS_PAUSE_AFTER: '1s' },
  });
});
afterAll(() => product.close());
afterEach(async () => {
  const { endpoints } = (await (await product.request(PATH)).json()) as { endpoints: EndpointView[] };
  await Promise.all(endpoints.map(({ name }) => call('DELETE', `/${name}`)));
  await sinks.close();
});

interface Answered<T> {
  status: number;
  body: T;
}

async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  body?: object,
  key: string = KEYS.kari,
): Promise<Answered<T>> {
  const sent = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const answered = await product.request(`${PATH}${path}`, { method, key, ...sent });
  const text = await answered.text();
  return { status: answered.status, body: (text ? JSON.parse(text) : null) as T };
}

async function post(body: object = {}): Promise<JobView> {
  const answered = await product.request('/v1/reports', {
    method: 'POST',
    body: JSON.stringify({ ...REPORT, ...body }),
    headers: { 'Content-Type': 'application/json' },
  });
  if (answered.status !== 202) throw new Error(await answered.text());
  return (await answered.json()) as JobView;
}

const deliveriesOf = async (name: string, query = ''): Promise<DeliveryView[]> =>
  (await call<{ deliveries: DeliveryView[] }>('GET', `/${name}/deliveries${query}`)).body.deliveries;
const secretOf = async (name: string) => (await call<EndpointSecretView>('GET', `/${name}/secret`)).body;
const eventOf = ({ body }: SinkRequest) => JSON.parse(body) as { type: string; data: JobView };
const idOf = ({ headers }: SinkRequest) => String(headers['webhook-id']);

describe('an endpoint', () => {
  it('is made, read, changed and removed by its key alone', async () => {
    const made = await call('PUT', '/shop', { url: 'https://shop.example/hook', kinds: ['reports'], paused: true });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'shop', events: null, kinds: ['reports'], paused: true, pausedReason: 'owner' },
    });
    const changed = await call('PUT', '/shop', {
      url: 'https://shop.example/hook',
      events: ['job.failed'],
      kinds: null,
    });
    expect(changed).toMatchObject({ status: 200, body: { events: ['job.failed'], kinds: null, paused: true } });
    expect((await call('GET', '/shop')).body).toEqual(changed.body);
    expect(await call('GET', '/shop', undefined, KEYS.operator)).toMatchObject({ status: 404 });
    expect((await call('PUT', '/shop', { url: 'https://shop.example/hook', paused: false })).body).toMatchObject({
      paused: false,
      pausedReason: null,
    });
    expect((await call('DELETE', '/shop')).status).toBe(204);
    expect((await call('GET', '/shop')).status).toBe(404);
  });

  it.each([
    ['/shop', {}, '/url'],
    ['/shop', { url: 'http://10.1.2.3/' }, '/url'],
    ['/shop', { url: 'ftp://shop.example' }, '/url'],
    ['/shop', { url: 'https://shop.example', events: ['job.done'] }, '/events/0'],
    ['/shop', { url: 'https://shop.example', kinds: ['webhooks'] }, '/kinds/0'],
    ['/shop', { url: 'https://shop.example', kinds: [] }, '/kinds'],
    ['/shop', { url: 'https://shop.example', pause: true }, '/pause'],
    ['/Shop.1', { url: 'https://shop.example' }, '/name'],
  ])('%s with %j is refused at %s', async (path, body, pointer) => {
    const refused = await call<{ errors: { pointer: string }[] }>('PUT', path, body);
    expect({ status: refused.status, pointers: refused.body.errors.map((error) => error.pointer) }).toEqual({
      status: 400,
      pointers: [pointer],
    });
  });

  it('beyond the limit of a key is refused', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const made = await Promise.all(names.map((name) => call('PUT', `/${name}`, { url: 'https://shop.example' })));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409]);
  });

  it('hears of each end it listens to, of jobs that end after it was made, signed with its own secret', async () => {
    const [all, failures] = [await sinks.open(), await sinks.open()];
    await call('PUT', '/all', { url: `${all.url}/all` });
    await call('PUT', '/failures', { url: failures.url, events: ['job.failed'] });
    const { id } = await post({ subject: 'kari' });
    await until('it is told', () => all.requests.length === 1);
    const [sent] = all.requests as [SinkRequest];
    expect(eventOf(sent)).toMatchObject({ type: 'job.completed', data: { id, state: 'completed', webhook: null } });
    expect(verifies(sent, (await secretOf('all')).secret)).toBe(true);
    expect(verifies(sent, (await secretOf('failures')).secret)).toBe(false);
    await product.jobReaches(idOf(sent), 'completed');
    expect(await deliveriesOf('failures')).toEqual([]);
    expect(await deliveriesOf('all')).toMatchObject([
      {
        ...{ id: idOf(sent), event: 'job.completed', job: id, state: 'completed', nextAttemptAt: null },
        payload: { type: 'job.completed', data: { id } },
        sends: [{ attempt: 1, status: 204, answer: null }],
      },
    ]);
    expect(await deliveriesOf('all', '?state=failed')).toEqual([]);
    expect((await call<EndpointView>('GET', '/all')).body.lastDeliveredAt).not.toBeNull();
  });

  it('a job with a callbackUrl too is told to both; erasing the job erases what tells of it', async () => {
    const sink = await sinks.open();
    await call('PUT', '/all', { url: `${sink.url}/endpoint` });
    const { id } = await post({ callbackUrl: `${sink.url}/callback` });
    await until('both', () => sink.requests.length === 2);
    expect(sink.requests.map(({ path }) => path).sort()).toEqual(['/callback', '/endpoint']);
    const ids = sink.requests.map(idOf);
    await Promise.all(ids.map((one) => product.jobReaches(one, 'completed')));
    await product.request(`/v1/jobs/${id}`, { method: 'DELETE' });
    const left = await Promise.all(ids.map(async (one) => (await product.request(`/v1/jobs/${one}`)).status));
    expect(left).toEqual([404, 404]);
    expect(await deliveriesOf('all')).toEqual([]);
  });

  it('a secret that is rotated signs on for the overlap; without one it ends', async () => {
    const sink = await sinks.open();
    await call('PUT', '/all', { url: sink.url });
    const before = (await secretOf('all')).secret;
    const rotated = await call<EndpointSecretView>('POST', '/all/secret/rotate', { overlap: '1h' });
    expect(rotated.body).toMatchObject({ former: [{ secret: before }] });
    await call('POST', '/all/test');
    await until('a test', () => sink.requests.length === 1);
    const last = await call<EndpointSecretView>('POST', '/all/secret/rotate', { overlap: '0s' });
    expect(last.body.former).toEqual([]);
    await call('POST', '/all/test');
    await until('another', () => sink.requests.length === 2);
    const secrets = [before, rotated.body.secret, last.body.secret];
    expect(sink.requests.map((sent) => secrets.map((secret) => verifies(sent, secret)))).toEqual([
      [true, true, false],
      [false, false, true],
    ]);
    expect((await call('POST', '/all/secret/rotate', { overlap: '31d' })).status).toBe(400);
  });

  it('a test is sent at once, also while it is paused; other events are not, and can be sent again', async () => {
    const sink = await sinks.open(answer(200, {}, 'thanks'));
    await call('PUT', '/all', { url: sink.url, paused: true });
    const test = await call<JobView>('POST', '/all/test');
    expect(test).toMatchObject({
      status: 202,
      body: { kind: 'webhooks', webhook: { event: 'endpoint.test', job: null } },
    });
    await until('the test', () => sink.requests.length === 1);
    const { id } = await post();
    const missed = await until('it is not sent', async () => {
      const [newest] = await deliveriesOf('all', '?state=cancelled');
      return newest;
    });
    expect(missed).toMatchObject({ job: id, lastError: { detail: expect.stringMatching('paused') } });
    const since = new Date(Date.now() - 3_600_000).toISOString();
    expect((await call('POST', '/all/resend', { since })).status).toBe(409);
    await call('PUT', '/all', { url: sink.url, paused: false });
    expect(await call('POST', '/all/resend', { since })).toEqual({ status: 202, body: { count: 1, next: null } });
    await until('what was missed', () => sink.requests.length === 2);
    expect(eventOf(sink.requests[1] as SinkRequest).data.id).toBe(id);
  });

  it('after an outage: resend sends each event once more, in order; then nothing is left', async () => {
    const sink = await sinks.open(answer(503));
    await call('PUT', '/all', { url: sink.url });
    const jobs: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      const { id } = await post();
      jobs.push(id);
      await product.jobReaches(id, 'completed');
    }
    // The endpoint is paused meanwhile: then what waits ends.
    await until('none is on its way', async () => {
      const states = (await deliveriesOf('all')).map(({ state }) => state);
      return states.length === 12 && states.every((state) => state === 'delayed' || state === 'cancelled');
    });
    sink.script = answer(204);
    await call('PUT', '/all', { url: sink.url, paused: false });
    const resent = await call('POST', '/all/resend', { since: new Date(Date.now() - 3_600_000).toISOString() });
    expect(resent.body).toEqual({ count: 12, next: null });
    await until('all are taken', async () => (await deliveriesOf('all', '?state=completed')).length === 12);
    expect(sink.requests.slice(-12).map((sent) => eventOf(sent).data.id)).toEqual(jobs);
    const keys = await product.redis.client().keys('*resend*');
    expect(keys).toEqual([]);
  });

  it('one that fails for too long is paused, and so is one that answers 410; letting it go on forgets that', async () => {
    const [failing, gone] = [await sinks.open(answer(500)), await sinks.open(answer(410))];
    await call('PUT', '/failing', { url: failing.url });
    await call('PUT', '/gone', { url: gone.url });
    await post();
    const reasonOf = async (name: string) => (await call<EndpointView>('GET', `/${name}`)).body.pausedReason;
    await until('one is gone', async () => (await reasonOf('gone')) === 'gone');
    await until('the other fails for a second', async () => {
      const { failingSince } = (await call<EndpointView>('GET', '/failing')).body;
      return failingSince !== null && Date.now() - Date.parse(failingSince) > 1000;
    });
    await call('POST', '/failing/test');
    await until('it is paused', async () => (await reasonOf('failing')) === 'failing');
    await call('PUT', '/own', { url: failing.url, paused: true });
    const list = await (await product.request('/jobs', { headers: { Accept: 'text/html' } })).text();
    const told = [...list.matchAll(/The webhook endpoint <a href="[^"]*">(\w+)<\/a> is paused/g)].map(
      ([, name]) => name,
    );
    expect(told).toEqual(['failing', 'gone']);
    const on = await call<EndpointView>('PUT', '/failing', { url: failing.url, paused: false });
    expect(on.body).toMatchObject({ paused: false, pausedReason: null, failingSince: null });
  });

  it('what waits for a removed endpoint is not sent, also where another has its name', async () => {
    const sink = await sinks.open(answer(500));
    await call('PUT', '/all', { url: sink.url });
    await post();
    const [delivery] = await until('it waits', async () => {
      const waiting = await deliveriesOf('all', '?state=delayed');
      return waiting.length > 0 && waiting;
    });
    await call('DELETE', '/all');
    await call('PUT', '/all', { url: sink.url });
    const before = sink.requests.length;
    await product.request(`/v1/jobs/${delivery?.id}/send-now`, { method: 'POST' });
    await product.jobReaches(String(delivery?.id), 'cancelled');
    expect(sink.requests).toHaveLength(before);
    expect(await deliveriesOf('all')).toEqual([]);
  });
});

describe('a batch of mails', () => {
  interface BatchEvent {
    type: string;
    data: { kind: string; total: number; counts: Record<string, number>; jobs: { id: string; state: string }[] };
  }
  const batchOf = ({ body }: SinkRequest) => JSON.parse(body) as BatchEvent;
  const mail = (more: object = {}) => ({ to: 'kari@example.no', subject: 'Hei', text: 'Hei', ...more });
  const postBatch = async (body: object, key?: string) => {
    const answered = await product.request('/v1/emails/batch', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'Content-Type': 'application/json', ...(key ? { 'Idempotency-Key': `"${key}"` } : {}) },
    });
    return { status: answered.status, body: (await answered.json()) as { items: { status: number; job?: JobView }[] } };
  };
  beforeAll(() => {
    product.startWorker('emails');
  });

  it('is told of once, when all of its jobs have ended: to its callbackUrl, and to the endpoints that listen', async () => {
    const sink = await sinks.open();
    await call('PUT', '/batches', { url: `${sink.url}/endpoint`, events: ['batch.completed'] });
    const later = { runAt: new Date(Date.now() + 3_600_000).toISOString() };
    const messages = [mail(), mail(later), { to: 'nobody' }, mail(later), mail(), mail(later)];
    const batch = { messages, callbackUrl: `${sink.url}/callback` };
    const { status, body } = await postBatch(batch, 'newsletter');
    expect([status, body.items.map((item) => item.status)]).toEqual([202, [202, 202, 400, 202, 202, 202]]);
    const ids = body.items.flatMap(({ job }) => job?.id ?? []);
    const [first, cancelled, erased, second, last] = ids as [string, string, string, string, string];
    expect((await postBatch(batch, 'newsletter')).body.items.flatMap(({ job }) => job?.id ?? [])).toEqual(ids);
    await product.jobReaches(first, 'completed');
    await product.jobReaches(second, 'completed');
    await product.request(`/v1/jobs/${cancelled}/cancel`, { method: 'POST' });
    await product.request(`/v1/jobs/${erased}`, { method: 'DELETE' });
    const [waiting] = await deliveriesOf('batches');
    expect(waiting).toMatchObject({ event: 'batch.completed', job: null, payload: null });
    expect(sink.requests).toEqual([]);
    await product.request(`/v1/jobs/${last}/cancel`, { method: 'POST' });
    await until('both hear of it', () => sink.requests.length === 2);
    expect(sink.requests.map(({ path }) => path).sort()).toEqual(['/callback', '/endpoint']);
    for (const sent of sink.requests) {
      expect(batchOf(sent)).toMatchObject({
        type: 'batch.completed',
        data: {
          ...{ kind: 'emails', total: 5, counts: { completed: 2, failed: 0, cancelled: 2, erased: 1 } },
          jobs: ids.map((id) => ({ id })),
        },
      });
    }
    await product.jobReaches(String(waiting?.id), 'completed');
    const [sent] = await deliveriesOf('batches');
    const heard = sink.requests.find(({ path }) => path === '/endpoint') as SinkRequest;
    expect(sent?.payload).toEqual(batchOf(heard));
  });

  it('whose jobs all fail to be accepted is told of to nobody; a callbackUrl that is refused refuses the batch', async () => {
    const sink = await sinks.open();
    await call('PUT', '/batches', { url: sink.url, events: ['batch.completed'] });
    expect((await postBatch({ messages: [{ to: 'nobody' }] })).status).toBe(202);
    expect(await deliveriesOf('batches')).toEqual([]);
    const refused = await postBatch({ messages: [mail()], callbackUrl: 'http://10.0.0.1/' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ pointer: '/callbackUrl' }] } });
    expect(await postBatch({ messages: [mail()], callbackUrl: 7 })).toMatchObject({ status: 400 });
  });

  it('that is too large for the event loop is told of too', async () => {
    const sink = await sinks.open();
    const text = 'x'.repeat(300_000);
    const messages = Array.from({ length: 5 }, () => mail({ text }));
    const { body } = await postBatch({ messages, callbackUrl: sink.url });
    expect(body.items.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    await until('it is told', () => sink.requests.length === 1, { timeoutMs: 60_000 });
    expect(batchOf(sink.requests[0] as SinkRequest).data.counts).toMatchObject({ completed: 5 });
  });
});
