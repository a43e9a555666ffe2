import { describe, expect, it } from '@jest/globals';
import { api, FILE_LIMIT, statusOf } from './answers.ts';

describe('webhook endpoints', () => {
  const params = { name: 'shop' };
  const address = { url: 'https://app.example.com/hook', events: ['job.failed'] };
  const since = new Date().toISOString();

  it('made, changed, shown, tried, sent to again, removed', async () => {
    expect((await api.postJson('putWebhookEndpoint', address, { params })).status).toBe(201);
    expect((await api.postJson('putWebhookEndpoint', address, { params })).status).toBe(200);
    expect(await statusOf('getWebhookEndpoint', params)).toBe(200);
    expect(await statusOf('getWebhookEndpointSecret', params)).toBe(200);
    expect((await api.call('listWebhookEndpoints')).body).toMatchObject({ endpoints: [{ name: 'shop' }] });
    expect(await statusOf('testWebhookEndpoint', params)).toBe(202);
    expect((await api.call('listWebhookDeliveries', { params })).body).toMatchObject({
      deliveries: [{ event: 'endpoint.test' }],
    });
    expect((await api.call('listWebhookDeliveries', { params, query: '?state=lost' })).status).toBe(400);
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(202);
    for (let index = 0; index < 4; index += 1) {
      expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(200);
    }
    expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(409);
    await api.postJson('putWebhookEndpoint', { ...address, paused: true }, { params });
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(409);
    const others = Array.from({ length: 20 }, (_, index) =>
      api.postJson('putWebhookEndpoint', address, { params: { name: `other-${index}` } }),
    );
    expect((await Promise.all(others)).filter(({ status }) => status === 409)).toHaveLength(1);
    expect(await statusOf('removeWebhookEndpoint', params)).toBe(204);
  });

  it('what is not there, or can not be: 400, 401, 404, 413, 415', async () => {
    const bodies = ['putWebhookEndpoint', 'rotateWebhookEndpointSecret', 'resendWebhooks'];
    for (const operationId of bodies) {
      expect((await api.postJson(operationId, { nothing: 1 }, { params })).status).toBe(400);
      expect((await api.postJson(operationId, { long: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
      const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
      expect((await api.call(operationId, text)).status).toBe(415);
      expect((await api.postJson(operationId, { since }, { params, key: null })).status).toBe(401);
    }
    expect((await api.call('listWebhookEndpoints', { key: null })).status).toBe(401);
    expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(404);
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(404);
    for (const operation of ['get', 'remove', 'test']) {
      expect(await statusOf(`${operation}WebhookEndpoint`, params)).toBe(404);
      expect((await api.call(`${operation}WebhookEndpoint`, { params, key: null })).status).toBe(401);
    }
    for (const operationId of ['getWebhookEndpointSecret', 'listWebhookDeliveries']) {
      expect(await statusOf(operationId, params)).toBe(404);
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
    }
  });
});
