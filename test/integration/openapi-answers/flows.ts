import { describe, expect, it } from '@jest/globals';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import type { Asked } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import { api, statusOf } from './answers.ts';

describe('a flow', () => {
  const ROUTES = ['getFlow', 'eraseFlow', 'followFlow', 'cancelFlow', 'retryFlow'];
  const MAIL = { to: 'kari@example.no', subject: 'Hello', text: 'x' };
  const flowOf = async (input: object, asked: Asked = {}) =>
    String((await api.postJson('postFlows', { steps: [{ name: 'mail', kind: 'emails', input }] }, asked)).body['id']);

  it('is told of, followed and erased as a job is, and its failed rows are listed', async () => {
    const id = await flowOf(MAIL);
    await api.product.jobReaches(id, 'completed');
    const { headers, status } = await api.call('getFlow', { params: { id } });
    expect(status).toBe(200);
    expect(await statusOf('getFlow', { id }, { 'If-None-Match': headers.get('etag') ?? '' })).toBe(304);
    const badly = { params: { id }, query: '?signed=1s' };
    expect((await api.call('getFlow', badly)).status).toBe(400);
    expect((await api.call('followFlow', badly)).status).toBe(400);
    for (const operationId of ['getFlow', 'eraseFlow']) {
      expect(await statusOf(operationId, { id }, { 'If-Match': '"other"' })).toBe(412);
    }
    const stream = await (await api.product.request(`/v1/flows/${id}/events`)).text();
    expect(await statusOf('followFlow', { id })).toBe(200);
    expect(await statusOf('followFlow', { id }, { 'Last-Event-ID': /^id: (.*)$/m.exec(stream)?.[1] ?? '' })).toBe(204);
    expect([await statusOf('cancelFlow', { id }), await statusOf('retryFlow', { id })]).toEqual([409, 409]);
    expect(await statusOf('listFlowRows', { id })).toBe(200);
    expect((await api.call('listFlowRows', { params: { id }, query: '?limit=0' })).status).toBe(400);
    expect((await api.call('listFlowRows', { params: { id }, key: null })).status).toBe(401);
    expect((await api.call('listFlowRows', { params: { id }, key: KEYS.ola })).status).toBe(403);
    expect(await statusOf('eraseFlow', { id })).toBe(204);
    expect(await statusOf('listFlowRows', { id })).toBe(404);
    for (const operationId of ROUTES) {
      expect([operationId, await statusOf(operationId, { id })]).toEqual([operationId, 404]);
      expect((await api.call(operationId, { params: { id }, key: null })).status).toBe(401);
    }
  });

  it('under way: 202 to who cancels or erases it; cancelled: 200, and run again 202', async () => {
    const later = { ...MAIL, runAt: new Date(Date.now() + 3_600_000).toISOString() };
    const id = await flowOf(later);
    expect(await statusOf('cancelFlow', { id })).toBe(202);
    await api.product.jobReaches(id, 'cancelled');
    expect(await statusOf('cancelFlow', { id })).toBe(200);
    expect((await api.call('retryFlow', { params: { id }, key: KEYS.ola })).status).toBe(404);
    expect(await statusOf('retryFlow', { id })).toBe(202);
    expect(await statusOf('eraseFlow', { id })).toBe(202);
    await until('it is gone', async () => (await statusOf('getFlow', { id })) === 404, { timeoutMs: 25_000 });
  });

  it('run again by a key that may post no flow any more: 403; older than it is kept: 410', async () => {
    const store = createKeyStore(api.product.redis.client());
    const facts = { name: 'baker', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-baker'), scopes: ['flows', 'emails'] });
    const id = await flowOf(
      { ...MAIL, runAt: new Date(Date.now() + 3_600_000).toISOString() },
      { key: 'first-key-of-baker' },
    );
    await api.call('cancelFlow', { params: { id }, key: 'first-key-of-baker' });
    await api.product.jobReaches(id, 'cancelled');
    await store.remove('baker');
    await store.add({ ...facts, digest: sha256('second-key-of-baker'), scopes: ['images'] });
    expect((await api.call('retryFlow', { params: { id }, key: 'second-key-of-baker' })).status).toBe(403);
    await api.product.redis.client().zadd(queueKey('flows', 'failed'), Date.now() - 2 * 86_400_000, id);
    await until('it is swept', async () => (await statusOf('getFlow', { id })) === 410, { timeoutMs: 25_000 });
    for (const operationId of ROUTES) expect(await statusOf(operationId, { id })).toBe(410);
  });
});
