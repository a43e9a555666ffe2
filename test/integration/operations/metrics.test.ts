import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { bucketKey, MINUTE_MS } from '../../../src/queue/history/history.ts';
import { deathsKey, historyKey, restartsKey, workerKey, workersKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

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

it('restarts after a death, of every kind, as the watch counts them', async () => {
  await test.redis.client().hset(restartsKey(), { images: 3, web: 1 });
  const { text } = await metrics().set('Authorization', bearer('operator'));
  const lines = text.split('\n');
  expect(lines).toContain('# TYPE heavylift_worker_restarts_total counter');
  expect(lines.filter((line) => line.startsWith('heavylift_worker_restarts_total'))).toEqual([
    'heavylift_worker_restarts_total{kind="images"} 3',
    'heavylift_worker_restarts_total{kind="reports"} 0',
    'heavylift_worker_restarts_total{kind="emails"} 0',
    'heavylift_worker_restarts_total{kind="webhooks"} 0',
    'heavylift_worker_restarts_total{kind="calls"} 0',
    'heavylift_worker_restarts_total{kind="flows"} 0',
  ]);
});

it('when Redis syncs: told by /readyz?verbose, and by /admin where a 202 does not mean "on disk"', async () => {
  const redis = test.redis.client();
  const asOperator = (path: string) => request(test.app).get(path).set('Authorization', bearer('operator'));
  const told = async () => [
    (await asOperator('/readyz?verbose')).body.redis.appendfsync,
    (await asOperator('/admin').set('Accept', 'text/html')).text.includes('Redis syncs late'),
  ];
  await until('it is ready', async () => (await asOperator('/readyz')).status === 200);
  const tells = (policy: string, isTold: boolean) =>
    until(`${policy} is told of`, async () => String(await told()) === String([policy, isTold]));
  await tells('always', false);
  await redis.config('SET', 'appendfsync', 'everysec');
  await tells('everysec', true);
  // As managed services have it.
  await redis.acl('SETUSER', 'default', '-config');
  await tells('unknown', false);
  await redis.acl('SETUSER', 'default', '+config');
  await redis.config('SET', 'appendfsync', 'always');
});

it('several mail relays: /metrics and /admin say which one is away, as its workers saw it', async () => {
  const redis = test.redis.client();
  const part = (name: string, ok: boolean) => ({ name: `mail relay ${name}`, ok, detail: `${name} ${ok}`, seenAt: '' });
  for (const [id, isWell] of [
    ['alfa', true],
    ['beta', false],
  ] as const) {
    const parts = [part('own', true), part('ses', isWell)];
    const dependency = { name: 'mail relays', ok: isWell, detail: 'ses', seenAt: '', parts };
    const facts = { kind: 'emails', id, host: id, pid: 1, concurrency: 1, running: 0, meanMs: null };
    const startedAt = new Date().toISOString();
    await redis.set(workerKey('emails', id), JSON.stringify({ ...facts, startedAt, dependency }));
    await redis.zadd(workersKey('emails'), Date.now(), id);
  }
  const { text } = await metrics().set('Authorization', bearer('operator'));
  expect(text.match(/^heavylift_dependency_up.*$/gm)).toEqual([
    'heavylift_dependency_up{kind="emails",name="mail relay own"} 1',
    'heavylift_dependency_up{kind="emails",name="mail relay ses"} 0',
  ]);
  await until('the verdict tells of it', async () => {
    const page = await request(test.app)
      .get('/admin')
      .set('Authorization', bearer('operator'))
      .set('Accept', 'text/html');
    return page.text.includes('Mail is put off: ses false') && !page.text.includes('own false');
  });
});

it('the last deaths are on /admin, each with its jobs', async () => {
  const death = {
    at: '2026-11-28T06:34:20.389Z',
    host: 'alfa',
    program: 'images',
    process: 'images-1',
    jobs: ['img_x'],
  };
  const redis = test.redis.client();
  await redis.lpush(
    deathsKey(),
    JSON.stringify({ ...death, how: 'SIGKILL' }),
    JSON.stringify({ ...death, how: 'frozen' }),
  );
  const { text } = await request(test.app).get('/admin').set('Authorization', bearer('operator'));
  expect(text).toContain('Processes that died');
  expect(text.replace(/\s+/g, ' ')).toContain('images-1 was frozen, and was ended');
  expect(text.replace(/\s+/g, ' ')).toContain('images-1 ended by SIGKILL');
  expect(text).toContain('<a href="/jobs/img_x">img_x</a>');
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
  expect(lines.filter((line) => line && !/^(#|\w+(\{[^}]+\})? \d+(\.\d+)?$)/.test(line))).toEqual([]);
});

it('/admin draws what happened, with the numbers of /metrics, and groups what failed by error', async () => {
  const counts = { in: 7, completed: 4, 'failed:mail_refused': 2, 'failed:timed_out': 1, 'wait:3': 7, 'run:5': 7 };
  const redis = test.redis.client();
  for (const key of [`${historyKey('emails')}:totals`, bucketKey('emails', MINUTE_MS, Date.now())]) {
    await redis.hset(key, counts);
  }
  const asOperator = (path: string) =>
    request(test.app).get(path).set('Authorization', bearer('operator')).set('Accept', 'text/html');
  expect((await asOperator('/metrics')).text).toContain(
    'heavylift_jobs_total{kind="emails",outcome="failed",error="mail_refused"} 2',
  );
  const text = (await asOperator('/admin')).text.replace(/\s+/g, ' ');
  expect(text).toMatch(
    /aria-label="Emails, last hour: 7 came in, 7 went out, 3 of these failed\. The chart goes up to /,
  );
  expect(text).toContain('<th scope="row">Wait</th><td>75 ms</td>');
  expect(text.match(/class="error-name">[^/]*/g)).toEqual([
    'class="error-name">Mail refused <code>mail_refused<',
    'class="error-name">Timed out <code>timed_out<',
  ]);
  const [, again = ''] = /id="again-emails-mail_refused" href="([^"]+)">Run these 2 again…/.exec(text) ?? [];
  expect(again).toBe('/jobs/actions?action=retry&amp;kind=emails&amp;state=failed&amp;error=mail_refused');
  expect((await asOperator(again.replaceAll('&amp;', '&'))).status).toBe(200);
});

it('while Redis stands still, /metrics has the verdict alone', async () => {
  test.redis.freeze();
  const { status, text } = await until('the verdict has seen it', async () => {
    const answer = await metrics().set('Authorization', bearer('operator'));
    return answer.text.includes('heavylift_verdict{code="redis_frozen"} 1') ? answer : null;
  });
  test.redis.thaw();
  expect([status, text.includes('heavylift_jobs')]).toEqual([200, false]);
});
