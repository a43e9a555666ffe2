import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { openSmtpServer, type TestSmtpServer } from '../support/smtp-server.ts';
import { until } from '../support/until.ts';

const CONNECTIONS = 8;
const POSTS = 5000;
/** How long Redis stands still each time, in turns. */
const FREEZES_MS = [200, 400, 600, 1000, 3000, 12_000];
const BETWEEN_MS = 700;

const REPORT = { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };
const MAIL = { from: 'shop@example.no', subject: 'Hi', text: 'Hello.' };
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** What came of one post: the subject it was sent with, the answer's status and code, and how long it took. */
interface Told {
  kind: string;
  subject: string;
  status: number;
  code: string | undefined;
  ms: number;
}

describe('a Redis that stands still again and again, under load', () => {
  let product: Product;
  let server: TestSmtpServer;
  beforeAll(async () => {
    server = await openSmtpServer();
    product = await startProduct({ kinds: ['emails'], env: { SMTP_URL: server.url } });
  });
  afterAll(async () => {
    await product.close();
    await server.close();
  });

  const send = (kind: string, subject: string) => {
    if (kind === 'images') {
      const headers = { 'Content-Type': 'image/png' };
      return product.request(`/v1/images?subject=${subject}`, { method: 'POST', headers, body: PIXEL });
    }
    // A mail is about who gets it.
    const body = JSON.stringify(kind === 'reports' ? { ...REPORT, subject } : { ...MAIL, to: subject });
    return product.request(`/v1/${kind}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  };

  async function post(number: number): Promise<Told> {
    const kind = ['images', 'reports', 'emails'][number % 3] as string;
    const subject = `post-${number}@example.no`;
    const begun = performance.now();
    const answer = await send(kind, subject);
    const { code } = (await answer.json()) as { code?: string };
    return { kind, subject, status: answer.status, code, ms: performance.now() - begun };
  }

  it('every refusal is of a job that is not there, every 202 of one that is, and each mail leaves once', async () => {
    const told: Told[] = [];
    let next = 0;
    const work = async () => {
      while (next < POSTS) {
        const number = next;
        next += 1;
        told.push(await post(number));
      }
    };
    const working = Promise.all(Array.from({ length: CONNECTIONS }, work));
    for (let turn = 0; next < POSTS; turn += 1) {
      await delay(BETWEEN_MS);
      product.redis.freeze();
      await delay(FREEZES_MS[turn % FREEZES_MS.length]);
      product.redis.thaw();
    }
    await working;
    await until('Redis answers', async () => (await fetch(`${product.url}/readyz`)).ok);

    const count = (wanted: (one: Told) => boolean) => told.filter(wanted).length;
    const report = {
      accepted: count(({ status }) => status === 202),
      refused: count(({ code }) => code === 'queue_unavailable'),
      unknown: count(({ code }) => code === 'outcome_unknown'),
      longestMs: Math.round(Math.max(...told.map(({ ms }) => ms))),
    };
    process.stdout.write(`frozen Redis: ${JSON.stringify(report)}\n`);
    expect(report.accepted + report.refused + report.unknown).toBe(POSTS);
    expect(report.longestMs).toBeLessThan(15_000);

    const wrong: Told[] = [];
    let mails = 0;
    for (const one of told) {
      const isThere = await isAccepted(one);
      if (one.status === 202 ? !isThere : one.code === 'queue_unavailable' && isThere) wrong.push(one);
      if (one.kind === 'emails' && isThere) mails += 1;
    }
    expect(wrong).toEqual([]);
    const queueIsEmpty = async () => {
      const { body } = await readMetrics();
      return /heavylift_jobs\{kind="emails",state="(waiting|active|delayed)"\} [1-9]/.test(body) ? null : true;
    };
    await until('all mails have left', queueIsEmpty, { timeoutMs: 120_000 });
    expect(server.mails).toHaveLength(mails);
  });

  const readMetrics = async () => ({
    body: await (await product.request('/metrics', { key: KEYS.operator })).text(),
  });

  /** Whether the job of a post is there. */
  async function isAccepted({ subject }: Told): Promise<boolean> {
    const answer = await product.request(`/v1/jobs?subject=${subject}`);
    return ((await answer.json()) as { jobs: unknown[] }).jobs.length > 0;
  }
});
