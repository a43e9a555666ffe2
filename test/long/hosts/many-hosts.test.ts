import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { openBlackHole } from '../../support/fleet/black-hole.ts';
import { ALL_KINDS, ask, FLEET_KEYS, type Fleet, type FleetWeb, openFleet } from '../../support/fleet/fleet.ts';
import { startFleetLoad } from '../../support/fleet/load.ts';
import { answer } from '../../support/http/http-sink.ts';
import type { TestProcess } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

const JSON_BODY = { 'Content-Type': 'application/json' };
/** Each host has a name of its own where this process may give one. */
const named = process.getuid?.() === 0;
const seatOf = (host: string) => (named ? { host } : {});
const post = (url: string, path: string, body: object, key?: string) =>
  ask(url, path, { method: 'POST', headers: JSON_BODY, body: JSON.stringify(body), ...(key ? { key } : {}) });
const idOf = async (response: Response | Promise<Response>) => {
  const given = await response;
  const { id, ...rest } = (await given.json()) as { id?: string };
  if (!id) throw new Error(`${given.status} ${JSON.stringify(rest)}`);
  return id;
};
const report = (more: object = {}) => ({ data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] }, ...more });

describe('two hosts with a web process, two with workers of some kinds each', () => {
  let fleet: Fleet;
  let a: FleetWeb;
  let c: FleetWeb;
  const workers: TestProcess[] = [];
  beforeAll(async () => {
    fleet = await openFleet();
    [a, c] = [await fleet.startWeb(seatOf('host-a')), await fleet.startWeb(seatOf('host-c'))];
    workers.push(
      await fleet.startWorker(['images', 'reports'], seatOf('host-b')),
      await fleet.startWorker(['emails', 'webhooks', 'calls'], seatOf('host-d')),
      await fleet.startWorker(['calls'], seatOf('host-b')),
    );
  }, 300_000);
  afterAll(() => fleet?.close());

  const stateOf = async (url: string, id: string) =>
    ((await (await ask(url, `/v1/jobs/${id}`)).json()) as { state: string }).state;
  const reaches = (url: string, id: string, state: string) =>
    until(`${id} is ${state}`, async () => (await stateOf(url, id)) === state, { timeoutMs: 60_000 });
  /** Makes a key with limits by the command line. */
  const makeKey = async (...args: string[]) => {
    const made = fleet.start(['bin/heavylift.ts', 'keys', 'create', ...args]);
    expect(await made.exited).toBe(0);
    const [key] = /hl_\S+|[A-Za-z0-9_-]{24,}/.exec(made.output()) ?? [];
    return String(key);
  };

  it('an upload at one, its job posted at the other and made on a third: events at the first, the result from each', async () => {
    const body = await sharp({ create: { width: 300, height: 200, channels: 3, background: '#27507c' } })
      .jpeg()
      .toBuffer();
    const sent = { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body: new Uint8Array(body) };
    const upload = await idOf(ask(a.url, '/v1/uploads?name=a.jpg', sent));
    const id = await idOf(
      post(c.url, '/v1/images', {
        source: { upload },
        width: 60,
        format: 'webp',
        callbackUrl: `${fleet.sink.url}/hook`,
      }),
    );
    const events = await (await ask(a.url, `/v1/jobs/${id}/events`)).text();
    expect(events).toContain('"state":"completed"');
    const results = await Promise.all([a, c].map(async ({ url }) => (await ask(url, `/v1/jobs/${id}/result`)).bytes()));
    expect(results[0]).toEqual(results[1]);
    expect(await sharp(results[0]).metadata()).toMatchObject({ width: 60, format: 'webp' });
    await until('its webhook came once', () => fleet.sink.requests.filter(({ path }) => path === '/hook').length === 1);
    const mailed = await idOf(
      post(a.url, '/v1/emails', {
        to: 'kari@example.no',
        subject: 'x',
        text: 'x',
        attachments: [{ filename: 'a.webp', job: id }],
      }),
    );
    await reaches(c.url, mailed, 'completed');
    expect(fleet.smtp.mails).toHaveLength(1);
  }, 120_000);

  it('a call that runs is cancelled from the other host: its connection ends', async () => {
    let ended = false;
    fleet.sink.script = (res, { path }) => {
      if (path !== '/hang') answer(200)(res, {} as never);
      else res.socket?.once('close', () => (ended = true));
    };
    const id = await idOf(post(a.url, '/v1/calls', { url: `${fleet.sink.url}/hang`, json: {} }));
    await reaches(c.url, id, 'active');
    await until('it has arrived', () => fleet.sink.requests.some(({ path }) => path === '/hang'));
    expect((await ask(c.url, `/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBeLessThan(300);
    await reaches(a.url, id, 'cancelled');
    await until('nobody waits for it any more', () => ended);
  }, 120_000);

  it('requests at both count together in a rate, and waiting jobs of both in a quota', async () => {
    const rated = await makeKey('rated', '--scopes', 'reports', '--rate', '10/600');
    const statuses: number[] = [];
    for (let turn = 0; turn < 12; turn += 1)
      statuses.push((await post((turn % 2 === 0 ? a : c).url, '/v1/reports', report(), rated)).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 202), 429, 429]);
    const few = await makeKey('few', '--scopes', 'reports', '--max-waiting', '4');
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const taken: number[] = [];
    for (let turn = 0; turn < 6; turn += 1)
      taken.push((await post((turn % 2 === 0 ? a : c).url, '/v1/reports', report({ runAt }), few)).status);
    expect(taken).toEqual([202, 202, 202, 202, 429, 429]);
  }, 120_000);

  it('calls of one rate: two at a time over the workers of both hosts', async () => {
    let open = 0;
    let most = 0;
    fleet.sink.script = (res) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        answer(200)(res, {} as never);
      }, 200);
    };
    const rate = { key: 'an-api', concurrency: 2 };
    const ids = await Promise.all(
      Array.from({ length: 16 }, (_, turn) =>
        idOf(post((turn % 2 === 0 ? a : c).url, '/v1/calls', { url: `${fleet.sink.url}/slow`, json: {}, rate })),
      ),
    );
    for (const id of ids) await reaches(a.url, id, 'completed');
    expect(most).toBe(2);
    expect(fleet.sink.requests.filter(({ path }) => path === '/slow')).toHaveLength(16);
  }, 180_000);

  it('the first screen of each lists all hosts, with what runs there and its version', async () => {
    for (const { url } of [a, c]) {
      const hosts = await until('all hosts are listed', async () => {
        const page = await (await ask(url, '/admin', { key: FLEET_KEYS.operator })).text();
        const [, list = ''] = /Hosts, and what runs there([\s\S]*?)<\/dl>/.exec(page) ?? [];
        const text = list.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
        if (!named) return text;
        return ['host-a', 'host-b', 'host-c', 'host-d'].every((host) => text.includes(host)) && text;
      });
      const version = /[0-9a-f]{12}\+checkout|\d+\.\d+\.\d+/.source;
      if (!named) continue;
      expect(hosts).toMatch(new RegExp(`host-a web; version (?:${version})`));
      expect(hosts).toMatch(/host-b images, reports, calls; version/);
      expect(hosts).toMatch(/host-d emails, webhooks, calls; version/);
    }
  }, 60_000);
});

/** So many mails in so many seconds, over all hosts. */
const RATE = { count: 10, seconds: 3 };
const MAILS = 40;

it('mails of two hosts keep one rate together; the death of a host in the middle sends none twice', async () => {
  const fleet = await openFleet({ EMAILS_RATE: `${RATE.count}/${RATE.seconds}` });
  try {
    const { url } = await fleet.startWeb(seatOf('host-a'));
    const [dying, other] = [
      await fleet.startWorker(['emails'], seatOf('host-b')),
      await fleet.startWorker(['emails'], seatOf('host-d')),
    ];
    const begunAt = performance.now();
    const ids = await Promise.all(
      Array.from({ length: MAILS }, (_, turn) =>
        idOf(post(url, '/v1/emails', { to: `m${turn}@example.net`, subject: `m${turn}`, text: 'x' })),
      ),
    );
    await until('half of them have left', () => fleet.smtp.mails.length >= MAILS / 2, { timeoutMs: 120_000 });
    await dying.stop('SIGKILL');
    const unknown: string[] = [];
    for (const id of ids) {
      const job = await until(
        `${id} has ended`,
        async () => {
          const read = (await (await ask(url, `/v1/jobs/${id}`)).json()) as {
            state: string;
            result?: { state?: string };
          };
          if (read.state !== 'completed') throw new Error(JSON.stringify(read));
          return read;
        },
        { timeoutMs: 120_000 },
      );
      if (job.result?.state === 'unknown') unknown.push(id);
    }
    // No more than the rate in each of its windows, whoever sends.
    const tookMs = performance.now() - begunAt;
    expect(tookMs).toBeGreaterThan((MAILS / RATE.count - 1) * RATE.seconds * 1000 - 500);
    const times = Object.values(Object.groupBy(fleet.smtp.mails, ({ to }) => String(to))).map(
      (all) => all?.length ?? 0,
    );
    expect(times.filter((count) => count > 1)).toEqual([]);
    expect(times.length).toBeGreaterThanOrEqual(MAILS - unknown.length);
    const [here, there] = [dying, other].map((one) => one.output().split('job completed').length - 1);
    process.stdout.write(
      `mails of two hosts: ${here} and ${there}, ${unknown.length} unknown, ${Math.round(tookMs)} ms\n`,
    );
    expect(Math.min(Number(here), Number(there))).toBeGreaterThan(0);
  } finally {
    await fleet.close();
  }
}, 300_000);

/** As long as a network of others needs to be mended. */
const CUT_OFF_MS = 60_000;

it('a host whose Redis can not be reached for a minute, without a connection ending: its jobs run elsewhere, nothing is lost or doubled, and it comes back', async () => {
  const fleet = await openFleet();
  const hole = await openBlackHole(fleet.redisPort);
  try {
    const cutOff = { ...seatOf('host-b'), env: { REDIS_URL: `redis://127.0.0.1:${hole.port}` } };
    const [well, cut] = [await fleet.startWeb(seatOf('host-a')), await fleet.startWeb(cutOff)];
    const cutWorker = await fleet.startWorker(ALL_KINDS, cutOff);
    const long = await postLongCalls(fleet, well.url);
    const workers = [await fleet.startWorker(ALL_KINDS, seatOf('host-a')), cutWorker];
    const load = await startFleetLoad(fleet, { webs: () => [well.url, cut.url] });
    await until('both hosts work', () => workers.every((one) => one.output().includes('job completed')), {
      timeoutMs: 60_000,
    });
    hole.swallow();
    const begunAt = performance.now();
    const answers: { status: number; code: string; ms: number }[] = [];
    while (performance.now() - begunAt < CUT_OFF_MS) {
      const askedAt = performance.now();
      const given = await post(cut.url, '/v1/reports', report());
      const { code } = (await given.json()) as { code: string };
      answers.push({ status: given.status, code, ms: performance.now() - askedAt });
      await delay(500);
    }
    const meanwhile = load.posted.length;
    hole.release();
    const backAt = performance.now();
    await until('its web process is ready', async () => (await fetch(`${cut.url}/readyz`)).ok, { timeoutMs: 60_000 });
    const readyMs = Math.round(performance.now() - backAt);
    const done = cutWorker.output().split('job completed').length;
    await until('its worker works', () => cutWorker.output().split('job completed').length > done, {
      timeoutMs: 60_000,
    });
    const workedMs = Math.round(performance.now() - backAt);
    await load.stop();
    const { refused, lost, wrong, doubled, silent, ...counts } = await load.account();
    const again = doubled.filter((line) => line.endsWith('by call'));
    // What had been sent as the network went away is asked for again for ten seconds before it is called unknown.
    const unknown = answers.filter(({ code }) => code === 'outcome_unknown').length;
    const slowest = Math.round(
      Math.max(...answers.filter(({ code }) => code !== 'outcome_unknown').map(({ ms }) => ms)),
    );
    const statuses = [...new Set(answers.map(({ status }) => status))];
    const facts = { ...counts, meanwhile, refusals: answers.length, unknown, slowest, readyMs, workedMs, again };
    process.stdout.write(`cut off for a minute: ${JSON.stringify(facts)}\n`);
    const twice = doubled.filter((line) => !again.includes(line));
    expect({ refused, lost, wrong, twice, silent }).toEqual({
      refused: [],
      lost: [],
      wrong: [],
      twice: [],
      silent: [],
    });
    expect(statuses).toEqual([503]);
    expect(unknown).toBeLessThanOrEqual(1);
    for (const one of workers) expect(one.output()).not.toContain('a fault of ours');
    // The calls that ran there were sent again from the other host, and stopped.
    for (const id of long) {
      expect(await (await ask(well.url, `/v1/jobs/${id}`)).json()).toMatchObject({ state: 'completed' });
      expect(fleet.sink.requests.filter(({ headers }) => headers['idempotency-key'] === id)).toHaveLength(2);
      expect([linesOf(cutWorker, id, 'it stops'), linesOf(cutWorker, id, 'job completed')]).toEqual([1, 0]);
    }
  } finally {
    await fleet.close();
    await hole.close();
  }
}, 600_000);

/** Posts calls whose first attempt gets no answer, and waits until all have been sent; their ids. */
async function postLongCalls({ sink }: Fleet, url: string): Promise<string[]> {
  const usual = sink.script;
  sink.script = (res, request) => {
    const isFirst = request.headers['x-attempt'] === '1';
    if (!request.path.startsWith('/long') || !isFirst) usual(res, request);
  };
  const body = { url: `${sink.url}/long`, json: {}, timeout: '5m' };
  const ids = await Promise.all(Array.from({ length: 10 }, () => idOf(post(url, '/v1/calls', body))));
  const arrived = () => new Set(sink.requests.map(({ headers }) => headers['idempotency-key']));
  await until('all are sent', () => ids.every((id) => arrived().has(id)), { timeoutMs: 60_000 });
  return ids;
}

/** How many lines of a worker's log say that of a job. */
const linesOf = (worker: TestProcess, id: string, text: string): number =>
  worker
    .output()
    .split('\n')
    .filter((line) => line.includes(id) && line.includes(text)).length;
