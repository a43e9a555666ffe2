import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeBackup } from '../../../bin/backup/backup.ts';
import { dataPaths } from '../../../src/data-dir.ts';
import { dueKeys, memberOf, scheduleKey } from '../../../src/schedules/keys.ts';
import { parseConfig } from '../../../workers/config.ts';
import { runCli } from '../../support/cli.ts';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 86_400_000;
const MAIL = { to: 'kari@example.no', subject: 'Of {{scheduledAt}}', text: 'x' };
const REPORT = { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };
const step = (kind: string, input: object) => ({ name: kind, kind, input });
/** What is run each day: three that send, two that do not. */
const WORK = {
  mail: { job: { kind: 'emails', input: MAIL } },
  flow: { flow: { steps: [step('reports', REPORT), step('emails', MAIL)] } },
  hand: { job: { kind: 'emails', input: MAIL } },
  report: { job: { kind: 'reports', input: REPORT } },
  inward: { flow: { steps: [step('reports', REPORT)] } },
};
const NAMES = Object.keys(WORK) as (keyof typeof WORK)[];
const JSON_TYPE = { 'Content-Type': 'application/json' };

interface Run {
  scheduledAt: string;
  until: string | null;
  outcome: string;
  job: string | null;
  error: { code: string; detail: string } | null;
}
interface Schedule {
  next: string[];
  last: Run | null;
}

const sinks = createSinks();
const temp = makeTempDir();
const started: (TestProcess | TestRedis)[] = [];
let product: Product;
let sink: HttpSink;
/** Two times of each schedule that came after the moment of the backup. */
let times: string[];
const env = () => ({
  ...{ EMAILS_FROM: 'shop@example.no', WEBHOOKS_ALLOW: '127.0.0.1', API_KEYS: `kari:${KEYS.kari}` },
});

beforeAll(async () => {
  sink = await sinks.open();
  product = await startProduct({ env: env() });
  const put = async (path: string, body: object) => {
    const answer = await product.request(path, { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(body) });
    expect(answer.status).toBe(201);
    return (await answer.json()) as Schedule;
  };
  await put('/v1/webhook-endpoints/missed', { url: sink.url, events: ['schedule.missed'] });
  let firstMs = 0;
  for (const name of NAMES) {
    const { next } = await put(`/v1/schedules/${name}`, { cron: '@daily', ...WORK[name] });
    firstMs = Date.parse(next[0] ?? '') - 2 * DAY_MS;
  }
  times = [firstMs, firstMs + DAY_MS].map((ms) => new Date(ms).toISOString());
  // Both were run by hand before the backup: it is known that they were.
  for (const scheduledAt of times) {
    const body = JSON.stringify({ scheduledAt });
    const run = await product.request('/v1/schedules/hand/run', { method: 'POST', headers: JSON_TYPE, body });
    expect(run.status).toBe(202);
  }
  // As if the backup were of two days ago: what is due is what was the next time then.
  await product.web.stop('SIGKILL');
  const redis = product.redis.client();
  for (const name of NAMES) {
    await redis.hset(scheduleKey('kari', name), 'due', firstMs);
    for (const key of dueKeys()) await redis.zadd(key, firstMs, memberOf('kari', name));
  }
  const paths = dataPaths(product.dir);
  mkdirSync(paths.run, { recursive: true });
  symlinkSync(product.redis.socket, paths.redisSocket);
  const config = parseConfig({ DATA_DIR: product.dir });
  const { signal } = new AbortController();
  for (const withoutSecrets of [false, true]) {
    const file = join(temp.path, `${withoutSecrets}.tar`);
    await makeBackup(config, { file, withoutSecrets, running: true, remark: () => {}, signal });
  }
  await product.close();
}, 120_000);
afterAll(async () => {
  for (const one of started.toReversed()) await one.stop();
  await product.close();
  await sinks.close();
  temp.remove();
});

/** Restores the backup; answers how many schedules it says are in doubt. */
async function restore(dataDir: string, file: string, ...options: string[]): Promise<number> {
  const { code, stdout } = await runCli({ DATA_DIR: dataDir }, 'restore', join(temp.path, file), '--json', ...options);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { schedulesInDoubt: number }).schedulesInDoubt;
}

/** Runs all that it takes over what was restored, until every schedule has moved on. */
async function open(dataDir: string) {
  const redis = await startRedis(dataDir);
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const settings = { ...env(), DATA_DIR: dataDir, REDIS_URL: redis.url, PORT: new URL(url).port };
  started.push(redis, startProcess(process.execPath, ['src/server.ts'], settings));
  started.push(startProcess(process.execPath, ['workers/main.ts', 'webhooks'], settings));
  const ask = async <Answer>(path: string): Promise<Answer> =>
    (await (await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${KEYS.kari}` } })).json()) as Answer;
  await until('it is ready', async () => (await fetch(`${url}/readyz`).catch(() => null))?.ok, { timeoutMs: 60_000 });
  await until('all have moved on', async () => {
    const all = await Promise.all(NAMES.map((name) => ask<Schedule>(`/v1/schedules/${name}`)));
    return all.every(({ next }) => Date.parse(next[0] ?? '') > Date.now());
  });
  const runs = async (name: string) => (await ask<{ runs: Run[] }>(`/v1/schedules/${name}/runs`)).runs;
  return Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await runs(name)]))) as Record<
    keyof typeof WORK,
    Run[]
  >;
}

const MADE_UP = () => [
  { scheduledAt: times[1], outcome: 'accepted', error: null },
  { scheduledAt: times[0], until: null, outcome: 'missed', error: { code: 'missed' } },
];
const BY_HAND = () => times.toReversed().map((scheduledAt) => ({ scheduledAt, outcome: 'accepted', byHand: true }));

it('after a loss: times of schedules that send are missed, since the original may have run them; others run', async () => {
  const dataDir = join(temp.path, 'loss');
  expect(await restore(dataDir, 'false.tar')).toBe(2);
  const runs = await open(dataDir);
  const detail = expect.stringMatching(/^This deployment was restored as of 20\S+, .* run it by hand if not\.$/);
  for (const name of ['mail', 'flow'] as const) {
    expect(runs[name]).toMatchObject([
      { scheduledAt: times[0], until: times[1], outcome: 'missed', job: null, error: { code: 'missed', detail } },
    ]);
  }
  for (const name of ['report', 'inward'] as const) expect(runs[name]).toMatchObject(MADE_UP());
  expect(runs.hand).toMatchObject(BY_HAND());
  await until('the endpoint has heard of four', async () => sink.requests.length >= 4);
  const told = sink.requests.map(({ body }) => (JSON.parse(body) as { data: { name: string } }).data);
  expect(told.map(({ name }) => name).sort()).toEqual(['flow', 'inward', 'mail', 'report']);
  expect(told.find(({ name }) => name === 'mail')).toMatchObject({ until: times[1], error: { detail } });
}, 180_000);

it('--send-waiting: all run as missed says; without the secret a flow can not be read, and is taken for one that sends', async () => {
  const dataDir = join(temp.path, 'waiting');
  expect(await restore(dataDir, 'false.tar', '--send-waiting')).toBe(0);
  const { hand, ...others } = await open(dataDir);
  for (const runs of Object.values(others)) expect(runs).toMatchObject(MADE_UP());
  expect(hand).toMatchObject(BY_HAND());
  expect(await restore(join(temp.path, 'bare'), 'true.tar')).toBe(3);
}, 180_000);
