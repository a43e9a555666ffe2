import { describe, expect, it } from '@jest/globals';
import { KEYS } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import { api, FILE_LIMIT, statusOf } from './answers.ts';

describe.each([
  ['Brand', 'Brands', 100, { senderName: 'Fjordkaffe AS' }],
  ['ReportsTemplate', 'ReportsTemplates', 100, { data: { title: 'T' } }],
  ['EmailsTemplate', 'EmailsTemplates', 100, { subject: 'S', text: 'T' }],
] as const)("one's own: %s", (one, all, most, body) => {
  const params = { name: 'own' };

  it('made, changed, shown, listed, removed', async () => {
    expect((await api.postJson(`put${one}`, body, { params })).status).toBe(201);
    const { status, headers } = await api.postJson(`put${one}`, body, { params });
    expect(status).toBe(200);
    expect(await statusOf(`get${one}`, params)).toBe(200);
    expect(await statusOf(`get${one}`, params, { 'If-None-Match': headers.get('etag') ?? '' })).toBe(304);
    expect(await statusOf(`list${all}`, params)).toBe(200);
    for (const operationId of [`get${one}`, `remove${one}`]) {
      expect(await statusOf(operationId, params, { 'If-Match': '"9"' })).toBe(412);
    }
    expect((await api.postJson(`put${one}`, body, { params, headers: { 'If-Match': '"9"' } })).status).toBe(412);
    const others = Array.from({ length: most }, (_, index) =>
      until('Redis has answered in time', async () => {
        const put = await api.postJson(`put${one}`, body, { params: { name: `other-${index}` } });
        return put.status === 503 ? null : put.status;
      }),
    );
    expect((await Promise.all(others)).filter((status) => status === 409)).toHaveLength(1);
    expect(await statusOf(`remove${one}`, params)).toBe(204);
  });

  it('what is not there, or can not be: 400, 401, 403, 404, 413, 415', async () => {
    expect((await api.postJson(`put${one}`, { nothing: 1 }, { params })).status).toBe(400);
    expect((await api.postJson(`put${one}`, { long: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call(`put${one}`, text)).status).toBe(415);
    for (const operationId of [`list${all}`, `put${one}`, `get${one}`, `remove${one}`]) {
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
      expect((await api.call(operationId, { params, key: KEYS.ola })).status).toBe(403);
    }
    for (const operationId of [`get${one}`, `remove${one}`]) expect(await statusOf(operationId, params)).toBe(404);
  });
});

it.each([
  ['Reports', { data: { title: 'T' } }, 'invoice'],
  ['Emails', { text: 'T' }, 'notification'],
])('the versions of a template of %s: 200, 401, 403, 404; no template is called so: 400', async (kind, body, taken) => {
  const params = { name: 'versions' };
  const operationId = `list${kind}TemplateVersions`;
  await api.postJson(`put${kind}Template`, body, { params, key: KEYS.operator });
  expect((await api.call(operationId, { params, key: KEYS.operator })).status).toBe(200);
  expect(await statusOf(operationId, params)).toBe(404);
  for (const key of [null, KEYS.ola])
    expect((await api.call(operationId, { params, key })).status).toBe(key ? 403 : 401);
  expect(await statusOf(`remove${kind}Template`, { name: taken })).toBe(400);
});
