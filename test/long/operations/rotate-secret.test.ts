import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const [OLD, NEW] = ['the-old-secret-of-the-deployment', 'the-new-secret-of-the-deployment'];
const REPORT = { password: 'hemmelig', data: { title: 'Hei', blocks: [{ type: 'text', text: 'Hei' }] } };

let product: Product;
beforeAll(async () => {
  product = await startProduct({ env: { DEPLOYMENT_SECRET: OLD } });
});
afterAll(() => product.close());

const postReport = async (key: string, body: object = REPORT) => {
  const answer = await product.request('/v1/reports', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
    body: JSON.stringify(body),
  });
  const { id, code } = (await answer.json()) as { id?: string; code?: string };
  return { id, code, replayed: answer.headers.get('idempotency-replayed') };
};
const signIn = async () => {
  const body = new URLSearchParams({ key: KEYS.kari });
  const answer = await fetch(`${product.url}/login`, { method: 'POST', redirect: 'manual', body });
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
};
const statusWith = async (cookie: string) =>
  (await fetch(`${product.url}/v1/jobs`, { headers: { Cookie: cookie } })).status;
const restart = async (secret: string) => {
  await product.web.stop('SIGTERM');
  await product.restartWeb({ DEPLOYMENT_SECRET: secret });
};

it('new,old: what the old secret made holds, what is new is made with the new one, and the old one can go', async () => {
  const [before, session] = [await postReport('monthly'), await signIn()];

  await restart(`${NEW},${OLD}`);
  expect(await statusWith(session)).toBe(200);
  expect(await postReport('monthly')).toEqual({ id: before.id, replayed: 'true' });
  expect((await postReport('monthly', { ...REPORT, password: 'another' })).code).toBe('idempotency_mismatch');
  const [after, newSession] = [await postReport('weekly'), await signIn()];
  // It was accepted under the old secret, its password sealed with it.
  product.startWorker('reports', { DEPLOYMENT_SECRET: `${NEW},${OLD}` });
  await product.jobReaches(before.id ?? '', 'completed');
  const pdf = await product.request(`/v1/jobs/${before.id}/result`);
  expect(Buffer.from(await pdf.arrayBuffer()).includes('/Encrypt')).toBe(true);

  await restart(NEW);
  expect([await statusWith(session), await statusWith(newSession)]).toEqual([401, 200]);
  expect(await postReport('weekly')).toEqual({ id: after.id, replayed: 'true' });
});

it('a secret that no process knows: refused with the way out, which is noted; then it is the deployment’s', async () => {
  const other = 'another-secret-of-nobody-at-all!';
  await product.web.stop('SIGTERM');
  const settings = { REDIS_URL: product.redis.url, DATA_DIR: product.dir, DEPLOYMENT_SECRET: other };
  const stranger = startProcess(process.execPath, ['src/server.ts'], {
    ...settings,
    PORT: String(await findFreePort()),
  });
  expect(await stranger.exited).toBe(1);
  expect(stranger.output()).toMatch(/the secret of this process is none of the deployment's.*accept-secret/);
  expect((await runCli(settings, 'accept-secret')).code).toBe(0);
  await product.restartWeb({ DEPLOYMENT_SECRET: other });
  const admin = await product.request('/admin', { key: KEYS.operator, headers: { Accept: 'text/html' } });
  expect(await admin.text()).toContain('The secret was replaced');
}, 60_000);

it('an api-key that was lost and is made anew: the log and /admin say so', async () => {
  const own = await startProduct({ env: { API_KEYS: '' } });
  const keyFile = join(own.dir, 'api-key');
  const first = readFileSync(keyFile, 'utf8').trim();
  const admin = async (key: string) => {
    const answer = await own.request('/admin', { key, headers: { Accept: 'text/html' } });
    return [answer.status, (await answer.text()).includes('The first key was made anew')];
  };
  expect(await admin(first)).toEqual([200, false]);
  await own.web.stop('SIGTERM');
  await own.restartWeb();
  expect(await admin(first)).toEqual([200, false]);
  await own.web.stop('SIGTERM');
  rmSync(keyFile);
  await own.restartWeb();
  await until('the log says so', () => own.web.output().includes('the first key was made anew'));
  expect(await admin(readFileSync(keyFile, 'utf8').trim())).toEqual([200, true]);
  expect((await own.request('/v1/jobs', { key: first })).status).toBe(401);
  await own.close();
}, 60_000);
