import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { formatTable } from '../../../bin/cli/table.ts';
import { type AuditEntry, createAuditLog } from '../../../src/audit/audit-log.ts';
import { auditKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, TEST_KEYS, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp({ TRUST_PROXY: 1 });
});
afterAll(() => test.close());

type Who = keyof typeof TEST_KEYS;
const ask = (method: 'get' | 'post' | 'put' | 'delete', path: string, who: Who = 'operator') =>
  request(test.app)[method](path).set('Authorization', bearer(who));
/** A browser that is signed in as the operator. */
async function openBrowser() {
  const browser = request.agent(test.app).set('Accept', 'text/html');
  await browser.post('/login').type('form').send({ key: TEST_KEYS.operator.key }).expect(303);
  return browser;
}
const list = async (query = '') => {
  const { body } = await ask('get', `/v1/audit?${query}`);
  return body as { entries: AuditEntry[]; cursor: string | null };
};
/** The newest entries in words, the newest first; they are written after the answer. */
const newest = (count: number, query = '') =>
  until('so many entries', async () => {
    const { entries } = await list(`limit=100&${query}`);
    const words = entries.map(({ action, who, by, target, count: many }) => [action, who, by, target, many].join(' '));
    return words.length >= count ? words.slice(0, count) : null;
  });
const post = async (who: Who = 'kari') =>
  String((await ask('post', '/v1/reports', who).send({ template: 'document', data: { title: 'T' } })).body.id);

interface Layer {
  route?: { path: string; methods: Record<string, boolean>; stack: { name: string }[] };
  handle: { stack?: Layer[] };
}
/** The routes that change something, and whether one is entered into the log before it is handled. */
const changingRoutes = ({ stack = [] }: Layer['handle']): [name: string, isNoted: boolean][] =>
  stack.flatMap(({ route, handle }) => {
    if (!route) return changingRoutes(handle);
    const methods = Object.keys(route.methods).filter((method) => !['get', 'head', 'options'].includes(method));
    const isNoted = route.stack.some(({ name }) => name === 'noteAction');
    return methods.map((method): [string, boolean] => [`${method} ${route.path}`, isNoted]);
  });

/** Posts a job or an upload, a part of one too, or draws a preview: the list of jobs says who did. */
const POSTS =
  /^(patch \/v1\/uploads\/:id|post (\/v1\/(\w+(\/batch)?(\/(json|form|raw))?|webhook-endpoints\/:name\/test)|\/(reports|reports\/new|emails|calls)|\/jobs\/:id\/again|\/webhooks\/:name\/test|.*\/preview))$/;
/** Routes that note what they do as they do it. */
const NOTES_ITSELF =
  /^post (\/v1\/jobs\/actions|\/log(in|out)|\/jobs\/actions|\/admin\/:kind\/:action|\/webhooks\/:name\/again|\/(templates|brands|mail-templates)(\/:name(\/remove)?)?)$/;
/** Recipients, mail providers with what came back, the doctor, and who asks for an archive: they do nothing to what is there. */
const OTHERS_TELL = [
  'post /doctorz',
  'post /u/:token',
  'post /v1/mail-events/raw',
  'post /v1/mail-events/:provider/:token',
  'post /v1/results.zip',
];

it('each route that changes something notes it, posts what is listed, or is named here', () => {
  const routes = changingRoutes((test.app as unknown as { router: Layer['handle'] }).router);
  const silent = routes.filter(([, isNoted]) => !isNoted).map(([name]) => name);
  expect(silent.filter((name) => !POSTS.test(name) && !NOTES_ITSELF.test(name)).toSorted()).toEqual(
    OTHERS_TELL.toSorted(),
  );
  expect(routes.length - silent.length).toBeGreaterThan(25);
});

describe('the audit log', () => {
  it('has who did what, from where, to what and to how many; what was refused or not done is not in it', async () => {
    const [one, two] = [await post(), await post()];
    await ask('post', `/v1/jobs/${one}/cancel`, 'kari').set('X-Request-Id', 'req-1').expect(200);
    await ask('post', `/v1/jobs/${one}/retry`, 'kari').expect(202);
    await ask('post', `/v1/jobs/${two}/retry`, 'kari').expect(409);
    await ask('delete', `/v1/jobs/${two}`, 'ola').expect(404);
    const erase = (jobs: number) =>
      ask('post', '/v1/jobs/actions').send({ action: 'erase', filter: { caller: 'kari' }, expect: jobs });
    // One of this very moment may be of a later one by the other clock.
    await until('both are counted', async () => (await erase(99)).body.count === 2 || null);
    await erase(2).expect(202);
    await ask('post', '/v1/suppressions').send({
      suppressions: [{ address: 'per.hansen@example.no', reason: 'manual' }],
    });
    await ask('delete', '/v1/suppressions/per.hansen@example.no').expect(204);
    await ask('put', '/v1/brands/blue', 'kari').send({ senderName: 'Blue' }).expect(201);
    await ask('delete', '/v1/brands/blue', 'kari').expect(204);
    const entered = (await newest(7)).map((line) => line.replace(/act_\w+/, 'act'));
    expect(entered.toSorted()).toEqual([
      'brand.put kari key blue ',
      'brand.remove kari key blue ',
      `job.cancel kari key ${one} `,
      `job.retry kari key ${one} `,
      'jobs.erase operator key caller=kari act 2',
      'suppression.add operator key  1',
      'suppression.lift operator key p***@example.no ',
    ]);
    // What a caller has chosen writes nothing to the terminal of an operator.
    const filter = { tag: '\u001b[2J\u202eall is well', q: 'per hansen' };
    await ask('post', '/v1/jobs/actions', 'kari').send({ action: 'erase', filter, expect: 0 }).expect(202);
    const [hostile = ''] = await newest(1, 'action=jobs.erase&who=kari');
    expect(formatTable([[hostile]]).replace(/act_\w+/, 'act')).toBe(
      'jobs.erase kari key tag= [2J all is well q=(words) act 0',
    );
    const { entries } = await list('action=job.cancel');
    expect(entries).toEqual([expect.objectContaining({ requestId: 'req-1', address: '127.0.0.1' })]);
  });

  it('pausing says who did it, once, however often the form is sent; and the queue knows it', async () => {
    const browser = await openBrowser();
    const pause = () => browser.post('/admin/images/pause').type('form').send({ formToken: 'token-1' });
    await pause().expect(303);
    await pause().expect(303);
    await browser.post('/admin/images/resume').type('form').send({ formToken: 'token-2' }).expect(303);
    expect(await newest(1, 'action=queue.resume')).toEqual(['queue.resume operator session images ']);
    expect((await list('action=queue.pause')).entries).toHaveLength(1);
    const page = await browser.get('/audit?who=operator&action=queue.pause').expect(200);
    expect(page.text.replaceAll(/\s+/g, ' ')).toContain(
      '<strong>operator</strong> paused the queue <span class="address">images</span>',
    );
    expect((await newest(1, 'action=session.begin'))[0]).toBe('session.begin operator session  ');
  });

  it('a button of a job says what it did, also where that was nothing, which is not in the log', async () => {
    const browser = await openBrowser();
    const id = await post();
    const press = async (action: string, formToken: string) => {
      await browser.post(`/jobs/${id}/${action}`).type('form').send({ formToken }).expect(303);
      const { text } = await browser.get(`/jobs/${id}`);
      return /<p class="notice" role="status"[^>]*>([^<]*)</.exec(text)?.[1];
    };
    expect(await press('cancel', 'press-1')).toBe('It is cancelled.');
    expect(await press('cancel', 'press-2')).toBe('It had ended already, so nothing was done.');
    expect(await press('retry', 'press-3')).toBe('It runs again.');
    expect(await press('send-now', 'press-4')).toBe('It does not wait any more, so nothing was done.');
    await newest(1, 'who=operator&action=job.retry');
    const { entries } = await list('who=operator&limit=100');
    const done = entries.filter(({ target }) => target === id).map(({ action }) => action);
    expect(done).toEqual(['job.retry', 'job.cancel']);
  });

  it('leads from page to page, narrowed by key, action and time; for operators alone', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    do {
      const page: Awaited<ReturnType<typeof list>> = await list(`limit=3${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.entries.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== null);
    const whole = (await list('limit=100')).entries;
    expect(seen).toEqual(whole.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    const middle = whole[4]?.at as string;
    const [after, before] = [await list(`createdAfter=${middle}`), await list(`limit=100&createdBefore=${middle}`)];
    expect(after.entries.every(({ at }) => at > middle) && before.entries.every(({ at }) => at < middle)).toBe(true);
    expect((await list('who=kari&limit=100')).entries.every(({ who }) => who === 'kari')).toBe(true);
    await ask('get', '/v1/audit', 'kari').expect(403);
    await ask('get', '/audit', 'kari').expect(403);
    for (const query of ['action=burn', 'cursor=7', 'limit=0', 'createdAfter=now', 'colour=red']) {
      expect((await ask('get', `/v1/audit?${query}`)).body).toMatchObject({ status: 400, code: 'invalid_request' });
    }
  });

  it('a request whose client goes away: what was done is in it, and what was not done is not', async () => {
    const server: Server = test.app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const askAndLeave = async (line: string) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      const head = `${line} HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer('ola')}\r\nContent-Length: 0\r\n\r\n`;
      await new Promise((sent) => socket.write(head, sent));
      socket.resetAndDestroy();
    };
    const foreign = await post('kari');
    const own = await post('ola');
    for (let count = 0; count < 10; count += 1) await askAndLeave(`DELETE /v1/jobs/${foreign}`);
    await askAndLeave(`POST /v1/jobs/${own}/cancel`);
    expect(await newest(1, 'who=ola')).toEqual([`job.cancel ola key ${own} `]);
    server.close();
    expect((await list('who=ola')).entries).toHaveLength(1);
  });

  it('keys and sign-in links that do not hold are one entry for their address, however many are shown', async () => {
    for (let count = 0; count < 3; count += 1) {
      await request(test.app)
        .post('/login')
        .type('form')
        .send({ key: `guess-${count}` })
        .expect(401);
      await request(test.app).get('/v1/jobs').set('Authorization', `Bearer guess-${count}`).expect(401);
    }
    await request(test.app).get('/login?token=guess').expect(401);
    // Nothing was shown here.
    await request(test.app).get('/v1/jobs').expect(401);
    expect(await newest(1, 'action=session.refuse')).toEqual(['session.refuse  session  ']);
    const browser = await openBrowser();
    const { text } = await browser.get('/audit?action=session.refuse').expect(200);
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /<strong>Somebody<\/strong> showed a key or a sign-in link that does not hold.* in a browser · from 127\.0\.0\.1/,
    );
    expect((await list('action=session.refuse')).entries).toHaveLength(1);
    // Whoever has an IPv6 network has all of its addresses.
    for (const address of ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:3::1'])
      await request(test.app).get('/v1/jobs').set({ Authorization: 'Bearer guess', 'X-Forwarded-For': address });
    await newest(3, 'action=session.refuse');
    const { entries } = await list('action=session.refuse');
    expect(entries.map(({ address }) => address)).toEqual(['2001:db8:1:3::1', '2001:db8:1:2::1', '127.0.0.1']);
  });

  it('what others do washes nothing of operators away, nor what programs do to single jobs the rest', async () => {
    const ofOperator = await list('who=operator&limit=100');
    const done = new Set(ofOperator.entries.map(({ action }) => action));
    expect([...done]).toEqual(expect.arrayContaining(['job.retry', 'session.begin', 'queue.pause', 'jobs.erase']));
    const client = test.redis.client();
    const log = createAuditLog(client);
    const fact = { who: 'kari', by: 'key', target: null, count: null, address: null, requestId: null } as const;
    for (const [stream, action, by] of [
      ['jobs', 'job.retry', 'caller'],
      ['own', 'session.begin', 'caller'],
      ['strangers', 'session.refuse', 'stranger'],
    ] as const) {
      const pipeline = client.pipeline();
      for (let count = 0; count < 12_000; count += 1) pipeline.xadd(auditKey(stream), '*', 'fact', '{}');
      await pipeline.exec();
      await log.add({ ...fact, action }, by);
      expect(await client.xlen(auditKey(stream))).toBeLessThan(11_000);
    }
    expect((await list('who=operator&limit=100')).entries).toEqual(expect.arrayContaining(ofOperator.entries));
  });

  it('one that can not be written undoes nothing', async () => {
    await test.redis.client().set(auditKey('own'), 'damaged');
    await ask('put', '/v1/brands/red', 'kari').send({ senderName: 'Red' }).expect(201);
    await ask('get', '/v1/brands/red', 'kari').expect(200);
  });
});
