import { describe, expect, it } from '@jest/globals';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { exampleOf } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { api, FILE_LIMIT, statusOf } from './answers.ts';

describe('schedules', () => {
  const params = { name: 'monthly' };
  const schedule = { cron: '0 6 1 * *', job: { kind: 'emails', input: exampleOf('emails') } };

  it('made, changed, shown, run, listed, removed', async () => {
    expect((await api.postJson('putSchedule', schedule, { params })).status).toBe(201);
    expect((await api.postJson('putSchedule', schedule, { params })).status).toBe(200);
    expect((await api.postJson('runSchedule', {}, { params })).status).toBe(202);
    expect((await api.call('listSchedules')).body).toMatchObject({ schedules: [{ name: 'monthly' }] });
    expect((await api.call('listScheduleRuns', { params })).body).toMatchObject({ runs: [{ byHand: true }] });
    expect((await api.call('getSchedule', { params })).body).toMatchObject(schedule);
    expect((await api.postJson('putSchedule', schedule, { params, headers: { 'If-Match': '"9"' } })).status).toBe(412);
    expect(await statusOf('removeSchedule', params, { 'If-Match': '"9"' })).toBe(412);
    const paused = { ...schedule, paused: true };
    const others = Array.from({ length: 5 }, (_, index) =>
      api.postJson('putSchedule', paused, { params: { name: `other-${index}` } }),
    );
    expect((await Promise.all(others)).map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 409]);
    expect(await statusOf('removeSchedule', params)).toBe(204);
  });

  it('what is not there, or can not be: 400, 401, 403, 404, 413, 415', async () => {
    const long = { ...schedule, job: { kind: 'emails', input: { text: 'x'.repeat(FILE_LIMIT + 1) } } };
    expect((await api.postJson('putSchedule', long, { params })).status).toBe(413);
    expect((await api.postJson('putSchedule', schedule, { params, key: KEYS.ola })).status).toBe(403);
    expect((await api.postJson('runSchedule', { long: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    for (const operationId of ['putSchedule', 'runSchedule']) {
      expect((await api.postJson(operationId, { nothing: 1 }, { params })).status).toBe(400);
      expect((await api.call(operationId, text)).status).toBe(415);
      expect((await api.postJson(operationId, {}, { params, key: null })).status).toBe(401);
    }
    expect((await api.postJson('runSchedule', {}, { params })).status).toBe(404);
    expect((await api.call('listSchedules', { key: null })).status).toBe(401);
    for (const operationId of ['getSchedule', 'removeSchedule', 'listScheduleRuns']) {
      expect(await statusOf(operationId, params)).toBe(404);
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
    }
    const other = { name: 'other-0' };
    expect((await api.call('listScheduleRuns', { params: other, query: '?limit=0' })).status).toBe(400);
  });

  it('run by a key that may post no such job any more: 403', async () => {
    const store = createKeyStore(api.product.redis.client());
    const facts = { name: 'clock', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-clock'), scopes: ['emails'] });
    const made = await api.postJson(
      'putSchedule',
      { ...schedule, paused: true },
      { params, key: 'first-key-of-clock' },
    );
    expect(made.status).toBe(201);
    await store.remove('clock');
    await store.add({ ...facts, digest: sha256('second-key-of-clock'), scopes: ['images'] });
    expect((await api.postJson('runSchedule', {}, { params, key: 'second-key-of-clock' })).status).toBe(403);
  });
});
