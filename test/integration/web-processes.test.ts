import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { randomKey, sha256 } from '../../src/keys/keyring.ts';
import { createKeyStore } from '../../src/keys/store.ts';
import { sendSlowly } from '../support/http/steady-load.ts';
import type { TestProcess } from '../support/processes.ts';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';

const MAX_QUEUE_DEPTH = 10;

let product: Product;
let other: TestProcess;
let urls: [string, string];

beforeAll(async () => {
  product = await startProduct({ env: { MAX_QUEUE_DEPTH: String(MAX_QUEUE_DEPTH) } });
  const { url, web } = await product.startOtherWeb();
  urls = [product.url, url];
  other = web;
});
afterAll(() => product.close());

/** Asks so many times, one process and the other in turn, all at once. */
const askBoth = (count: number, path: string, init: RequestInit) =>
  Promise.all(Array.from({ length: count }, (_, index) => fetch(`${urls[index % 2]}${path}`, init)));
const asKari = { Authorization: `Bearer ${KEYS.kari}` };
const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { ...asKari, 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const mail = { to: 'kari@example.no', subject: 'Hei', text: 'Hei!' };
const signIn = async (url: string) => {
  const body = new URLSearchParams({ key: KEYS.kari });
  const answer = await fetch(`${url}/login`, { method: 'POST', body, redirect: 'manual' });
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
};

describe('two web processes', () => {
  it('the same Idempotency-Key sent to both at once: one job', async () => {
    const answers = await askBoth(8, '/v1/emails', post(mail, { 'Idempotency-Key': 'both' }));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { id: string }).id));
    expect(new Set(ids).size).toBe(1);
  });

  it('MAX_QUEUE_DEPTH: as many jobs as it says, whoever takes them', async () => {
    const answers = await askBoth(
      3 * MAX_QUEUE_DEPTH,
      '/v1/reports',
      post({ template: 'document', data: { title: 'T', blocks: [] } }),
    );
    const taken = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 503);
    expect([taken.length, refused.length]).toEqual([MAX_QUEUE_DEPTH, 2 * MAX_QUEUE_DEPTH]);
    expect(await refused[0]?.json()).toMatchObject({ code: 'queue_full' });
  });

  it('a session that one began is known to the other, and ends in both at once', async () => {
    const cookie = await signIn(urls[0]);
    const jobs = (url: string) =>
      fetch(`${url}/jobs`, { headers: { cookie, accept: 'text/html' }, redirect: 'manual' });
    expect((await Promise.all(urls.map(jobs))).map(({ status }) => status)).toEqual([200, 200]);
    const signOut = {
      method: 'POST',
      headers: { cookie, 'Sec-Fetch-Site': 'same-origin' },
      redirect: 'manual',
    } as const;
    expect((await fetch(`${urls[0]}/logout`, signOut)).status).toBe(303);
    expect((await Promise.all(urls.map(jobs))).map(({ status }) => status)).not.toContain(200);
  });

  it('a rate: as many requests as it says, whoever is asked', async () => {
    const key = randomKey();
    const facts = { digest: sha256(key), scopes: ['emails'], createdAt: new Date().toISOString(), lastUsedAt: null };
    const rate = { requests: 5, seconds: 3600 };
    await createKeyStore(product.redis.client()).add({ name: 'limited', ...facts, rate });
    const answers = await askBoth(20, '/v1/emails', post(mail, { Authorization: `Bearer ${key}` }));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('the same action sent to both at once: one is accepted', async () => {
    const action = { action: 'cancel', filter: { kind: 'emails', state: 'waiting' }, expect: 1 };
    const answers = await askBoth(6, '/v1/jobs/actions', post(action));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses[0]).toBe(202);
    expect(statuses.slice(1).every((status) => status === 409 || status === 429)).toBe(true);
  });

  it('metrics are the same', async () => {
    const headers = { Authorization: `Bearer ${KEYS.operator}` };
    const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`, { headers })).text()));
    expect(texts[0]).toContain('heavylift_jobs{kind="reports",state="waiting"} 10\n');
    // The oldest grow older from one answer to the next, and each process judges every five seconds of its own.
    const own = /^(heavylift_(?:queue_oldest_|verdict)\S+) \S+$/gm;
    const [one, other] = texts.map((text) => text.replace(own, '$1'));
    expect(other).toBe(one);
  });
});

describe('a web process that is stopped', () => {
  it('an upload under way is taken, a stream of events and a wait end at once, and nothing was broken off', async () => {
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = (await (await fetch(`${urls[1]}/v1/emails`, post({ ...mail, runAt }))).json()) as { id: string };
    const events = await fetch(`${urls[1]}/v1/jobs/${id}/events`, { headers: asKari });
    const stream = events.text();
    const waiting = fetch(`${urls[1]}/v1/jobs/${id}`, { headers: { ...asKari, Prefer: 'wait=30' } });
    const noise = { width: 300, height: 300, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as const;
    const body = await sharp({ create: { ...noise, background: 'white' } })
      .png()
      .toBuffer();
    const headers = { authorization: asKari.Authorization, 'content-type': 'image/png' };
    const upload = sendSlowly(`${urls[1]}/v1/images?width=20`, { headers, body, parts: 10, everyMs: 150 });
    const drafts = join(product.dir, 'storage/tmp');
    await until('the upload is being received', () => readdirSync(drafts).length > 0);
    other.signal('SIGTERM');
    expect(await stream).toContain('event: state\n');
    expect((await (await waiting).json()) as object).toMatchObject({ id, state: 'delayed' });
    expect(await upload).toBe(202);
    expect(await other.exited).toBe(0);
  });

  it('one that starts while Redis takes jobs: it never says that it takes none', async () => {
    await product.web.stop();
    const isBack = product.restartWeb().then(() => true);
    const statuses: number[] = [];
    const ask = async () => {
      statuses.push(
        await fetch(`${product.url}/readyz`)
          .then(({ status }) => status)
          .catch(() => 0),
      );
      return false;
    };
    // Until it listens nobody answers.
    while (!(await Promise.race([isBack, ask()]))) await new Promise(setImmediate);
    await ask();
    expect(new Set(statuses.filter((status) => status > 0))).toEqual(new Set([200]));
  });
});
