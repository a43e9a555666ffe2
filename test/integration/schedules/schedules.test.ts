import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import {
  memberOf,
  scheduleDueKey,
  scheduleKey,
  scheduleLookKey,
  scheduleRunsKey,
} from '../../../src/schedules/keys.ts';
import { pauseSchedules } from '../../../src/schedules/store.ts';
import { nextTimes } from '../../../src/schedules/times/next-times.ts';
import { runCli } from '../../support/cli.ts';
import { answer, createSinks } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
const sinks = createSinks(answer(204));

beforeAll(async () => {
  product = await startProduct({
    kinds: [['emails', 'flows', 'webhooks']],
    env: { EMAILS_FROM: 'shop@example.no', MAX_SCHEDULES_PER_CALLER: '10', WEBHOOKS_ALLOW: '127.0.0.1' },
  });
}, 60_000);
afterAll(async () => {
  await sinks.close();
  await product?.close();
});

interface Run {
  scheduledAt: string;
  until: string | null;
  outcome: string;
  byHand: boolean;
  kind: string;
  job: string | null;
  state: string | null;
  error: { code: string; detail: string } | null;
}

interface Schedule {
  name: string;
  version: number;
  cron: string;
  paused: boolean;
  pausedReason: string | null;
  next: string[];
  last: Run | null;
  trying: { scheduledAt: string; code: string } | null;
  refusals: number;
  job?: { input: object };
}

const MAIL = {
  to: 'kari@example.no',
  subject: 'Report of {{ previousMonth }}, to {{previousDay}}',
  text: 'Made {{scheduledAt}}. {{other}}',
};
/** The sixth of each month, six in the morning. */
const MONTHLY = { cron: '0 6 6 * *', timeZone: 'Europe/Oslo', job: { kind: 'emails', input: MAIL } };

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}, key?: string) =>
  product.request(`/v1/schedules${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(key === undefined ? {} : { key }),
  });
const read = async <Answer = Schedule>(path: string): Promise<Answer> =>
  (await (await send('GET', path)).json()) as Answer;
const runsOf = async (name: string): Promise<Run[]> => (await read<{ runs: Run[] }>(`/${name}/runs`)).runs;
const put = async (name: string, body: object): Promise<Schedule> => {
  const answer = await send('PUT', `/${name}`, body);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Schedule;
};
const refused = async (body: object, path = '/refused') => {
  const answer = await send('PUT', path, body);
  const { code, errors, detail } = (await answer.json()) as { code: string; errors?: object[]; detail: string };
  return { status: answer.status, code, errors, detail };
};

/** Has the schedule be as if that time had come and nothing had run since. */
async function makeDue(name: string, dueMs: number, caller = 'kari'): Promise<void> {
  const redis = product.redis.client();
  const member = memberOf(caller, name);
  await redis.hset(scheduleKey(caller, name), 'due', dueMs);
  await redis.zadd(scheduleDueKey(), dueMs, member);
  await redis.zadd(scheduleLookKey(), dueMs, member);
}

/** The last time of a schedule before now: it is missed where that is more than a minute ago. */
async function timesBefore(schedule: { cron: string; timeZone: string }, count: number): Promise<number[]> {
  const times = await nextTimes(schedule, Date.now() - 400 * 86_400_000, 100);
  return times.filter((time) => time < Date.now()).slice(-count);
}

const iso = (ms: number | undefined) => new Date(ms ?? 0).toISOString();
const jobsOf = async (name: string, more = '', key: string = KEYS.kari) => {
  const answer = await product.request(`/v1/jobs?schedule=${name}&limit=100${more}`, { key });
  const { jobs } = (await answer.json()) as { jobs: { id: string; schedule: { name: string; scheduledAt: string } }[] };
  return jobs;
};

describe('a schedule', () => {
  it('is put, shown, changed under its ETag, listed and removed, and belongs to its key', async () => {
    const made = await send('PUT', '/monthly', MONTHLY);
    expect([made.status, made.headers.get('location')]).toEqual([201, '/v1/schedules/monthly']);
    const body = (await made.json()) as Schedule;
    expect(body).toMatchObject({
      ...{ name: 'monthly', version: 1, cron: '0 6 6 * *', timeZone: 'Europe/Oslo', missed: 'once', kind: 'emails' },
      ...{ paused: false, pausedReason: null, pausedAt: null, last: null, trying: null, refusals: 0, job: MONTHLY.job },
      next: (await nextTimes(MONTHLY, Date.now(), 5)).map(iso),
    });
    const again = await send('PUT', '/monthly', MONTHLY);
    expect([again.status, ((await again.json()) as Schedule).version]).toEqual([200, 1]);
    const etag = String(made.headers.get('etag'));
    const other = { ...MONTHLY, cron: '0 7 6 * *' };
    const changed = await send('PUT', '/monthly', other, { 'If-Match': etag });
    expect([changed.status, ((await changed.json()) as Schedule).version]).toEqual([200, 2]);
    expect((await send('PUT', '/monthly', MONTHLY, { 'If-Match': etag })).status).toBe(412);
    expect((await send('PUT', '/monthly', MONTHLY, { 'If-None-Match': '*' })).status).toBe(412);
    expect((await read<{ schedules: Schedule[] }>('')).schedules).toMatchObject([
      { name: 'monthly', cron: '0 7 6 * *' },
    ]);
    expect((await send('GET', '/monthly', undefined, {}, KEYS.ola)).status).toBe(404);
    expect((await send('GET', '/monthly', undefined, {}, KEYS.operator)).status).toBe(404);
    expect((await send('DELETE', '/monthly', undefined, { 'If-Match': etag })).status).toBe(412);
    expect((await send('DELETE', '/monthly')).status).toBe(204);
    expect((await send('GET', '/monthly')).status).toBe(404);
    expect((await send('DELETE', '/monthly')).status).toBe(404);
  });

  it('is refused with all that is wrong with its times, and with its job or flow as their routes refuse them', async () => {
    expect(await refused({ ...MONTHLY, cron: '0 6 31 2 *', timeZone: 'Europe/Olso' })).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/cron', detail: expect.stringContaining('never comes') },
        { pointer: '/timeZone', detail: expect.stringContaining('did you mean Europe/Oslo?') },
      ],
    });
    expect(await refused({ cron: '@daily' })).toMatchObject({ detail: 'must have either job or flow.' });
    const mail = (changes: object) => ({ ...MONTHLY, job: { kind: 'emails', input: { ...MAIL, ...changes } } });
    expect(await refused(mail({ to: 'nobody' }))).toMatchObject({ errors: [{ pointer: '/job/input/to' }] });
    expect(await refused(mail({ runAt: '2027-01-01T00:00:00Z' }))).toMatchObject({
      errors: [{ pointer: '/job/input/runAt', detail: expect.stringContaining('each run begins at its own') }],
    });
    expect(await refused({ ...MONTHLY, job: { kind: 'webhooks', input: {} } })).toMatchObject({
      errors: [{ pointer: '/job/kind', detail: 'must be images, reports, emails, calls' }],
    });
    const flow = { steps: [{ name: 'mail', kind: 'emails', input: { ...MAIL, to: 'x' } }] };
    expect(await refused({ cron: '@daily', flow })).toMatchObject({ errors: [{ pointer: '/flow/steps/0/input/to' }] });
    expect(await refused({ cron: '@daily', flow: { steps: [] } })).toMatchObject({
      errors: [{ pointer: '/flow/steps' }],
    });
    expect(await refused(mail({ text: 'x'.repeat(100_001) }))).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    });
    expect(await refused(mail({ brand: 'none' }))).toMatchObject({ errors: [{ pointer: '/job/input/brand' }] });
    expect(await refused(MONTHLY, '/No')).toMatchObject({ errors: [{ pointer: '/name' }] });
    const byOla = await send('PUT', '/monthly', MONTHLY, {}, KEYS.ola);
    expect([byOla.status, ((await byOla.json()) as { code: string }).code]).toEqual([403, 'forbidden']);
    for (let count = 0; count < 10; count += 1) await put(`many-${count}`, { ...MONTHLY, paused: true });
    expect(await refused(MONTHLY)).toMatchObject({ status: 409, detail: expect.stringContaining('10 schedules') });
    for (let count = 0; count < 10; count += 1) await send('DELETE', `/many-${count}`);
  });

  it('runs by hand for a time, twice the same job, with the values of that time in its texts alone', async () => {
    await put('hand', MONTHLY);
    const first = await send('POST', '/hand/run', { scheduledAt: '2026-12-01T06:00:00+01:00' });
    const job = (await first.json()) as { id: string; facts: { subject: string }; schedule: object };
    expect([first.status, first.headers.get('location')]).toEqual([202, `/v1/jobs/${job.id}`]);
    expect(job).toMatchObject({
      facts: { subject: 'Report of 2026-11, to 2026-11-30' },
      schedule: { name: 'hand', scheduledAt: '2026-12-01T05:00:00.000Z' },
    });
    const again = await send('POST', '/hand/run', { scheduledAt: '2026-12-01T05:00:00Z' });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(((await again.json()) as { id: string }).id).toBe(job.id);
    await product.jobReaches(job.id, 'completed');
    const mails = await (await product.request(`/inbox/${job.id}`, { headers: { Accept: 'text/html' } })).text();
    expect(mails).not.toContain('{{scheduledAt}}');
    expect(await runsOf('hand')).toMatchObject([
      { byHand: true, job: job.id, state: 'completed', outcome: 'accepted' },
    ]);
    expect((await send('POST', '/hand/run', { scheduledAt: '1990-01-01T00:00:00Z' })).status).toBe(400);
    const now = await send('POST', '/hand/run');
    const { id } = (await now.json()) as { id: string };
    expect([now.status, id]).toEqual([202, expect.not.stringMatching(job.id)]);
    // What was run for times to come takes no room from what is over, and is not the last that was done.
    const ahead = Array.from({ length: 150 }, (_, place) => Date.now() + (place + 1) * 86_400_000);
    const entries = ahead.flatMap((ms) => [
      ms,
      JSON.stringify({ scheduledMs: ms, atMs: 0, outcome: 'accepted', job: 'x' }),
    ]);
    await product.redis.client().hset(scheduleRunsKey('kari', 'hand'), entries);
    const later = (await (await send('POST', '/hand/run', { scheduledAt: iso(Date.now()) })).json()) as { id: string };
    expect((await read('/hand')).last?.job).toBe(later.id);
    expect((await read<{ runs: Run[] }>('/hand/runs?limit=3')).runs.map((run) => run.job)).toEqual([
      later.id,
      id,
      job.id,
    ]);
    await send('DELETE', '/hand');
  });

  it('has its jobs listed, linked, counted and erased by its name and its key', async () => {
    const tagged = { ...MONTHLY, job: { kind: 'emails', input: { ...MAIL, tags: ['third'] } } };
    const ids: string[] = [];
    for (const [index, body] of [MONTHLY, MONTHLY, tagged].entries()) {
      await put('listed', body);
      const run = await send('POST', '/listed/run', { scheduledAt: `2026-1${index}-01T06:00:00Z` });
      ids.unshift(((await run.json()) as { id: string }).id);
      await product.jobReaches(ids[0] as string, 'completed');
    }
    const found = async (...asked: Parameters<typeof jobsOf>) => (await jobsOf(...asked)).map(({ id }) => id);
    expect(await found('listed')).toEqual(ids);
    expect(await found('listed', '&tag=third')).toEqual(ids.slice(0, 1));
    expect(await found('listed', '&state=completed&kind=emails')).toEqual(ids);
    expect(await found('listed', '', KEYS.operator)).toEqual(ids);
    expect([await found('other'), await found('listed', '', KEYS.ola)]).toEqual([[], []]);
    for (const beside of ['subject=x', `flow=flw_${'0'.repeat(26)}`, `batch=bat_${'0'.repeat(26)}`]) {
      const { errors } = (await (await product.request(`/v1/jobs?schedule=listed&${beside}`)).json()) as {
        errors: object[];
      };
      expect(errors).toEqual([{ pointer: '/schedule', detail: 'must not stand beside batch, flow or subject' }]);
    }
    const page = async (path: string) => (await product.request(path, { headers: { Accept: 'text/html' } })).text();
    expect(await page(`/jobs/${ids[0]}`)).toContain('<dt>Schedule</dt><dd><a href="/schedules/listed">listed</a>');
    expect(await page('/schedules/listed')).toContain('<a href="/jobs?schedule=listed">');
    expect(await page('/jobs?schedule=listed')).toContain('<li>schedule listed <a href="/jobs">');
    expect(await page('/jobs/actions?action=erase&schedule=listed&tag=third')).toMatch(
      /Erase: 1 job\?[\s\S]*Schedule: listed/,
    );
    await product.request(`/v1/jobs/${ids[0]}`, { method: 'DELETE' });
    expect(await found('listed')).toEqual(ids.slice(1));
    await send('DELETE', '/listed');
  });

  it('makes up for the last time that was missed, or for none, and tells which were', async () => {
    const times = await timesBefore(MONTHLY, 3);
    await put('once', MONTHLY);
    await put('skip', { ...MONTHLY, missed: 'skip' });
    await makeDue('once', times[0] as number);
    await makeDue('skip', times[0] as number);
    await until('both have looked', async () => (await runsOf('once')).length > 1 && (await runsOf('skip')).length > 0);
    expect(await runsOf('once')).toMatchObject([
      { scheduledAt: iso(times[2]), outcome: 'accepted', byHand: false, error: null },
      { scheduledAt: iso(times[0]), until: iso(times[1]), outcome: 'missed', error: { code: 'missed' } },
    ]);
    expect(await runsOf('skip')).toMatchObject([
      { scheduledAt: iso(times[0]), until: iso(times[2]), outcome: 'missed' },
    ]);
    expect((await read('/once')).next[0]).toBe(iso((await nextTimes(MONTHLY, Date.now(), 1))[0]));
    expect([(await jobsOf('once')).length, (await jobsOf('skip')).length]).toEqual([1, 0]);
    for (const name of ['once', 'skip']) await send('DELETE', `/${name}`);
  });

  it('runs a time once, with two web processes and after a death between the job and its note', async () => {
    const other = await product.startOtherWeb();
    const [time = 0] = await timesBefore(MONTHLY, 1);
    await put('twice', MONTHLY);
    // As it is where a process died when the job was accepted.
    const byHand = (await (await send('POST', '/twice/run', { scheduledAt: iso(time) })).json()) as { id: string };
    for (let round = 0; round < 3; round += 1) {
      await makeDue('twice', time);
      await until('it is moved on', async () => Date.parse((await read('/twice')).next[0] ?? '') > Date.now());
    }
    expect((await jobsOf('twice')).map(({ id }) => id)).toEqual([byHand.id]);
    await product.jobReaches(byHand.id, 'completed');
    expect((await product.request(`/v1/jobs/${byHand.id}`, { method: 'DELETE' })).status).toBe(204);
    await makeDue('twice', time);
    await until('it is moved on', async () => Date.parse((await read('/twice')).next[0] ?? '') > Date.now());
    expect(await jobsOf('twice')).toEqual([]);
    for (let count = 0; count < 9; count += 1) await put(`many-${count}`, MONTHLY);
    for (let count = 0; count < 9; count += 1) await makeDue(`many-${count}`, time);
    await until('all have run', async () => {
      const { schedules } = await read<{ schedules: Schedule[] }>('');
      return schedules.every(({ last }) => last?.outcome === 'accepted');
    });
    for (let count = 0; count < 9; count += 1) {
      expect((await jobsOf(`many-${count}`)).length).toBe(1);
      await send('DELETE', `/many-${count}`);
    }
    await send('DELETE', '/twice');
    await other.web.stop('SIGKILL');
  });

  it('goes on while what it runs is refused, and says why; a pause misses nothing', async () => {
    await product.request('/v1/brands/shop', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ senderName: 'Shop' }),
    });
    const body = { ...MONTHLY, job: { kind: 'emails', input: { ...MAIL, brand: 'shop' } } };
    await put('brand', body);
    await product.request('/v1/brands/shop', { method: 'DELETE' });
    const [time = 0] = await timesBefore(MONTHLY, 1);
    await makeDue('brand', time);
    await until('it was refused', async () => (await read('/brand')).refusals === 1);
    expect(await read('/brand')).toMatchObject({
      ...{ paused: false, trying: null },
      last: { outcome: 'refused', job: null, error: { code: 'invalid_request' } },
    });
    const paused = await put('brand', { ...MONTHLY, paused: true });
    expect(paused).toMatchObject({ paused: true, pausedReason: 'owner', next: [], refusals: 0 });
    const resumed = await put('brand', { ...MONTHLY, paused: false });
    expect(resumed.next[0]).toBe(iso((await nextTimes(MONTHLY, Date.now(), 1))[0]));
    await send('DELETE', '/brand');
  });

  it('is tried again where there is no room, and says why', async () => {
    const env = { REDIS_URL: product.redis.url, DATA_DIR: product.dir };
    const small = ['--scopes', 'emails', '--max-waiting', '1'];
    const { stdout } = await runCli(env, 'keys', 'create', 'small', ...small);
    const key = /hl_\S+/.exec(stdout)?.[0];
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const waiting = await product.request('/v1/emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...MAIL, runAt }),
      ...(key === undefined ? {} : { key }),
    });
    const { id } = (await waiting.json()) as { id: string };
    const [time = 0] = await timesBefore(MONTHLY, 1);
    expect((await send('PUT', '/crowded', MONTHLY, {}, key)).status).toBe(201);
    const show = async () => (await (await send('GET', '/crowded', undefined, {}, key)).json()) as Schedule;
    await makeDue('crowded', time, 'small');
    await until('it has been tried', async () => (await show()).trying !== null);
    expect(await show()).toMatchObject({ trying: { scheduledAt: iso(time), code: 'quota_exceeded' }, last: null });
    // One whose timing is changed, or that is paused, gives that time up: it is missed, and for what.
    const missed = { scheduledAt: iso(time), outcome: 'missed', job: null, error: { code: 'quota_exceeded' } };
    for (const change of [{ cron: '0 7 6 * *' }, { paused: true }]) {
      expect((await send('PUT', '/crowded', { ...MONTHLY, ...change }, {}, key)).status).toBe(200);
      expect(await show()).toMatchObject({ trying: null, last: missed });
      expect((await send('PUT', '/crowded', { ...MONTHLY, paused: false }, {}, key)).status).toBe(200);
      await product.redis.client().del(scheduleRunsKey('small', 'crowded'));
      await makeDue('crowded', time, 'small');
      await until('it has been tried', async () => (await show()).trying !== null);
    }
    expect(await pauseSchedules(product.redis.client(), 'small', 'forbidden')).toBe(1);
    expect(await show()).toMatchObject({ trying: null, paused: true, last: missed });
    expect((await send('PUT', '/crowded', { ...MONTHLY, paused: false }, {}, key)).status).toBe(200);
    await product.redis.client().del(scheduleRunsKey('small', 'crowded'));
    await makeDue('crowded', time, 'small');
    await until('it has been tried', async () => (await show()).trying !== null);
    await product.request(`/v1/jobs/${id}`, { method: 'DELETE', ...(key === undefined ? {} : { key }) });
    const changed = { ...MONTHLY, job: { kind: 'emails', input: { ...MAIL, text: 'Now there is room.' } } };
    expect((await send('PUT', '/crowded', changed, {}, key)).status).toBe(200);
    await until('it has run', async () => (await show()).last?.outcome === 'accepted');
    expect(await show()).toMatchObject({ trying: null, last: { scheduledAt: iso(time) } });
    await send('DELETE', '/crowded', undefined, {}, key);
  });

  it('is paused where its key may not post what it runs any more, and the endpoints of the key hear of all that is not run', async () => {
    const store = createKeyStore(product.redis.client());
    const facts = { name: 'clock', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-clock'), scopes: ['emails'] });
    expect((await send('PUT', '/night', MONTHLY, {}, 'first-key-of-clock')).status).toBe(201);
    await store.remove('clock');
    await store.add({ ...facts, digest: sha256('second-key-of-clock'), scopes: ['images'] });
    expect((await send('POST', '/night/run', {}, {}, 'second-key-of-clock')).status).toBe(403);
    const sink = await sinks.open();
    const listens = await product.request('/v1/webhook-endpoints/all', {
      ...{ method: 'PUT', key: 'second-key-of-clock', headers: { 'Content-Type': 'application/json' } },
      body: JSON.stringify({ url: sink.url, events: ['schedule.missed', 'schedule.refused', 'schedule.paused'] }),
    });
    expect(listens.status).toBe(201);
    const times = await timesBefore(MONTHLY, 3);
    await makeDue('night', times[0] as number, 'clock');
    await until('all three came', async () => sink.requests.length >= 3);
    const show = async () =>
      (await (await send('GET', '/night', undefined, {}, 'second-key-of-clock')).json()) as Schedule;
    await until('it is paused', async () => (await show()).paused);
    expect(await show()).toMatchObject({
      ...{ pausedReason: 'forbidden', next: [], refusals: 1 },
      last: { scheduledAt: iso(times[2]), outcome: 'refused', error: { code: 'forbidden' } },
    });
    const told = sink.requests.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    const about = { name: 'night', kind: 'emails' };
    const scope = { code: 'forbidden', detail: expect.stringContaining('lacks the scope "emails"') };
    expect(told.sort((one, other) => (one.type < other.type ? -1 : 1))).toMatchObject([
      {
        type: 'schedule.missed',
        data: { ...about, scheduledAt: iso(times[0]), until: iso(times[1]), error: { code: 'missed' } },
      },
      {
        type: 'schedule.paused',
        data: {
          ...{ ...about, scheduledAt: null, until: null },
          error: { code: 'forbidden', detail: 'It is paused: its key may not post what it runs any more.' },
        },
      },
      { type: 'schedule.refused', data: { ...about, scheduledAt: iso(times[2]), until: null, error: scope } },
    ]);
  });

  it('is paused with its key, and holds the uploads that it names', async () => {
    const uploaded = await product.request('/v1/uploads?name=terms.pdf', {
      method: 'POST',
      headers: { 'Content-Type': 'application/pdf' },
      body: '%PDF-1.4 nothing',
    });
    const { id: upload } = (await uploaded.json()) as { id: string };
    const heldBy = async () =>
      ((await (await product.request(`/v1/uploads/${upload}`)).json()) as { heldBy: string[] }).heldBy;
    const attachments = [{ filename: 'terms.pdf', upload }];
    await put('held', { ...MONTHLY, job: { kind: 'emails', input: { ...MAIL, attachments } } });
    expect(await heldBy()).toEqual(['schedule:held']);
    await put('held', MONTHLY);
    const env = { REDIS_URL: product.redis.url, DATA_DIR: product.dir };
    const made = await runCli(env, 'keys', 'create', 'temp', '--scopes', 'emails');
    const key = /hl_\S+/.exec(made.stdout)?.[0];
    expect((await send('PUT', '/theirs', MONTHLY, {}, key)).status).toBe(201);
    await runCli(env, 'keys', 'revoke', 'temp');
    expect(await product.redis.client().hget(scheduleKey('temp', 'theirs'), 'pausedReason')).toBe('key_revoked');
    expect(await product.redis.client().zscore(scheduleDueKey(), memberOf('temp', 'theirs'))).toBeNull();
    await send('DELETE', '/held');
  });
});
