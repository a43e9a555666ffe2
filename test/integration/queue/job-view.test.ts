import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { JobContract } from '../../../src/jobs/contract.ts';
import { randomJobId } from '../../../src/jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../../../src/jobs/options/options.ts';
import { uploadKey } from '../../../src/storage/keys.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { probes } from '../../support/probe/job.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
let worker: TestProcess;
beforeAll(async () => {
  test = await openTestApp({}, [probes as unknown as JobContract]);
});
beforeEach(() => {
  const { REDIS_URL, DATA_DIR } = test.config;
  worker = startProcess(process.execPath, ['test/support/probe/worker.ts'], { REDIS_URL: REDIS_URL ?? '', DATA_DIR });
});
afterEach(async () => {
  await worker.stop('SIGKILL');
  await test.clear();
});
afterAll(() => test.close());

type Who = Parameters<typeof bearer>[0];
const send = (method: 'get' | 'post' | 'delete', path: string, who: Who = 'kari') =>
  request(test.app)[method](path).set('Authorization', bearer(who));
const view = async (id: string, who: Who = 'kari') => (await send('get', `/v1/jobs/${id}`, who)).body;

/** Queues a probe of Kari's; answers its id. */
async function add(act: string, more: Partial<Envelope> = {}, id = randomJobId('prb')): Promise<string> {
  const envelope = { v: ENVELOPE_VERSION, caller: 'kari', input: { act }, uploads: {}, options: {}, ...more };
  await test.producer.enqueue('probes', id, envelope);
  return id;
}

const reaches = (id: string, state: string) =>
  until(`${id} is ${state}`, async () => {
    const job = await view(id);
    return job.state === state ? job : Promise.reject(new Error(JSON.stringify(job)));
  });

const HOUR_MS = 3_600_000;
/** Milliseconds from now until its next attempt, less an hour. */
const offAnHour = (job: { nextAttemptAt: string }) => Math.abs(Date.parse(job.nextAttemptAt) - Date.now() - HOUR_MS);

describe('a job that does not run now', () => {
  it('an attempt failed: what and when, and when the next one comes', async () => {
    const id = await add('later');
    const job = await reaches(id, 'delayed');
    expect(job).toMatchObject({
      attempts: { made: 1 },
      error: null,
      waitingOn: null,
      lastError: { code: 'mail_deferred', detail: 'The server said 452.' },
    });
    expect(offAnHour(job)).toBeLessThan(60_000);
    expect(Date.parse(job.lastError.at)).toBeGreaterThanOrEqual(Date.parse(job.startedAt));
  });

  it('put back for a relay, for another job: what it waits on, and no error', async () => {
    const snoozed = await reaches(await add('snoozed'), 'delayed');
    expect(snoozed).toMatchObject({ waitingOn: 'relay', lastError: null, waitingFor: null, attempts: { made: 0 } });
    expect(offAnHour(snoozed)).toBeLessThan(60_000);
    const other = await add('snoozed');
    expect(await reaches(await add('after', { input: { act: 'after', job: other } }), 'delayed')).toMatchObject({
      waitingOn: 'job',
      waitingFor: [other],
    });
  });

  it('its time has not come: runAt, and the same as its next attempt', async () => {
    const runAt = new Date(Date.now() + HOUR_MS).toISOString();
    const job = await view(await add('done', { options: { runAt } }));
    expect(job).toMatchObject({ state: 'delayed', runAt, nextAttemptAt: runAt, waitingOn: null });
  });

  it('its queue is paused: since when and by whom, also when it is paused twice; not once the queue goes on', async () => {
    const before = Date.now();
    await test.producer.setPaused('probes', true, 'ops');
    const id = await add('done');
    const job = await view(id);
    expect(job).toMatchObject({ state: 'waiting', waitingOn: 'pause', etaSeconds: null });
    expect(Date.parse(job.pausedSince)).toBeGreaterThanOrEqual(before);
    await test.producer.setPaused('probes', true, 'late');
    expect((await view(id)).pausedSince).toBe(job.pausedSince);
    expect((await test.producer.counts())['probes']).toMatchObject({
      pausedSince: Date.parse(job.pausedSince),
      pausedBy: 'ops',
    });
    await test.producer.setPaused('probes', false);
    expect(await reaches(id, 'completed')).toMatchObject({ pausedSince: null, waitingOn: null });
    await test.producer.setPaused('probes', true);
    expect((await test.producer.counts())['probes']).toMatchObject({ pausedBy: null });
    expect(Date.parse((await view(await add('done'))).pausedSince)).toBeGreaterThan(Date.parse(job.pausedSince));
    await test.producer.setPaused('probes', false);
  });
});

it('whose it is, what it is about and what was asked for; its caller for an operator alone', async () => {
  const facts = { file: 'photo.jpg' };
  const options = { priority: 'high', expiresAt: '2126-11-28T08:00:00+01:00' } as const;
  const id = await add('snoozed', { facts, requestId: 'req-1', options });
  expect(await view(id)).toMatchObject({ ...options, facts, requestId: 'req-1', caller: null, runAt: null });
  expect(await view(id, 'operator')).toMatchObject({ caller: 'kari' });
  expect(await view(await add('snoozed'))).toMatchObject({ priority: 'normal', facts: null, requestId: null });
  const listed = await send('get', '/v1/jobs', 'operator');
  expect(listed.body.jobs.map(({ caller }: { caller: string }) => caller)).toEqual(['kari', 'kari']);
});

describe('the result', () => {
  it('Prefer: wait: the file as soon as the job has ended', async () => {
    await test.producer.setPaused('probes', true);
    const id = await add('done');
    const waiting = send('get', `/v1/jobs/${id}/result`)
      .set('Prefer', 'wait=20')
      .then((response) => response);
    await until('the request waits', async () => Number((await test.redis.client().pubsub('NUMPAT')) as unknown) > 0);
    await test.producer.setPaused('probes', false);
    const response = await waiting;
    expect(response).toMatchObject({ status: 200, text: 'attempt 1' });
    expect(response.headers).toMatchObject({ 'preference-applied': 'wait=20', vary: 'Prefer' });
  });

  it('Prefer: wait, and the time is over: 202', async () => {
    const id = await add('snoozed');
    const response = await send('get', `/v1/jobs/${id}/result`).set('Prefer', 'wait=1');
    expect(response.status).toBe(202);
    expect(response.headers['preference-applied']).toBeUndefined();
  });

  it('failed for good by a fault of ours: 424, and no use in asking again; the job keeps the problem as it was', async () => {
    const id = await add('fail');
    const { error } = await reaches(id, 'failed');
    const response = await send('get', `/v1/jobs/${id}/result`);
    expect(response.status).toBe(424);
    expect(response.headers['content-type']).toMatch('application/problem+json');
    expect(response.body).toEqual({ ...error, status: 424, retryable: false, requestId: expect.any(String) });
    expect(error).toMatchObject({ code: 'internal', status: 500, retryable: true });
  });

  it('failed by what was sent: the problem under its own status', async () => {
    const id = await add('refuse');
    await reaches(id, 'failed');
    expect((await send('get', `/v1/jobs/${id}/result`)).body).toMatchObject({ status: 422, code: 'image_unreadable' });
  });
});

it('the page of jobs takes what the listing takes, and another choice keeps it', async () => {
  const [old, young] = [await add('snoozed', { options: { tags: ['a&b'] } }), await add('snoozed')];
  await until('both are delayed', async () => (await test.producer.counts())['probes']?.delayed === 2);
  const read = async (query: string) => (await send('get', `/jobs?${query}`).set('Accept', 'text/html')).text;
  const page = await read('tag=a%26b&kind=');
  expect([page.includes(old), page.includes(young)]).toEqual([true, false]);
  expect(page).toContain('<input type="hidden" name="tag" value="a&amp;b">');
  expect(page).toContain('data-refresh');
  expect(await read('q=snoozed')).not.toContain('data-refresh');
  expect(await read(`ids=${young}`)).not.toContain(old);
  expect(await read('error=timed_out')).toContain('No job is of that sort.');
});

describe('run again', () => {
  it('what failed before is forgotten', async () => {
    const id = await add('fail');
    await reaches(id, 'failed');
    await test.producer.setPaused('probes', true);
    const again = await send('post', `/v1/jobs/${id}/retry`, 'operator');
    expect(again.status).toBe(202);
    expect(again.body).toMatchObject({ lastError: null, error: null, attempts: { made: 0 } });
    await test.producer.setPaused('probes', false);
  });

  it('its upload can not be used: 409 with the first reason, and the job stays as it was', async () => {
    const id = randomJobId('prb');
    const key = uploadKey(id, 'nonce000', 'file');
    const written = await test.storage.put(key, Readable.from([Buffer.from('half an image')]));
    const file = { key, name: 'photo.jpg', type: 'image/jpeg', ...written };
    await add('refuse', { uploads: { file } }, id);
    const before = await reaches(id, 'failed');
    const again = await send('post', `/v1/jobs/${id}/retry`, 'operator');
    expect(again.body).toMatchObject({ status: 409, code: 'retry_useless', retryable: false });
    expect(again.body.detail).toContain('The image could not be decoded.');
    expect(await view(id)).toEqual(before);
    const page = await send('get', `/jobs/${id}`).set('Accept', 'text/html');
    expect(page.text).not.toContain('Run again');
  });

  it('it has become useless: 409 with when', async () => {
    const expiresAt = new Date(Date.now() - 1000).toISOString();
    const id = await add('done', { options: { expiresAt } });
    expect((await reaches(id, 'failed')).error.code).toBe('expired');
    const again = await send('post', `/v1/jobs/${id}/retry`, 'operator');
    expect(again.body).toMatchObject({
      status: 409,
      code: 'retry_useless',
      detail: expect.stringContaining(expiresAt),
    });
  });
});

it('cancelled jobs are counted apart from failed ones, wherever they were cancelled, until they run again or go', async () => {
  const counts = async () => {
    const { failed, cancelled } = (await test.producer.counts())['probes'] ?? {};
    return { failed, cancelled };
  };
  await reaches(await add('refuse'), 'failed');
  const [delayed, running] = [await add('snoozed'), await add('deaf')];
  await reaches(running, 'active');
  for (const id of [delayed, running]) await send('post', `/v1/jobs/${id}/cancel`);
  for (const id of [delayed, running]) await reaches(id, 'cancelled');
  expect(await counts()).toEqual({ failed: 1, cancelled: 2 });
  const metrics = await send('get', '/metrics', 'operator');
  expect(metrics.text).toContain('heavylift_jobs{kind="probes",state="failed"} 1\n');
  expect(metrics.text).toContain('heavylift_jobs{kind="probes",state="cancelled"} 2\n');
  const page = (await send('get', '/admin', 'operator').set('Accept', 'text/html')).text;
  for (const [state, count] of Object.entries({ failed: 1, cancelled: 2 })) {
    expect(page).toMatch(new RegExp(`data-count="probes-${state}">(<a [^>]*>)?${count}<`));
  }
  await send('post', `/v1/jobs/${delayed}/retry`, 'operator');
  await send('delete', `/v1/jobs/${running}`);
  expect(await counts()).toEqual({ failed: 1, cancelled: 0 });
});
