import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createKeyStore } from '../../../src/keys/store.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { SCOPES } from '../../../workers/index.ts';
import { type Asked, exampleOf, formOf, MAILER } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import {
  api,
  beginUpload,
  delayed,
  FILE_LIMIT,
  PART_TYPE,
  photo,
  postPhoto,
  REPORT,
  statusOf,
  TUS,
} from './answers.ts';

describe('accepting', () => {
  it('each sort of body at an address of its own, and no other there', async () => {
    const { id } = (await api.call('postUpload', { body: new Uint8Array(photo) })).body;
    const source = { source: { upload: id }, width: 20 };
    const once = { headers: { 'Idempotency-Key': 'one of two' } };
    const { body, status } = await api.postJson('postImagesJson', source, once);
    expect([status, body['kind']]).toEqual([202, 'images']);
    const again = await fetch(`${api.product.url}/v1/images`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${KEYS.kari}`, 'Content-Type': 'application/json', ...once.headers },
      body: JSON.stringify(source),
    });
    expect(await again.json()).toMatchObject({ id: body.id });
    const raw = { headers: { 'Content-Type': 'image/jpeg' }, body: new Uint8Array(photo), query: '?width=20' };
    expect((await api.call('postImagesRaw', raw)).status).toBe(202);
    const form = formOf({ report: REPORT }, photo);
    expect((await api.call('postReportsForm', { body: form })).status).toBe(202);
    const many = formOf({ file: '(the file)', width: 20 }, photo);
    expect((await api.call('postImagesBatchForm', { body: many })).status).toBe(202);
    const [json, bytes] = [{ headers: { 'Content-Type': 'application/json' } }, { body: new Uint8Array(photo) }];
    expect((await api.call('postImagesJson', { body: formOf({ file: '(the file)' }, photo) })).status).toBe(415);
    expect((await api.call('postImagesRaw', { ...json, body: '{}' })).status).toBe(415);
    expect((await api.call('postReportsForm', { ...json, body: '{}' })).status).toBe(415);
    expect((await api.call('postImagesJson', bytes)).status).toBe(415);
  });

  it('Prefer: wait: 200 with the finished job', async () => {
    const wait = { headers: { Prefer: 'wait=20' } };
    expect((await api.postJson('postReports', REPORT, wait)).headers.get('preference-applied')).toBe('wait=20');
    expect((await api.postJson('postEmails', exampleOf('emails'), wait)).status).toBe(200);
    expect((await api.postJson('postCalls', exampleOf('calls'), wait)).status).toBe(200);
    expect((await api.postJson('postFlows', exampleOf('flows'), wait)).status).toBe(200);
    expect((await postPhoto({}, wait)).status).toBe(200);
  });

  it('the same Idempotency-Key: replayed; with another request: 422', async () => {
    const once = { headers: { 'Idempotency-Key': '"once"' } };
    const [postEmails, postCalls, postFlows] = [exampleOf('emails'), exampleOf('calls'), exampleOf('flows')];
    const examples = { postReports: delayed(), postEmails, postCalls, postFlows };
    for (const [operationId, one] of Object.entries(examples)) {
      expect((await api.postJson(operationId, one, once)).headers.get('idempotency-replayed')).toBeNull();
      expect((await api.postJson(operationId, one, once)).headers.get('idempotency-replayed')).toBe('true');
      expect((await api.postJson(operationId, { ...one, tags: ['other'] }, once)).status).toBe(422);
    }
    await postPhoto({}, once);
    expect((await postPhoto({ width: 9 }, once)).status).toBe(422);
  });

  it('a body that hardly comes: 408 wherever one is taken', async () => {
    const slow = () => new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
    const params = { address: 'slow@example.no', name: 'slow' };
    const headers = { 'Content-Type': 'application/json' };
    const batches = ['ImagesBatch', 'ReportsBatch', 'EmailsBatch', 'CallsBatch'];
    const kinds = ['Images', 'Reports', 'Emails', 'Calls', 'Flows', 'Upload', ...batches, 'ArchivedResults'];
    const asked = kinds.map((name) => `post${name}`);
    const answers = [
      ...asked,
      'addSuppressions',
      'putSuppression',
      'putSecret',
      'putBrand',
      'putReportsTemplate',
      'putEmailsTemplate',
      'putSchedule',
      'runSchedule',
    ].map((operationId) => api.call(operationId, { body: slow(), duplex: 'half', headers, params } as Asked));
    const { id } = (await beginUpload(4)).body;
    const part = { ...TUS, 'Upload-Offset': '0', 'Content-Type': PART_TYPE };
    answers.push(api.call('patchUpload', { body: slow(), duplex: 'half', headers: part, params: { id } } as Asked));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 408));
  });

  it.each([
    ['postReports', KEYS.ola],
    ['postImagesBatch', MAILER],
    ['postReportsBatch', KEYS.ola],
    ['postEmails', KEYS.ola],
    ['postEmailsBatch', KEYS.ola],
    ['postCalls', KEYS.ola],
    ['postFlows', KEYS.ola],
    ['postCallsBatch', KEYS.ola],
    ['addSuppressions', KEYS.ola],
  ])('%s refuses: 400, 401, 403, 413, 415', async (operationId, otherKey) => {
    expect((await api.postJson(operationId, { nothing: 1 })).status).toBe(400);
    expect((await api.postJson(operationId, {}, { key: null })).status).toBe(401);
    expect((await api.postJson(operationId, {}, { key: otherKey })).status).toBe(403);
    expect((await api.postJson(operationId, { long: 'x'.repeat(FILE_LIMIT) })).status).toBe(413);
    expect((await api.call(operationId, { body: 'x', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
  });

  it('postImages refuses: 400, 401, 403, 413, 415, 422', async () => {
    expect((await postPhoto({ width: -1 })).status).toBe(400);
    expect((await postPhoto({}, { key: null })).status).toBe(401);
    expect((await postPhoto({}, { key: MAILER })).status).toBe(403);
    expect((await postPhoto({}, {}, Buffer.concat([photo, Buffer.alloc(FILE_LIMIT)]))).status).toBe(413);
    expect((await postPhoto({}, {}, Buffer.from('Only words.'))).status).toBe(415);
    expect((await postPhoto({}, {}, Buffer.from('\x89PNG\r\n\x1a\n and then nothing', 'latin1'))).status).toBe(422);
  });

  it('postUpload refuses: 400, 401, 403, 413, 415, 422', async () => {
    const upload = async (body: string | Buffer, asked: Asked = {}) =>
      (await api.call('postUpload', { body: new Uint8Array(Buffer.from(body)), ...asked })).status;
    expect(await upload('')).toBe(400);
    expect(await upload('x', { key: null })).toBe(401);
    expect(await upload('x', { key: KEYS.operator })).toBe(403);
    expect(await upload('x'.repeat(FILE_LIMIT + 1), { key: KEYS.ola })).toBe(413);
    expect((await api.call('postUpload', { body: formOf({ file: '(the file)' }, photo) })).status).toBe(415);
    const once = { headers: { 'Idempotency-Key': 'an upload' } };
    expect([await upload('x', once), await upload('x', once), await upload('y', once)]).toEqual([201, 201, 422]);
  });

  it('over the rate of the key: 429 wherever something may change', async () => {
    const key = 'key-of-a-slow-caller';
    await createKeyStore(api.product.redis.client()).add({
      name: 'slow',
      digest: createHash('sha256').update(key).digest('hex'),
      scopes: SCOPES.filter((scope) => scope !== 'admin'),
      rate: { requests: 1, seconds: 3600 },
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
    });
    await until('the key is known', async () => (await api.product.request('/v1/jobs', { key })).ok);
    expect((await api.postJson('postReports', REPORT, { key })).headers.get('ratelimit')).toMatch(/r=0/);
    const params = { id: 'rep_0', subject: 'x', address: 'a@example.no', name: 'x' };
    const operations = Object.values(api.document.paths).flatMap((methods) =>
      Object.entries(methods).flatMap(([method, { operationId, security }]) =>
        method === 'get' || method === 'head' || security.length === 0 ? [] : [operationId],
      ),
    );
    for (const operationId of operations) {
      const sent = await api.postJson(operationId, REPORT, { key, params });
      expect([operationId, sent.status]).toEqual([operationId, 429]);
    }
  });

  it('its usage: 200', async () => {
    expect(await statusOf('getUsage', {})).toBe(200);
    expect((await api.call('getUsage', { key: null })).status).toBe(401);
    expect((await api.call('getVerdict', { key: KEYS.operator })).status).toBe(200);
    expect((await api.call('getVerdict', { key: KEYS.kari })).status).toBe(403);
    expect((await api.call('getVerdict', { key: null })).status).toBe(401);
    const entered = () => api.call('listAudit', { query: '?limit=1', key: KEYS.operator });
    expect((await entered()).status).toBe(200);
    expect((await api.call('listAudit', { query: '?action=burn', key: KEYS.operator })).status).toBe(400);
    expect((await api.call('listAudit', { key: KEYS.kari })).status).toBe(403);
    expect((await api.call('listAudit', { key: null })).status).toBe(401);
  });
});

it('an Idempotency-Key whose job was erased early: 410', async () => {
  const key = { headers: { 'Idempotency-Key': '"early"' } };
  const mail = exampleOf('emails');
  const posts = {
    images: () => postPhoto({}, key),
    reports: () => api.postJson('postReports', REPORT, key),
    emails: () => api.postJson('postEmails', mail, key),
    calls: () => api.postJson('postCalls', exampleOf('calls'), key),
    flows: () => api.postJson('postFlows', exampleOf('flows'), key),
  };
  const redis = api.product.redis.client();
  for (const [kind, post] of Object.entries(posts)) {
    const { id } = (await post()).body;
    const { fingerprint } = JSON.parse((await redis.hget(queueKey(kind, id), 'data')) ?? '') as Record<string, string>;
    await api.product.jobReaches(id, 'completed');
    expect((await api.call('eraseJob', { params: { id } })).status).toBe(204);
    const known = `${Date.now() + 3_600_000}:${fingerprint?.slice(0, 32)}`;
    await redis.hset(`${queueKey(kind, 'expired')}:known`, id, known);
    expect(await post()).toMatchObject({ status: 410, body: { code: 'result_expired' } });
  }
});
