import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { call } from '../../../bin/watch/rpc.js';
import type { AlertState } from '../../../src/alerts/board.ts';
import { alertStateKey } from '../../../src/redis/keys.ts';
import { type Deployment, openDeployment } from '../../drill/deployment.ts';
import { answer, type HttpSink, hang, openHttpSink } from '../../support/http/http-sink.ts';
import { readTold } from '../../support/operations/told-alerts.ts';
import { until } from '../../support/until.ts';

/**
 * Alerts of the product as `npm start` runs it, with two web processes: what is told when one after the other breaks, to a real
 * receiver of webhooks and a real relay.
 */
let deployment: Deployment;
let sink: HttpSink;
beforeAll(async () => {
  sink = await openHttpSink();
  deployment = await openDeployment({
    dataDir: undefined,
    say: () => {},
    env: { WEB_WORKERS: '2', ALERTS_URL: sink.url, ALERTS_EMAIL: 'ops@example.no', ALERTS_LEVEL: 'amber' },
  });
}, 300_000);
afterAll(async () => {
  await deployment.close();
  await sink.close();
}, 60_000);

/** What was told by webhook, one line an incident. */
const told = () => readTold(sink);
const toldOf = (code: string, state: string) => told().filter((one) => one.code === code && one.state === state);
const hears = (code: string, state: string, count = 1) =>
  until(`${count} of ${code} ${state}`, () => toldOf(code, state).length >= count && toldOf(code, state), {
    timeoutMs: 150_000,
    everyMs: 200,
  }).catch((error) => {
    throw new Error(`${error.message}\n${JSON.stringify(told(), null, 1)}`);
  });
/** One incident that was told once, and once when it was over. */
const expectOnce = (code: string) => {
  const [firing, resolved] = [toldOf(code, 'firing'), toldOf(code, 'resolved')];
  expect([firing.length, resolved.length]).toEqual([1, 1]);
  expect(resolved[0]?.incident).toBe(firing[0]?.incident);
};
const press = (action: string) => deployment.asOperator(`/admin/${action}`, { method: 'POST', redirect: 'manual' });
const supervise = (step: 'startProcess' | 'stopProcess', name: string) =>
  call(deployment.paths.supervisorSocket, `supervisor.${step}`, [name]);
const setPolicy = (policy: string) => deployment.withRedis((redis) => redis.config('SET', 'maxmemory-policy', policy));

/** Whoever is killed between telling and noting that leaves it to the next one, which tells the same again under the same id. */
const isNoted = (code: string) =>
  until('it is noted that it was told', () =>
    deployment.withRedis(async (redis) => {
      const { incidents } = JSON.parse((await redis.get(alertStateKey())) ?? '{}') as AlertState;
      return incidents.some((one) => one.code === code && one.toldAt !== null);
    }),
  );

it('a queue that is paused is told once, also when the process that told it is killed', async () => {
  await press('reports/pause');
  await hears('queue_paused', 'firing');
  await isNoted('queue_paused');
  for (const name of ['web-0', 'web-1']) {
    process.kill(await deployment.pidOf(name), 'SIGKILL');
    await until('it is ready again', deployment.isReady);
  }
  await hears('process_died', 'firing', 2);
  await press('reports/resume');
  expect(deployment.smtp.mails.map(({ parsed }) => parsed.subject)).toContainEqual(
    expect.stringMatching(/^Amber at 127\.0\.0\.1:\d+: Reports paused by the key operator/),
  );
});

it('a Redis that is gone, and then frozen, is told once each by two web processes of a host, and once when it is back', async () => {
  await supervise('stopProcess', 'redis:redis-0');
  const [firing] = await hears('redis_gone', 'firing');
  expect(firing?.text).toMatch(/^Nothing is accepted: Redis is gone/);
  await supervise('startProcess', 'redis:redis-0');
  await until('Redis is back', deployment.isReady);
  const pid = await deployment.pidOf('redis-0');
  process.kill(pid, 'SIGSTOP');
  await hears('redis_frozen', 'firing');
  process.kill(pid, 'SIGCONT');
  // So is what was not known to be gone meanwhile.
  for (const code of ['redis_gone', 'redis_frozen', 'queue_paused']) {
    await hears(code, 'resolved');
    expectOnce(code);
  }
});

it('what a receiver that hangs does not hear goes by mail, and stands in the verdict', async () => {
  sink.script = hang;
  await press('images/pause');
  await until(
    'the verdict says so',
    async () => {
      const { items } = (await (await deployment.asOperator('/v1/verdict')).json()) as {
        items: { code: string; text: string }[];
      };
      return items.find(({ code, text }) => code === 'alert_failed' && /by webhook .*within 10 s$/.test(text));
    },
    { timeoutMs: 150_000 },
  );
  expect(deployment.smtp.mails.map(({ parsed }) => parsed.subject)).toContainEqual(
    expect.stringMatching(/^Amber at .*: Images paused by the key operator/),
  );
  sink.script = answer(200);
  await press('images/resume');
});

it('a host whose web processes do not stay up is told of by its watch', async () => {
  // With such a Redis none starts.
  await setPolicy('allkeys-lru');
  for (const name of ['web-0', 'web-1']) process.kill(await deployment.pidOf(name), 'SIGKILL');
  const [firing] = await hears('web_gone', 'firing');
  expect(firing?.text).toMatch(
    /^Nothing is accepted on .+: no web process is ready there \(web-\d is (BACKOFF|STARTING|EXITED|starting)/,
  );
  await setPolicy('noeviction');
  await hears('web_gone', 'resolved');
  expectOnce('web_gone');
  // By mail it had been told.
  await hears('queue_paused', 'resolved', 2);
});

it('a supervisord that is killed is told of by the watch, before that ends all; and when all is well, by the next', async () => {
  sink.requests.length = 0;
  deployment.launcher().signal('SIGKILL');
  const [firing] = await hears('web_gone', 'firing');
  expect(firing?.text).toMatch(/supervisord was killed, and all that it ran is ended$/);
  await until(
    'nothing answers',
    () =>
      deployment.isReady().then(
        () => false,
        () => true,
      ),
    { timeoutMs: 60_000 },
  );
  await deployment.start();
  await hears('web_gone', 'resolved');
  expectOnce('web_gone');
});
