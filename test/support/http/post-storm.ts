import type { ErrorCode } from '../../../src/errors.ts';
import { KEYS, type Product } from '../product.ts';
import { until } from '../until.ts';

const CONNECTIONS = 8;
const REPORT = { template: 'document', data: { title: 'T', blocks: [{ type: 'text', text: 'x' }] } };
const MAIL = { from: 'shop@example.no', subject: 'Hi', text: 'Hello.' };
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const JSON_BODY = { 'Content-Type': 'application/json' };
/** What an answer says of a post that it does not accept: nothing was queued. */
const REFUSALS: ReadonlySet<string> = new Set<ErrorCode>(['queue_unavailable', 'queue_full', 'quota_exceeded']);

type Outcome = 'accepted' | ErrorCode | 'other';

/** What came of one post: the subject it was sent with, and what its caller was told. */
export interface Told {
  subject: string;
  isMail: boolean;
  outcome: Outcome;
  /** The id of an accepted job. */
  id: string | undefined;
  ms: number;
}

/** Sends that many posts over eight connections, in turns images, reports and mails by the API, and mails by the form. */
export async function startPostStorm(product: Product, count: number) {
  const cookie = await signIn(product);
  const told: Told[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      next += 1;
      told.push(await post(product, cookie, next));
    }
  };
  const workers = Promise.all(Array.from({ length: CONNECTIONS }, work));
  return {
    isOver: () => next >= count,
    /** Resolves with what was told of each post. */
    ended: async () => {
      await workers;
      return told;
    },
  };
}

async function signIn(product: Product): Promise<string> {
  const answer = await fetch(`${product.url}/login`, {
    method: 'POST',
    body: new URLSearchParams({ key: KEYS.kari }),
    redirect: 'manual',
  });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function post(product: Product, cookie: string, number: number): Promise<Told> {
  const subject = `post-${number}@example.no`;
  const begun = performance.now();
  const [isMail, send] = WAYS[number % WAYS.length] as (typeof WAYS)[number];
  const answer = await send(product, subject, cookie).catch((): Answer => ['other']);
  const [outcome, id] = answer;
  return { subject, isMail, outcome, id, ms: performance.now() - begun };
}

type Answer = [outcome: Outcome, id?: string | undefined];
type Send = (product: Product, subject: string, cookie: string) => Promise<Answer>;

const byApi =
  (kind: string, init: (subject: string) => { body: BodyInit; headers: Record<string, string> }): Send =>
  async (product, subject) => {
    const query = kind === 'images' ? `?subject=${subject}` : '';
    const answer = await product.request(`/v1/${kind}${query}`, { method: 'POST', ...init(subject) });
    const { code, id } = (await answer.json()) as { code?: ErrorCode; id?: string };
    return answer.status === 202 ? ['accepted', id] : [code ?? 'other'];
  };

/** As a person's browser does it: the page that comes back, with its form or without, is read for what it says. */
const byForm: Send = async (product, subject, cookie) => {
  const answer = await fetch(`${product.url}/emails`, {
    method: 'POST',
    headers: { Accept: 'text/html', Cookie: cookie },
    body: new URLSearchParams({ ...MAIL, to: subject, formToken: subject.replaceAll(/\W/g, '-') }),
    redirect: 'manual',
  });
  const page = await answer.text();
  if (answer.status === 303) return ['accepted', /\/jobs\/(\w+)/.exec(answer.headers.get('location') ?? '')?.[1]];
  if (answer.status === 429) return ['quota_exceeded'];
  if (answer.status !== 503) return ['other'];
  return [/accepted or not|done or not/.test(page) ? 'outcome_unknown' : 'queue_unavailable'];
};

// A mail is about who gets it: that is its subject.
const WAYS: [isMail: boolean, send: Send][] = [
  [false, byApi('images', () => ({ body: PIXEL, headers: { 'Content-Type': 'image/png' } }))],
  [false, byApi('reports', (subject) => ({ body: JSON.stringify({ ...REPORT, subject }), headers: JSON_BODY }))],
  [true, byApi('emails', (to) => ({ body: JSON.stringify({ ...MAIL, to }), headers: JSON_BODY }))],
  [true, byForm],
];

/** What a storm came to, and every post that was told something untrue. */
export async function balance(product: Product, told: readonly Told[]) {
  await until('Redis answers', async () => (await fetch(`${product.url}/readyz`)).ok);
  const outcomes: Record<string, number> = {};
  const untrue: Told[] = [];
  let mails = 0;
  for (const one of told) {
    outcomes[one.outcome] = (outcomes[one.outcome] ?? 0) + 1;
    const isThere = one.outcome === 'accepted' ? await isKnown(product, one.id) : await hasJob(product, one.subject);
    if (one.outcome === 'accepted' ? !isThere : REFUSALS.has(one.outcome) && isThere) untrue.push(one);
    if (one.isMail && isThere) mails += 1;
  }
  return { outcomes, untrue, mails, longestMs: Math.round(Math.max(...told.map(({ ms }) => ms))) };
}

async function hasJob(product: Product, subject: string): Promise<boolean> {
  const answer = await product.request(`/v1/jobs?subject=${subject}`);
  return ((await answer.json()) as { jobs: unknown[] }).jobs.length > 0;
}

/** Whether there is a job of that id, or was one that has ended and made room. */
async function isKnown(product: Product, id: string | undefined): Promise<boolean> {
  return [200, 410].includes((await product.request(`/v1/jobs/${id}`)).status);
}
