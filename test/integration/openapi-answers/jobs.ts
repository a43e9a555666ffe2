import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../src/errors.ts';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { drawNoise, exampleOf } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import { api, delayed, FILE_LIMIT, postPhoto, REPORT, statusOf } from './answers.ts';

describe('a completed job', () => {
  let id: string;
  beforeAll(async () => {
    id = (await postPhoto({ width: 20, format: 'png' })).body.id;
    await api.product.jobReaches(id, 'completed');
  });

  it.each(['getJob', 'getFile', 'getResult', 'eraseJob'])('%s, only while it is another: 412', async (operationId) => {
    expect(await statusOf(operationId, { id, name: 'image.png' }, { 'If-Match': '"other"' })).toBe(412);
  });

  it('its status: 200, and 304 while nothing changes', async () => {
    const { headers } = await api.call('getJob', { params: { id } });
    const asked = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect(await statusOf('getJob', { id }, asked)).toBe(304);
  });

  it.each(['getFile', 'getResult'])('%s: whole, in part, unchanged, out of range', async (operationId) => {
    const params = { id, name: 'image.png' };
    const { status, headers } = await api.call(operationId, { params });
    expect(status).toBe(200);
    expect(await statusOf(operationId, params, { Range: 'bytes=0-9' })).toBe(206);
    expect(await statusOf(operationId, params, { Range: 'bytes=99999999-' })).toBe(416);
    const asked = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect(await statusOf(operationId, params, asked)).toBe(304);
  });

  it('of several files: the result is the list of them', async () => {
    const renditions = [
      { name: 'a', width: 5 },
      { name: 'b', width: 6 },
    ];
    const { body } = await postPhoto({ renditions });
    await api.product.jobReaches(body.id, 'completed');
    expect(await api.call('getResult', { params: { id: body.id } })).toMatchObject({ status: 200, body: [{}, {}] });
  });

  it('its events: the end, and 204 to who has seen it', async () => {
    const stream = await (await api.product.request(`/v1/jobs/${id}/events`)).text();
    expect(await statusOf('followJob', { id })).toBe(200);
    expect(await statusOf('followJob', { id }, { 'Last-Event-ID': /^id: (.*)$/m.exec(stream)?.[1] ?? '' })).toBe(204);
  });

  it('neither cancelled nor run again: 409', async () => {
    expect(await statusOf('cancelJob', { id })).toBe(409);
    expect(await statusOf('retryJob', { id })).toBe(409);
    expect(await statusOf('sendWebhookNow', { id })).toBe(409);
  });
});

describe('a job that did not complete', () => {
  it('failed: its result is the problem, or 424; run again 409 where that can not help', async () => {
    const whole = await drawNoise(300, 300);
    const { id } = (await postPhoto({}, {}, whole.subarray(0, whole.length / 2))).body;
    await api.product.jobReaches(id, 'failed');
    expect(await statusOf('getJob', { id })).toBe(200);
    expect(await statusOf('getResult', { id })).toBe(422);
    expect(await statusOf('retryJob', { id })).toBe(409);
    const problem = toProblem(new AppError('source_unreachable', 'The host did not answer.'));
    await api.product.redis.client().hset(queueKey('images', id), 'failedReason', JSON.stringify(problem));
    expect(await statusOf('getResult', { id })).toBe(424);
  });

  it('delayed: its result 202; cancelled 200; then its result 409; run again 202', async () => {
    const { id } = (await api.postJson('postReports', delayed())).body;
    expect(await statusOf('getResult', { id })).toBe(202);
    expect(await statusOf('cancelJob', { id })).toBe(200);
    expect(await statusOf('getResult', { id })).toBe(409);
    expect(await statusOf('retryJob', { id })).toBe(202);
  });

  it('cancelled, and run again by a key that may post no such job any more: 403', async () => {
    const store = createKeyStore(api.product.redis.client());
    const facts = { name: 'shop', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-shop'), scopes: ['reports'] });
    const { id } = (await api.postJson('postReports', delayed(), { key: 'first-key-of-shop' })).body;
    await api.call('cancelJob', { params: { id }, key: 'first-key-of-shop' });
    await store.remove('shop');
    await store.add({ ...facts, digest: sha256('second-key-of-shop'), scopes: ['images'] });
    expect((await api.call('retryJob', { params: { id }, key: 'second-key-of-shop' })).status).toBe(403);
    expect((await api.call('retryJob', { params: { id }, key: KEYS.operator })).status).toBe(202);
  });

  it.each(['cancelJob', 'eraseJob'])('running, %s: 202', async (operationId) => {
    api.smtp.misbehaviour = { data: 'silent' };
    const arrived = api.smtp.nextArrival();
    const { id } = (await api.postJson('postEmails', exampleOf('emails'))).body;
    await arrived;
    expect(await statusOf(operationId, { id })).toBe(202);
    api.smtp.misbehaviour = {};
  });

  it('erased: 204, then nothing is there; without a key 401', async () => {
    const { id } = (await api.postJson('postReports', delayed())).body;
    expect(await statusOf('eraseJob', { id })).toBe(204);
    const jobRoutes = [
      'getJob',
      'getResult',
      'getFile',
      'followJob',
      'cancelJob',
      'retryJob',
      'sendWebhookNow',
      'eraseJob',
    ];
    for (const operationId of jobRoutes) {
      expect(await statusOf(operationId, { id })).toBe(404);
      expect((await api.call(operationId, { params: { id }, key: null })).status).toBe(401);
    }
  });
});

it('a job older than jobs are kept: 410 wherever it is asked for', async () => {
  const { id } = (await api.postJson('postReports', REPORT)).body;
  await api.product.jobReaches(id, 'completed');
  await api.product.redis.client().zadd(queueKey('reports', 'completed'), Date.now() - 2 * 86_400_000, id);
  await until('it is swept', async () => (await api.call('getJob', { params: { id } })).status === 410, {
    timeoutMs: 25_000,
  });
  const jobRoutes = ['getResult', 'getFile', 'followJob', 'cancelJob', 'retryJob', 'sendWebhookNow', 'eraseJob'];
  for (const operationId of jobRoutes) {
    expect(await statusOf(operationId, { id })).toBe(410);
  }
});

describe('many jobs', () => {
  it('the listing: filtered, page by page, refused', async () => {
    await api.postJson('postReports', delayed());
    const { body } = await api.call('listJobs', {
      query: '?kind=reports&state=delayed&limit=1&createdAfter=2026-01-01T00:00:00Z',
    });
    expect(body).toMatchObject({ jobs: [{ kind: 'reports', state: 'delayed' }] });
    await api.call('listJobs', { query: `?cursor=${String(body['cursor'])}` });
    expect((await api.call('listJobs', { query: '?state=asleep' })).status).toBe(400);
    const [{ id }] = body['jobs'] as [{ id: string }];
    for (const operationId of ['getJob', 'getResult', 'followJob']) {
      expect((await api.call(operationId, { params: { id }, query: '?signed=1s' })).status).toBe(400);
    }
    expect((await api.call('listJobs', { query: '?caller=ola' })).status).toBe(403);
    expect((await api.call('listJobs', { key: null })).status).toBe(401);
  });

  it('a subject erased: 200', async () => {
    await api.postJson('postReports', delayed({ subject: 'customer 7' }));
    const { body } = await api.call('eraseSubject', { params: { subject: 'customer%207' } });
    expect(body).toEqual({ erased: 1, stopping: 0, suppressions: 0 });
    expect((await api.call('eraseSubject', { params: { subject: 'customer%207' } })).status).toBe(404);
    expect((await api.call('eraseSubject', { key: null })).status).toBe(401);
  });

  it('an action on many: 202, then how far it is; another number 409; refused', async () => {
    const erase = { action: 'erase', filter: { tag: 'purged' }, expect: 1 };
    await api.postJson('postReports', delayed({ tags: ['purged'] }));
    expect((await api.postJson('actOnJobs', { ...erase, expect: 7 })).body).toMatchObject({ status: 409, count: 1 });
    const { body, status } = await api.postJson('actOnJobs', erase);
    expect([status, body]).toEqual([202, { id: expect.any(String), total: 1 }]);
    await until('it has ended', async () => {
      const action = await api.call('getActionOnJobs', { params: { id: body.id } });
      return action.body['state'] === 'completed';
    });
    expect((await api.postJson('actOnJobs', { ...erase, filter: { caller: 'ola' } })).status).toBe(403);
    expect((await api.postJson('actOnJobs', {})).status).toBe(400);
    expect((await api.postJson('actOnJobs', erase, { key: null })).status).toBe(401);
    expect((await api.postJson('actOnJobs', { long: 'x'.repeat(FILE_LIMIT) })).status).toBe(413);
    expect((await api.call('actOnJobs', { body: 'x', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
    const params = { id: body.id };
    expect((await api.call('getActionOnJobs', { params, key: null })).status).toBe(401);
    expect((await api.call('getActionOnJobs', { params, key: KEYS.ola })).status).toBe(404);
  });

  describe('with callbacks', () => {
    let receiver: Server;
    const held: ServerResponse[] = [];
    beforeAll(async () => {
      receiver = createServer((req, res) => {
        if (req.url === '/held') held.push(res);
        else res.writeHead(req.url === '/broken' ? 500 : 200).end();
      });
      await once(receiver.listen(0, '127.0.0.1'), 'listening');
    });
    afterAll(() => {
      receiver.closeAllConnections();
      return new Promise((resolve) => receiver.close(resolve));
    });
    const callbackUrl = (path: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;

    it('the webhook is a job like any other', async () => {
      await api.postJson('postReports', { ...REPORT, callbackUrl: callbackUrl('/') });
      await until('the webhook has completed', async () => {
        const { body } = await api.call('listJobs', { query: '?kind=webhooks&state=completed' });
        return (body['jobs'] as unknown[]).length > 0;
      });
    });

    it('one that waits: its job shows it, and it is sent now', async () => {
      const { id: job } = (await api.postJson('postReports', { ...REPORT, callbackUrl: callbackUrl('/broken') })).body;
      const id = await until('it waits', async () => {
        const { webhook } = (await api.call('getJob', { params: { id: job } })).body as unknown as JobView;
        return webhook?.state === 'delayed' && webhook.sends.length > 1 && webhook.id;
      });
      expect(await statusOf('sendWebhookNow', { id })).toBe(202);
    });

    it('a subject with a running job: 202', async () => {
      await api.postJson('postReports', { ...REPORT, subject: 'held', callbackUrl: callbackUrl('/held') });
      await until('the webhook is on its way', () => held.length > 0);
      const { status, body } = await api.call('eraseSubject', { params: { subject: 'held' } });
      expect({ status, body }).toEqual({ status: 202, body: { erased: 1, stopping: 1, suppressions: 0 } });
    });
  });
});
