import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterAll(() => test.close());

const metrics = () => request(test.app).get('/metrics');

it('closed without the scope admin', async () => {
  expect((await metrics()).status).toBe(401);
  expect((await metrics().set('Authorization', bearer('kari'))).status).toBe(403);
});

it('the numbers of every kind, as the queue has them', async () => {
  const report = { template: 'document', data: { title: 'T', blocks: [] } };
  await request(test.app).post('/v1/reports').set('Authorization', bearer('kari')).send(report);
  await test.producer.setPaused('emails', true);
  const response = await metrics().set('Authorization', bearer('operator'));
  expect(response.status).toBe(200);
  expect(response.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = response.text.split('\n');
  for (const line of [
    '# TYPE heavylift_jobs gauge',
    'heavylift_jobs{kind="reports",state="waiting"} 1',
    'heavylift_jobs{kind="images",state="waiting"} 0',
    'heavylift_queue_paused{kind="emails"} 1',
    'heavylift_queue_paused{kind="reports"} 0',
    'heavylift_workers{kind="webhooks"} 0',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.filter((line) => line && !/^(#|\w+\{[^}]+\} \d+$)/.test(line))).toEqual([]);
});
