import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import request from 'supertest';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { runCli } from '../../support/cli.ts';
import { answer, createSinks, hang, type SinkRequest } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const REPORT = { template: 'document', data: { title: 'T', blocks: [] } };
const HOUR_MS = 3_600_000;

let product: Product;
let settings: Record<string, string>;
const sinks = createSinks(answer(204));

beforeAll(async () => {
  product = await startProduct({
    kinds: ['reports', 'webhooks'],
    env: { WEBHOOKS_ALLOW: '127.0.0.1', DELIVER_ALLOW: '127.0.0.1', RESULT_TTL: '3s' },
  });
  const API_KEYS = Object.entries(KEYS).map(([name, key]) => `${name}:${key}`);
  settings = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: API_KEYS.join(',') };
});
afterAll(async () => {
  await product.close();
  await sinks.close();
});

interface Posted {
  key?: string;
  idempotencyKey?: string;
}

async function post(body: object, { key = KEYS.kari, idempotencyKey }: Posted = {}) {
  const headers = {
    'Content-Type': 'application/json',
    ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': `"${idempotencyKey}"` }),
  };
  const answered = await product.request('/v1/reports', {
    method: 'POST',
    body: JSON.stringify({ ...REPORT, ...body }),
    headers,
    key,
  });
  return { status: answered.status, body: (await answered.json()) as JobView };
}

const getJob = async (id: string | null): Promise<JobView> =>
  (await (await product.request(`/v1/jobs/${id}`, { key: KEYS.operator })).json()) as JobView;

interface Event {
  type: string;
  data: JobView;
}
const eventOf = ({ body }: SinkRequest): Event => JSON.parse(body) as Event;

/** The webhook of a job, once it is so. */
const webhookIs = (id: string, what: string, isSo: (webhook: NonNullable<JobView['webhook']>) => boolean) =>
  until(`the webhook of ${id} ${what}`, async () => {
    const { webhook } = await getJob(id);
    if (!webhook || !isSo(webhook)) throw new Error(JSON.stringify(webhook));
    return { ...webhook, id: String(webhook.id) };
  });

describe('an end that can be trusted', () => {
  it('forty jobs at once: when the webhook arrives, the job shows its end and the file can be read', async () => {
    const seen: unknown[] = [];
    const sink = await sinks.open((res, sent) => {
      const { data } = eventOf(sent);
      const file = data.result?.files[0];
      const look = async () => {
        const [job, bytes] = await Promise.all([
          getJob(data.id),
          fetch(file?.url ?? '').then((response) => response.arrayBuffer()),
        ]);
        const sha256 = createHash('sha256').update(new Uint8Array(bytes)).digest('hex');
        seen.push({ state: job.state, isTheFile: sha256 === file?.sha256 });
        res.writeHead(204).end();
      };
      void look();
    });
    await Promise.all(Array.from({ length: 40 }, () => post({ callbackUrl: sink.url })));
    await until('all webhooks', () => seen.length >= 40);
    expect(seen).toEqual(Array.from({ length: 40 }, () => ({ state: 'completed', isTheFile: true })));
  });

  it('the same Idempotency-Key after the job was erased, and after it expired: each end has its own webhook-id', async () => {
    const sink = await sinks.open();
    const send = async () => {
      const before = sink.requests.length;
      const { body } = await post({ callbackUrl: sink.url }, { idempotencyKey: 'nightly' });
      await until('its webhook', () => sink.requests.length > before);
      await webhookIs(body.id, 'is taken', ({ state }) => state === 'completed');
      return body.id;
    };
    const first = await send();
    await product.request(`/v1/jobs/${first}`, { method: 'DELETE' });
    const second = await send();
    await until('the job has expired', async () => (await product.request(`/v1/jobs/${second}`)).status === 410);
    const third = await send();
    expect([second, third]).toEqual([first, first]);
    expect(new Set(sink.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });

  it('a webhook that is not taken holds its job and the files, and for an hour beyond; retainedUntil says so', async () => {
    const sink = await sinks.open(answer(500));
    const { body } = await post({ callbackUrl: sink.url });
    const pending = await webhookIs(body.id, 'waits', ({ sends, state }) => state === 'delayed' && sends.length > 1);
    const held = await getJob(body.id);
    const nextMs = Date.parse(pending.nextAttemptAt ?? '');
    expect(Date.parse(held.retainedUntil ?? '')).toBe(nextMs + HOUR_MS);
    const endedMs = Date.parse(held.finishedAt ?? '');
    await until('it would have gone', () => Date.now() > endedMs + 8000);
    sink.script = answer(204);
    await product.request(`/v1/jobs/${pending.id}/send-now`, { method: 'POST' });
    await webhookIs(body.id, 'is taken', ({ state }) => state === 'completed');
    const file = eventOf(sink.requests.at(-1) as SinkRequest).data.result?.files[0];
    expect((await fetch(file?.url ?? '')).status).toBe(200);
    const [job, webhook] = [await getJob(body.id), await getJob(pending.id)];
    expect(job.retainedUntil).toBe(new Date(Date.parse(webhook.finishedAt ?? '') + HOUR_MS).toISOString());
    expect(webhook.retainedUntil).toBe(job.retainedUntil);
  });

  it('a file that is to be delivered holds its job, also of one that nobody is told of', async () => {
    const sink = await sinks.open(answer(503));
    const { body } = await post({ deliverTo: { url: `${sink.url}/file.pdf` } });
    const delivery = await until('it is tried', async () => {
      const [one] = (await getJob(body.id)).delivered ?? [];
      return one?.status === 503 && one.state === 'delayed' && one;
    });
    const endedMs = Date.parse((await getJob(body.id)).finishedAt ?? '');
    await until('it would have gone', () => Date.now() > endedMs + 8000);
    sink.script = answer(204);
    await product.request(`/v1/jobs/${delivery.id}/send-now`, { method: 'POST' });
    await until('it is taken', async () => (await getJob(body.id)).delivered?.[0]?.state === 'completed');
    expect(sink.requests.at(-1)?.content.subarray(0, 5).toString()).toBe('%PDF-');
  });

  it('the job is erased: its webhook ends too', async () => {
    const sink = await sinks.open(answer(500));
    const { body } = await post({ callbackUrl: sink.url });
    const { id } = await webhookIs(body.id, 'waits', ({ state, sends }) => state === 'delayed' && sends.length > 0);
    await product.request(`/v1/jobs/${body.id}`, { method: 'DELETE' });
    expect((await product.request(`/v1/jobs/${id}`)).status).toBe(404);
  });
});

describe('one receiver that hangs', () => {
  it('sixty webhooks to it: those of another caller, and of another address on the same host, arrive meanwhile', async () => {
    const hanging = await sinks.open((res, sent) => (sent.path === '/slow' ? hang : answer(204))(res, sent));
    const other = await sinks.open();
    await Promise.all(Array.from({ length: 60 }, () => post({ callbackUrl: `${hanging.url}/slow` })));
    await until('some hang', () => hanging.requests.length >= 2);
    await post({ callbackUrl: other.url }, { key: KEYS.operator });
    await until('the other caller has heard', () => other.requests.length === 1);
    await post({ callbackUrl: `${hanging.url}/quick` });
    await until('the other address has heard', () => hanging.requests.some(({ path }) => path === '/quick'));
    expect(hanging.open).toBeGreaterThanOrEqual(2);
    expect(hanging.requests.filter(({ path }) => path === '/slow').length).toBeLessThanOrEqual(5);
    await hanging.close();
  });
});

describe('the job shows its webhook', () => {
  it('before its end the address; then state, attempts, the next one, the last error and every sending', async () => {
    const sink = await sinks.open(answer(502));
    const { body } = await post({ callbackUrl: sink.url });
    expect(body.webhook).toEqual({
      ...{ id: null, url: sink.url, event: null, job: body.id, endpoint: null, state: null, attempts: null },
      ...{ nextAttemptAt: null, lastError: null, sends: [] },
    });
    const webhook = await webhookIs(body.id, 'waits', ({ state, sends }) => state === 'delayed' && sends.length > 0);
    expect(webhook).toMatchObject({
      ...{ id: expect.stringMatching(/^whk_/), url: sink.url, event: 'job.completed', job: body.id, state: 'delayed' },
      attempts: { made: expect.any(Number), max: 10 },
      lastError: { code: 'webhook_failed', detail: 'The receiver answered 502.', at: webhook.sends.at(-1)?.at },
    });
    expect(Date.parse(webhook.nextAttemptAt ?? '')).toBeGreaterThan(Date.parse(webhook.sends.at(-1)?.at ?? ''));
    expect(webhook.sends[0]).toEqual({ ...webhook.sends[0], attempt: 1, status: 502, error: null });
    expect((await getJob(webhook.id)).webhook).toMatchObject({ id: webhook.id, job: body.id });
    sink.script = answer(204);
    await webhookIs(body.id, 'is taken', ({ state, lastError }) => state === 'completed' && lastError === null);
  });

  it('a job without one: null', async () => expect((await post({})).body.webhook).toBeNull());

  it('send-now: only a pending webhook', async () => {
    const sink = await sinks.open();
    const { body } = await post({ callbackUrl: sink.url });
    const { id } = await webhookIs(body.id, 'is taken', ({ state }) => state === 'completed');
    const sendNow = async (job: string) => {
      const answered = await product.request(`/v1/jobs/${job}/send-now`, { method: 'POST' });
      return [answered.status, ((await answered.json()) as { detail: string }).detail];
    };
    expect(await sendNow(id)).toEqual([409, expect.stringContaining('this one is completed: POST')]);
    expect(await sendNow(body.id)).toEqual([409, expect.stringContaining('Only a webhook can be sent now')]);
    expect((await sendNow(`whk_${'0'.repeat(26)}`))[0]).toBe(404);
  });
});

describe('secrets', () => {
  const secretsOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(settings, 'webhook-secret', ...args, '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return JSON.parse(stdout) as [string, ...string[]];
  };
  const verify = (secret: string, { body, headers }: SinkRequest) =>
    new Webhook(secret).verify(body, headers as Record<string, string>);
  const takeWebhook = async (key: string) => {
    const sink = await sinks.open();
    await post({ callbackUrl: sink.url }, { key });
    return until('the webhook', () => sink.requests[0]);
  };

  it('each key has its own: the webhook of one is not genuine to the receiver of another', async () => {
    const [ofKari, ofOperator] = [await takeWebhook(KEYS.kari), await takeWebhook(KEYS.operator)];
    const [kari] = await secretsOf('kari');
    const [operator] = await secretsOf('operator');
    expect(verify(kari, ofKari)).toMatchObject({ type: 'job.completed' });
    expect(verify(operator, ofOperator)).toMatchObject({ type: 'job.completed' });
    expect(() => verify(kari, ofOperator)).toThrow('No matching signature');
    expect(() => verify(operator, ofKari)).toThrow('No matching signature');
    expect(await secretsOf('kari')).toEqual([kari]);
  });

  it('rotated: signed with both for the overlap, then with the new one alone; no restart is needed', async () => {
    const [old] = await secretsOf('kari');
    const both = await secretsOf('kari', '--rotate');
    expect(both).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/), old]);
    const during = await takeWebhook(KEYS.kari);
    for (const secret of both) verify(secret, during);
    const [newest] = await secretsOf('kari', '--rotate', '--overlap', '1s');
    await until('the overlap is over', async () => (await secretsOf('kari')).length === 1);
    const after = await takeWebhook(KEYS.kari);
    verify(newest, after);
    expect(() => verify(both[0], after)).toThrow('No matching signature');
  });

  it('replaced: the new one alone, also where another deployment secret has sealed the one before', async () => {
    const redis = product.redis.client();
    await redis.hset('heavylift:{webhooks}:own:secrets', 'kari', 'sealed by another');
    const replaced = await secretsOf('kari', '--replace');
    expect(replaced).toHaveLength(1);
    verify(replaced[0], await takeWebhook(KEYS.kari));
  });

  it('what is kept is sealed; looking makes none, and another deployment secret is told', async () => {
    const redis = product.redis.client();
    const before = await redis.hgetall('heavylift:{webhooks}:own:secrets');
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['kari', 'operator']));
    expect(JSON.stringify(before)).not.toContain('whsec_');
    const ran = async (changes: object, ...args: string[]) => {
      const { code, stdout, stderr } = await runCli({ ...settings, ...changes }, 'webhook-secret', ...args);
      return [code, stdout, stderr];
    };
    const sealed = expect.stringMatching(/sealed with another deployment secret.*DATA_DIR or DEPLOYMENT_SECRET/);
    const other = { DEPLOYMENT_SECRET: 's'.repeat(40) };
    expect(await ran(other, 'kari')).toEqual([1, '', sealed]);
    expect(await ran(other, 'kari', '--rotate')).toEqual([1, '', sealed]);
    expect(await ran({}, 'ola')).toEqual([1, '', expect.stringContaining('has no webhook secret yet')]);
    expect(await ran({}, 'karl', '--rotate')).toEqual([1, '', expect.stringContaining('there is no key named "karl"')]);
    expect(await ran({}, 'kari', '--overlap', 'x')).toEqual([2, '', expect.stringContaining('like 90s')]);
    expect(await redis.hgetall('heavylift:{webhooks}:own:secrets')).toEqual(before);
  });
});

describe('a callbackUrl that is known to be refused', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await openTestApp({ WEBHOOKS_ALLOW: ['10.9.0.0/16'] });
  });
  afterAll(() => test.close());
  const strictly = (callbackUrl: string) =>
    request(test.app)
      .post('/v1/reports')
      .set('Authorization', bearer('kari'))
      .send({ ...REPORT, callbackUrl });

  it.each([
    ['http://localhost:8000/hook', 'WEBHOOKS_ALLOW=localhost:8000'],
    ['http://app.localhost/hook', 'WEBHOOKS_ALLOW=app.localhost'],
    ['http://10.0.0.1/hook', 'WEBHOOKS_ALLOW=10.0.0.1'],
    ['http://0x0a.1/', 'WEBHOOKS_ALLOW=10.0.0.1'],
    ['http://[::ffff:10.0.0.1]:8080/', 'WEBHOOKS_ALLOW='],
    ['https://8.8.8.8:25/', 'WEBHOOKS_ALLOW=8.8.8.8:25'],
  ])('%s: 400 at its field, with the setting', async (callbackUrl, setting) => {
    const { status, body } = await strictly(callbackUrl);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/callbackUrl', detail: expect.stringContaining(setting) }],
    });
  });

  it('nothing is queued or kept of it, in a batch neither', async () => {
    const mail = { to: 'kari@example.no', subject: 'S', text: 'T', dryRun: true };
    const messages = [mail, { ...mail, callbackUrl: 'http://localhost/' }];
    const { body } = await request(test.app)
      .post('/v1/emails/batch')
      .set('Authorization', bearer('kari'))
      .send({ messages });
    expect(body.items.map((item: { status: number }) => item.status)).toEqual([202, 400]);
    expect(body.items[1].problem.errors).toMatchObject([{ pointer: '/messages/1/callbackUrl' }]);
    expect([await test.waiting(), await test.storedFiles()]).toEqual([1, []]);
  });

  it.each([
    'https://example.com/hook',
    'http://example.com:8080/',
    'http://10.9.0.1:25/',
    'http://mail.example.com:25/',
  ])('%s: accepted, since it is allowed, or only its addresses will tell', async (callbackUrl) =>
    expect((await strictly(callbackUrl)).status).toBe(202),
  );
});
