import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openSmtpServer } from '../../support/emails/smtp-server.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

type Line = Record<string, unknown>;

let product: Product;

beforeAll(async () => {
  product = await startProduct({ env: { TRUST_PROXY: '1' } });
});
afterAll(() => product.close());

const path = () => join(product.dir, 'log/access.log');
const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
const access = (): Line[] => (existsSync(path()) ? linesOf(readFileSync(path(), 'utf8')) : []);
/** The line of the request with that name. */
const lineOf = (requestId: string) =>
  until(`the line of ${requestId}`, () => access().find((line) => line['requestId'] === requestId));

/** Asks, and answers the line that the access log has of it. */
async function ask(requestId: string, url: string, { headers, ...init }: RequestInit = {}): Promise<Line> {
  const { status } = await fetch(`${product.url}${url}`, {
    redirect: 'manual',
    ...init,
    headers: { 'X-Request-Id': requestId, 'X-Forwarded-For': '203.0.113.7', ...(headers as object) },
  });
  const line = await lineOf(requestId);
  expect(line['status']).toBe(status);
  return line;
}
const kari = { Authorization: `Bearer ${KEYS.kari}` };

describe('the access log', () => {
  it('an accepted job: who, from where, what, how long, and its id', async () => {
    const mail = JSON.stringify({ to: 'ola.nordmann@example.no', subject: 'Your secret order', text: 'x' });
    const line = await ask('accepted', '/v1/emails', {
      method: 'POST',
      body: mail,
      headers: { ...kari, 'Content-Type': 'application/json' },
    });
    expect(line).toEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      method: 'POST',
      route: '/v1/emails',
      status: 202,
      ms: expect.any(Number),
      caller: 'kari',
      address: '203.0.113.7',
      requestId: 'accepted',
      job: expect.stringMatching(/^eml_/),
    });
    const later = await ask('looked-at', `/v1/jobs/${line['job']}`, { headers: kari });
    expect(later).toMatchObject({ route: '/v1/jobs/:id', job: line['job'], status: 200 });
  });

  it('what a person is known by: in no line', async () => {
    const name = 'eva.hansen@example.no';
    const secret = encodeURIComponent(name);
    const routes = [
      await ask('subject', `/v1/subjects/${secret}`, { method: 'DELETE', headers: kari }),
      await ask('listing', `/v1/jobs?subject=${secret}`, { headers: kari }),
      await ask('suppression', `/v1/suppressions/${secret}`, { headers: kari }),
      await ask('wrong-path', `/v1/supressions/${secret}`, { headers: kari }),
    ].map(({ route }) => route);
    expect(routes).toEqual(['/v1/subjects/:subject', '/v1/jobs', '/v1/suppressions/:address', null]);
    for (const log of [readFileSync(path(), 'utf8'), product.web.output()]) {
      expect(log).not.toMatch(/eva\.hansen|ola\.nordmann|secret order/i);
    }
    expect(await lineOf('wrong-path')).toMatchObject({ path: '/v1/supressions/e***%40example.no' });
  });

  it.each([
    ['a wrong key', '/v1/jobs', { headers: { Authorization: 'Bearer wrong' } }, '/v1/jobs'],
    ['a wrong key in the form', '/login', { method: 'POST', body: new URLSearchParams({ key: 'wrong' }) }, '/login'],
    ['a wrong link', '/login?token=wrong', {}, '/login'],
  ])('%s: a refused sign-in, with the address', async (name, url, init, route) => {
    const line = await ask(name.replaceAll(' ', '-'), url, init);
    expect(line).toMatchObject({
      route,
      status: 401,
      code: 'unauthorized',
      signIn: 'refused',
      caller: null,
      address: '203.0.113.7',
    });
    expect(readFileSync(path(), 'utf8')).not.toContain('wrong"');
  });

  it('an upload token, wherever it stands: in no line, and its key is named', async () => {
    const made = await fetch(`${product.url}/v1/upload-tokens`, {
      method: 'POST',
      headers: { ...kari, 'Content-Type': 'application/json' },
      body: JSON.stringify({ kind: 'images' }),
    });
    const { token } = (await made.json()) as { token: string };
    const job = `img_${'0'.repeat(26)}`;
    const events = { route: '/v1/jobs/:id/events', status: 404, caller: 'kari', code: 'not_found' };
    expect(await ask('in-query', `/v1/jobs/${job}/events?token=${token}`)).toMatchObject(events);
    expect(await ask('in-path', `/v1/upload-tokens/${token}`, { headers: kari })).toMatchObject({ status: 404 });
    expect(await ask('elsewhere', `/v1/jobs/${job}?token=${token}`)).toMatchObject({ status: 401, caller: null });
    await fetch(`${product.url}/livez`, { headers: { 'X-Request-Id': token } });
    const headers = { Authorization: `Bearer ${token}` };
    expect(await ask('ended', '/v1/upload-tokens/current', { method: 'DELETE', headers })).toMatchObject({
      caller: 'kari',
    });
    await until('the odd name is written', () => access().some(({ requestId }) => requestId === 'tok_***'));
    expect(readFileSync(path(), 'utf8')).not.toContain(token.slice(0, 20));
    const operator = { Authorization: `Bearer ${KEYS.operator}` };
    const entries = async () => {
      const { entries: all } = (await (await fetch(`${product.url}/v1/audit`, { headers: operator })).json()) as {
        entries: Line[];
      };
      return all.filter(({ action }) => String(action).startsWith('token.'));
    };
    const [end, create] = await until('both are in the audit log', async () => {
      const found = await entries();
      return found.length === 2 ? found : null;
    });
    expect(create).toMatchObject({ action: 'token.create', who: 'kari', by: 'key', target: end?.['target'] });
    expect(end).toMatchObject({ action: 'token.end', who: 'kari', by: 'token' });
  });

  it('no key at all: refused, and no sign-in', async () => {
    expect(await ask('no-key', '/v1/jobs')).not.toHaveProperty('signIn');
  });

  it.each([
    ['invalid_request', '/v1/jobs?limit=0', {}],
    ['method_not_allowed', '/v1/jobs', { method: 'PUT' }],
    ['not_found', '/nowhere', {}],
    ['forbidden', '/metrics', {}],
  ])('%s: the code of the refusal', async (code, url, init) => {
    expect(await ask(code, url, { ...init, headers: kari })).toMatchObject({ code, caller: 'kari' });
  });

  it('a flood of refusals: ten a second for a caller and code, and the count of the others', async () => {
    const flood = (address: string, count: number) =>
      Promise.all(
        Array.from({ length: count }, () =>
          fetch(`${product.url}/v1/reports`, { method: 'POST', headers: { 'X-Forwarded-For': address } }),
        ),
      );
    const from = (address: string) => access().filter((line) => line['address'] === address);
    const told = (address: string) => from(address).reduce((sum, { count }) => sum + Number(count ?? 1), 0);
    await flood('198.51.100.1', 400);
    await flood('198.51.100.2', 3);
    await until('all are told', () => told('198.51.100.1') === 400 && told('198.51.100.2') === 3);
    expect(from('198.51.100.2')).toHaveLength(3);
    const counts = from('198.51.100.1').filter(({ count }) => count !== undefined);
    expect(from('198.51.100.1').length).toBeLessThanOrEqual(10 * (counts.length + 1) + counts.length);
    expect(counts[0]).toMatchObject({ code: 'unauthorized', status: 401, route: '/v1/reports', method: 'POST' });
  });

  it('the folder is gone, or is none: requests are answered, and written when it can be', async () => {
    const folder = join(product.dir, 'log');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'in the way');
    for (let count = 0; count < 20; count++) {
      expect((await product.request('/v1/jobs')).status).toBe(200);
    }
    rmSync(folder);
    const found = await until('a line is written', async () => {
      await product.request('/v1/jobs');
      return access().some(({ route }) => route === '/v1/jobs');
    });
    expect(found).toBe(true);
  });
});

describe('the log of the web process', () => {
  it('Redis is away: one line a second with the number of refusals, and no stack', async () => {
    await product.redis.kill();
    const before = product.web.output().length;
    const statuses = await Promise.all(
      Array.from({ length: 400 }, async () => (await product.request('/v1/jobs')).status),
    );
    expect(new Set(statuses)).toEqual(new Set([503]));
    const lines = () => linesOf(product.web.output().slice(before)).filter(({ code }) => code === 'queue_unavailable');
    await until(
      'all are told',
      () => lines().reduce((sum, { count }) => sum + Number(count ?? 1), 0) === statuses.length,
    );
    const [first, ...others] = lines();
    expect(first).toMatchObject({ level: 'warn', msg: 'request failed', route: '/v1/jobs', err: expect.any(String) });
    expect(others.every(({ msg, count }) => msg === 'requests failed' && Number(count) > 0)).toBe(true);
    expect(others.length).toBeLessThan(20);
    expect(JSON.stringify(lines())).not.toContain('    at ');
    await product.redis.start();
    await until('it is ready', async () => (await fetch(`${product.url}/readyz`)).ok);
  });
});

describe('the log of a worker', () => {
  it('a mail that is refused, and one that is tried again: nobody is named, and times are whole milliseconds', async () => {
    const smtp = await openSmtpServer({
      rcpt: (address) =>
        address.startsWith('gone')
          ? { code: 550, text: `5.1.1 <${address}> is unknown here` }
          : { code: 451, text: `4.2.1 <${address}> is busy` },
    });
    const worker = product.startWorker('emails', { SMTP_URL: smtp.url, EMAILS_FROM: 'shop@example.org' });
    for (const to of ['gone.girl@example.no', 'busy.bee@example.no']) {
      const body = JSON.stringify({ to, subject: 'The test results of Eva', text: 'x' });
      const headers = { 'Content-Type': 'application/json' };
      expect((await product.request('/v1/emails', { method: 'POST', body, headers })).status).toBe(202);
    }
    const found = (msg: string) => until(msg, () => linesOf(worker.output()).find((line) => line['msg'] === msg));
    expect(await found('job failed')).toMatchObject({
      code: 'mail_refused',
      err: expect.stringContaining('g***@example.no'),
    });
    expect(Number.isInteger((await found('job will run again'))['againInMs'])).toBe(true);
    expect(worker.output()).not.toMatch(/gone\.girl|busy\.bee|test results/);
    await smtp.close();
  });
});
