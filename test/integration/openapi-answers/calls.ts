import { describe, expect, it } from '@jest/globals';
import { ownKey } from '../../../src/redis/script.ts';
import { exampleOf } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { api, FILE_LIMIT, statusOf } from './answers.ts';

describe('calls', () => {
  it('a batch: a verdict for each', async () => {
    const calls = [exampleOf('calls'), { url: 'http://10.0.0.1/' }];
    const { status, body } = await api.postJson('postCallsBatch', { calls });
    expect([status, (body['items'] as { status: number }[]).map((item) => item.status)]).toEqual([202, [202, 400]]);
  });

  it('a secret: kept, kept anew, listed, removed; refused', async () => {
    const params = { name: 'shop' };
    expect((await api.postJson('putSecret', { value: 'first' }, { params })).status).toBe(201);
    expect((await api.postJson('putSecret', { value: 'second' }, { params })).status).toBe(200);
    expect(await statusOf('listSecrets', {})).toBe(200);
    expect(await statusOf('deleteSecret', params)).toBe(204);
    expect(await statusOf('deleteSecret', params)).toBe(404);
    expect(await statusOf('deleteSecret', { name: 'a.b' })).toBe(400);
    for (const [operationId, body] of Object.entries({
      putSecret: { value: 'x' },
      listSecrets: {},
      deleteSecret: {},
    })) {
      const asked = operationId === 'putSecret' ? { body: JSON.stringify(body) } : {};
      const headers = { 'Content-Type': 'application/json' };
      expect((await api.call(operationId, { ...asked, params, headers, key: null })).status).toBe(401);
      expect((await api.call(operationId, { ...asked, params, headers, key: KEYS.ola })).status).toBe(403);
    }
    expect((await api.postJson('putSecret', {}, { params })).status).toBe(400);
    expect((await api.postJson('putSecret', { value: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('putSecret', text)).status).toBe(415);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, 'x']));
    await api.product.redis.client().hset(ownKey('calls', 'secrets:kari'), many);
    expect((await api.postJson('putSecret', { value: 'x' }, { params })).status).toBe(409);
  });
});
