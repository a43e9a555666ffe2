import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

type Key = keyof typeof KEYS;
const send = async (path: string, body: unknown, key: Key = 'kari') => {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(path, { method: 'POST', headers, body: JSON.stringify(body), key: KEYS[key] });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
};
const REPORT = { data: { title: 'T' } };
const SOON = new Date(Date.now() + 3_600_000).toISOString();
const post = async (fields: object, key: Key = 'kari', kind = 'reports') => {
  const input = kind === 'images' ? { source: { url: 'https://images.example/a.jpg' } } : REPORT;
  const { status, body } = await send(`/v1/${kind}`, { ...input, ...fields }, key);
  expect(status).toBe(202);
  return String(body['id']);
};
const act = (action: string, filter: object, expected: number, key: Key = 'kari') =>
  send('/v1/jobs/actions', { action, filter, expect: expected }, key);
/** The action once it has ended. */
const ends = (id: unknown, key: Key = 'kari') =>
  until('the action has ended', async () => {
    const answer = await product.request(`/v1/jobs/actions/${id}`, { key: KEYS[key] });
    const action = (await answer.json()) as Record<string, unknown>;
    return action['state'] === 'completed' ? action : undefined;
  });
/** Does it to so many jobs, and waits for its end. */
async function perform(action: string, filter: object, expected: number, key: Key = 'kari') {
  const accepted = await act(action, filter, expected, key);
  expect([accepted.status, accepted.body]).toEqual([202, { id: expect.stringMatching(/^act_/), total: expected }]);
  const ended = await ends(accepted.body['id'], key);
  expect(ended).toMatchObject({ action, total: expected, done: expected, skipped: 0 });
}
const stateOf = async (id: string) => {
  const answer = await product.request(`/v1/jobs/${id}`, { key: KEYS.operator });
  return answer.status === 200 ? ((await answer.json()) as { state: string }).state : answer.status;
};

/** Erases every job. */
const clear = async () => {
  const { body: counted } = await act('erase', {}, 99_999, 'operator');
  await perform('erase', {}, Number(counted['count']), 'operator');
};

/** A page as a browser has it that is signed in with that key: its text, and where it was sent. */
async function openPages(key: Key = 'kari') {
  const form = (body: URLSearchParams) => ({ method: 'POST', body, redirect: 'manual' as const });
  const signedIn = await fetch(`${product.url}/login`, form(new URLSearchParams({ key: KEYS[key] })));
  const cookies = new Map<string, string>();
  const keep = (answer: Response) => {
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
  };
  keep(signedIn);
  const ask = async (path: string, init: RequestInit = {}) => {
    const Cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(`${product.url}${path}`, {
      redirect: 'manual',
      ...init,
      headers: { Cookie, Accept: 'text/html' },
    });
    keep(answer);
    const text = (await answer.text()).replaceAll(/\s+/g, ' ');
    return { status: answer.status, location: answer.headers.get('location') ?? '', text };
  };
  const fieldsIn = (text: string) => {
    const inputs = [...text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
    return new URLSearchParams(inputs.map(([, name = '', value = '']): [string, string] => [name, value]));
  };
  return { get: (path: string) => ask(path), send: (path: string, text: string) => ask(path, form(fieldsIn(text))) };
}

describe('the pages of actions', () => {
  it('count first, then ask, and tell how it went; what was cancelled can be run again, what was erased can not', async () => {
    await clear();
    const pages = await openPages();
    const ids = [
      await post({ tags: ['x'], data: { title: 'One & two' } }),
      await post({ runAt: SOON }),
      await post({}),
    ];
    const list = await pages.get('/jobs');
    expect(list.text).toContain('One &amp; two');
    expect(list.text).toContain('next run <time');
    expect(list.text).toMatch(/title="[^"]*UTC" data-relative>\d+ s ago</);
    expect((await pages.get('/jobs?state=delayed')).text.match(/data-row="(\w+)"/g)).toEqual([`data-row="${ids[1]}"`]);
    expect((await pages.get('/jobs?q=one&within=hour')).text).toContain(`data-row="${ids[0]}"`);
    // What leads there stands above the list, and is kept by the search.
    const { text: ofFlow } = await pages.get(`/jobs?flow=flw_${'0'.repeat(26)}&q=one`);
    expect(ofFlow).toMatch(/name="flow" value="flw_0{26}"[\s\S]*<li>flow flw_0{26} <a href="\/jobs\?q=one">/);
    // A button of the list, and nothing chosen.
    expect((await pages.get('/jobs/actions?chosen=1&action=erase')).location).toBe('/jobs');
    expect((await pages.get('/jobs')).text).toContain('No job was chosen, so nothing was done.');
    const question = await pages.get(`/jobs/actions?chosen=1&action=cancel&ids=${ids[0]}&ids=${ids[1]}`);
    expect(question.text).toContain('<h1>Cancel: 2 jobs?</h1>');
    const accepted = await pages.send('/jobs/actions', question.text);
    expect([accepted.status, accepted.location]).toEqual([303, expect.stringMatching(/^\/jobs\/actions\/act_/)]);
    // A form that is sent twice.
    expect((await pages.send('/jobs/actions', question.text)).location).toBe(accepted.location);
    const told = await until('it has ended', async () => {
      const { text } = await pages.get(accepted.location);
      return text.includes('data-refresh') ? null : text;
    });
    expect(told).toContain('<h1>2 jobs cancelled</h1>');
    const [, again = ''] = /href="(\/jobs\/actions\?[^"]+)"/.exec(told) ?? [];
    const askedAgain = await pages.get(again.replaceAll('&amp;', '&'));
    expect(askedAgain.text).toContain('<h1>Run again: 2 jobs?</h1>');
    await until('they run again', async () => {
      const { location } = await pages.send('/jobs/actions', askedAgain.text);
      return (await pages.get(location)).text.includes('2 jobs put back in line') || null;
    });
    const erasing = await pages.get('/jobs/actions?action=erase&kind=reports');
    expect(erasing.text).toContain('<h1>Erase: 3 jobs?</h1>');
    await post({});
    const refused = await pages.send('/jobs/actions', erasing.text);
    expect(refused.location).toBe('/jobs/actions?action=erase&kind=reports');
    expect((await pages.get(refused.location)).text).toContain('meanwhile it is another number of jobs');
    const last = await pages.get('/jobs/actions?action=erase&kind=reports');
    const { location } = await pages.send('/jobs/actions', last.text);
    await until('they are gone', async () => (await pages.get(location)).text.includes('there is no way back') || null);
    expect((await pages.get('/jobs/actions?action=erase')).text).toContain('<h1>No job is of that sort</h1>');
    expect((await pages.get('/jobs/actions?action=burn')).status).toBe(400);
  });
});

describe('an action on many jobs', () => {
  it('another number than was expected: 409 with the count, and nothing is done', async () => {
    const ids = await Promise.all([post({}), post({}), post({ runAt: SOON })]);
    for (const wrong of [0, 2, 4]) {
      const { status, body } = await act('erase', {}, wrong);
      expect([status, body['code'], body['count']]).toEqual([409, 'conflict', 3]);
      expect(body['detail']).toBe(`3 jobs match, and ${wrong} were expected. Nothing was done.`);
    }
    expect(await Promise.all(ids.map(stateOf))).toEqual(['waiting', 'waiting', 'delayed']);
  });

  it('erases what matches, and nothing else', async () => {
    await clear();
    const [waiting, delayed, tagged, photo] = await Promise.all([
      post({}),
      post({ runAt: SOON }),
      post({ tags: ['march', 'x'] }),
      post({}, 'kari', 'images'),
    ]);
    const other = await post({ tags: ['march'] }, 'ola', 'images');
    await perform('erase', { kind: 'reports', state: 'waiting', tag: 'march' }, 1);
    expect(await Promise.all([waiting, delayed, tagged, photo, other].map(stateOf))).toEqual([
      'waiting',
      'delayed',
      404,
      'waiting',
      'waiting',
    ]);
    await perform('erase', { state: 'delayed' }, 1);
    await perform('erase', { kind: 'images' }, 1);
    await perform('erase', {}, 1);
    expect(await Promise.all([waiting, delayed, photo, other].map(stateOf))).toEqual([404, 404, 404, 'waiting']);
  });

  it('cancels what can be cancelled, runs again what was; by error, by subject and tag, by time', async () => {
    await clear();
    const first = await post({ subject: 'ola@example.no', tags: ['a'] });
    const second = await post({ subject: 'ola@example.no', tags: ['b'] });
    const third = await post({ tags: ['a'] });
    await perform('cancel', { subject: 'ola@example.no', tag: 'a' }, 1);
    expect(await Promise.all([first, second, third].map(stateOf))).toEqual(['cancelled', 'waiting', 'waiting']);
    // One that has ended is not counted among those that can be cancelled.
    await perform('cancel', {}, 2);
    // Bull keeps cancelled jobs among the failed ones.
    expect((await act('erase', { state: 'cancelled' }, 99)).body['count']).toBe(3);
    expect((await act('erase', { state: 'failed' }, 99)).body['count']).toBe(0);
    await perform('retry', { error: 'cancelled', tag: 'b' }, 1);
    expect(await Promise.all([first, second, third].map(stateOf))).toEqual(['cancelled', 'delayed', 'cancelled']);
    const { createdAt } = (await (await product.request(`/v1/jobs/${third}`)).json()) as { createdAt: string };
    await perform('erase', { createdAfter: createdAt }, 0);
    const wanted = { ids: [third, 'rep_00000000000000000000000000'], q: 'CANCELLED' };
    expect((await act('erase', wanted, 99)).body['count']).toBe(1);
    expect((await act('erase', { q: 'nowhere' }, 99)).body['count']).toBe(0);
    await perform('erase', { createdBefore: createdAt, error: 'cancelled' }, 1);
    expect(await stateOf(third)).toBe('cancelled');
  });

  it("an operator acts on everybody's jobs, or on one caller's; others on their own", async () => {
    await clear();
    const [mine, hers] = [await post({}, 'kari', 'images'), await post({}, 'ola', 'images')];
    const forbidden = await act('erase', { caller: 'ola' }, 1);
    expect([forbidden.status, forbidden.body['code']]).toEqual([403, 'forbidden']);
    const unscoped = await act('retry', { kind: 'reports' }, 0, 'ola');
    expect([unscoped.status, unscoped.body['code']]).toEqual([403, 'forbidden']);
    expect((await act('erase', {}, 2, 'operator')).status).toBe(202);
    await until('both are gone', async () => (await stateOf(mine)) === 404 && (await stateOf(hers)) === 404);
    await post({}, 'ola', 'images');
    await post({ tags: ['t'], subject: 's' }, 'kari');
    await post({ tags: ['t'], subject: 's' }, 'operator');
    await until(
      'no action is under way',
      async () => (await act('erase', { tag: 'none' }, 0, 'operator')).status === 202,
    );
    await until(
      'nor that',
      async () => (await act('erase', { subject: 's', tag: 't' }, 99, 'operator')).body['count'] === 2,
    );
    await perform('erase', { subject: 's', tag: 't' }, 2, 'operator');
    await perform('erase', { caller: 'ola', kind: 'images' }, 1, 'operator');
    await perform('erase', { caller: 'kari' }, 0);
  });

  it('a stranger learns nothing of it', async () => {
    const { body } = await act('erase', {}, 0);
    expect((await product.request(`/v1/jobs/actions/${body['id']}`, { key: KEYS.ola })).status).toBe(404);
    expect((await product.request(`/v1/jobs/actions/${body['id']}`, { key: KEYS.operator })).status).toBe(200);
    expect((await product.request('/v1/jobs/actions/act_nothing')).status).toBe(404);
    // The audit log has that it was asked for, and its end with how many it was done to.
    const entries = await until('both are entered', async () => {
      const listed = await product.request('/v1/audit?limit=100', { key: KEYS.operator });
      const { entries: all } = (await listed.json()) as { entries: Record<string, unknown>[] };
      const own = all.filter(({ target }) => String(target).endsWith(String(body['id'])));
      return own.length === 2 ? own : null;
    });
    expect(entries).toEqual([
      expect.objectContaining({ action: 'jobs.erase-end', who: 'kari', by: 'background', count: 0 }),
      expect.objectContaining({ action: 'jobs.erase', who: 'kari', by: 'key', target: body['id'] }),
    ]);
    expect((await fetch(`${product.url}/v1/jobs/actions`, { method: 'POST', body: '{' })).status).toBe(401);
  });

  it.each([
    [{}, ['/action', '/filter', '/expect']],
    [{ action: 'burn', filter: {}, expect: 1 }, ['/action']],
    [{ action: 'erase', filter: { status: 'waiting' }, expect: 1 }, ['/filter/status']],
    [
      { action: 'erase', filter: { state: 'gone', createdBefore: 'now' }, expect: 1 },
      ['/filter/state', '/filter/createdBefore'],
    ],
    [{ action: 'erase', filter: {}, expect: '1' }, ['/expect']],
    [{ action: 'erase', filter: {}, expect: -1 }, ['/expect']],
  ])('%j: refused at %j', async (body, pointers) => {
    const answer = await send('/v1/jobs/actions', body);
    expect(answer.status).toBe(400);
    expect((answer.body['errors'] as { pointer: string }[]).map(({ pointer }) => pointer)).toEqual(pointers);
  });

  it('a web process that is killed in the middle: the next one goes on, and every job is gone', async () => {
    await clear();
    const count = 900;
    const messages = Array.from({ length: 300 }, (_, n) => ({ to: `a${n}@example.no`, subject: 'x', text: 'x' }));
    for (let batch = 0; batch < count / 300; batch++) {
      expect((await send('/v1/emails/batch', { messages })).status).toBe(202);
    }
    const later = await act('erase', { kind: 'emails', state: 'waiting' }, count);
    expect(later.status).toBe(202);
    const id = later.body['id'];
    const progress = async () =>
      (await (await product.request(`/v1/jobs/actions/${id}`)).json()) as { state: string; done: number };
    await until('it is in the middle', async () => {
      const { done } = await progress();
      return done > 0 && done < count;
    });
    await product.web.stop('SIGKILL');
    await product.restartWeb();
    let ended = await progress();
    // However slow the machine is: it gets on.
    while (ended.state !== 'completed') {
      const { done } = ended;
      ended = await until(`it gets on from ${done}`, async () => {
        const seen = await progress();
        return (seen.state === 'completed' || seen.done !== done) && seen;
      });
    }
    // What was erased, and not noted, before the kill can't be counted.
    expect(ended.done).toBeLessThanOrEqual(count);
    const { jobs } = (await (await product.request('/v1/jobs')).json()) as { jobs: unknown[] };
    expect(jobs).toEqual([]);
  });
});
