import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { mailsEnd } from '../../support/emails/mail-storm.ts';
import { openScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const NEWSLETTERS = 10_000;
const BATCH = 500;
const RATE = { count: 20, seconds: 60 };
const INTERVAL_MS = (RATE.seconds * 1000) / RATE.count;
/** What a mail's way from its slot to the relay may vary by on a busy machine. */
const ROAD_MS = 1000;

const post = async (product: Product, path: string, body: object, key: string = KEYS.kari) => {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(path, { method: 'POST', headers, body: JSON.stringify(body), key });
  return { status: answer.status, body: (await answer.json()) as { id: string; count?: number } };
};

async function postNewsletters(product: Product): Promise<void> {
  for (let from = 0; from < NEWSLETTERS; from += BATCH) {
    const messages = Array.from({ length: BATCH }, (_, index) => ({
      ...{ to: `n${from + index}@gmail.example`, subject: 'News', text: 'Hei!' },
      ...{ messageStream: 'newsletter', unsubscribe: false, tags: [index % 2 === 0 ? 'kept' : 'cancelled'] },
    }));
    expect((await post(product, '/v1/emails/batch', { messages })).status).toBe(202);
  }
}

/** How many mails are to be looked at for the first time. */
async function notSeen(product: Product): Promise<number> {
  const text = await (await product.request('/metrics', { key: KEYS.operator })).text();
  const counts = text.matchAll(/^heavylift_jobs\{[^}]*kind="emails"[^}]*state="(?:waiting|active)"[^}]*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

it('resets behind 10,000 newsletters under 20 a minute: leave next; the rate holds, and no mail is lost', async () => {
  /** When each mail was taken (ms). */
  const times: number[] = [];
  const relay = await openScriptedSmtpServer((stage) => {
    if (stage === 'dot') times.push(performance.now());
    return undefined;
  });
  closers.push(relay.close);
  const env = {
    ...{ SMTP_URL: relay.url, EMAILS_RATE_PER_DOMAIN: `${RATE.count}/${RATE.seconds}` },
    API_KEYS: `kari:${KEYS.kari},ola:${KEYS.ola}:emails,operator:${KEYS.operator}:admin`,
  };
  const product = await startProduct({ kinds: ['emails', 'emails'], env });
  closers.push(product.close);

  let made = 0;
  const sentMs: number[] = [];
  const overtaken: number[] = [];
  /** Posts a reset, and notes how long it took and how many mails went before it. */
  const reset = async (who: 'kari' | 'ola', priority?: 'high') => {
    made += 1;
    const to = `reset-${made}@gmail.example`;
    const before = relay.taken.length;
    const begun = performance.now();
    const mail = { to, subject: 'Reset your password', text: 'Hei!', ...(priority ? { priority } : {}) };
    expect((await post(product, '/v1/emails', mail, KEYS[who])).status).toBe(202);
    const place = () => relay.taken.findIndex(({ to: [one] }) => one === to);
    await until(`${to} was taken`, () => place() >= 0, { timeoutMs: 60_000, everyMs: 20 });
    if (who === 'kari') {
      sentMs.push((times[place()] as number) - begun);
      overtaken.push(place() - before);
    }
  };

  await postNewsletters(product);
  await reset('kari', 'high');
  await until('all wait', async () => (await notSeen(product)) === 0, { timeoutMs: 300_000, everyMs: 500 });
  const beginning = relay.taken.length;

  // Another caller's resets take two fifths of the rate; half of the newsletters are cancelled; a worker dies, twice.
  const stop = new AbortController();
  const others = (async () => {
    while (!stop.signal.aborted) {
      await reset('ola');
      await delay(INTERVAL_MS * 2.5, undefined, { signal: stop.signal }).catch(() => {});
    }
  })();
  const filter = { tag: 'cancelled', state: 'delayed' };
  await until('half are being cancelled', async () => {
    const counted = await post(product, '/v1/jobs/actions', { action: 'cancel', filter, expect: 0 });
    const asked = await post(product, '/v1/jobs/actions', {
      action: 'cancel',
      filter,
      expect: counted.body.count ?? 0,
    });
    return asked.status === 202;
  });
  for (let round = 0; round < 12; round += 1) {
    await delay(INTERVAL_MS * (1.5 + Math.random()));
    await reset('kari');
    if (round % 5 === 2) {
      const count = relay.taken.length;
      await until('another mail was taken', () => relay.taken.length > count, { timeoutMs: 60_000, everyMs: 5 });
      await product.workers.shift()?.stop('SIGKILL');
      product.startWorker('emails');
    }
  }
  stop.abort();
  await others;
  console.log(`resets took ${sentMs.map(Math.round)} ms, behind ${overtaken} others`);
  // One that had its slot, and one of the other caller's whose turn it was.
  expect(Math.max(...overtaken)).toBeLessThanOrEqual(2);

  const ended = relay.taken.length;
  const gaps = times.slice(1, ended).map((time, index) => time - (times[index] as number));
  const windows = times
    .slice(0, ended)
    .map((from) => times.filter((time) => time >= from && time < from + RATE.seconds * 1000 - ROAD_MS).length);
  console.log(
    `${ended - beginning} mails, at most ${Math.max(...windows)} a minute, ${Math.round(Math.min(...gaps))} ms between`,
  );
  expect(Math.max(...windows)).toBeLessThanOrEqual(RATE.count);
  const numbers = relay.taken
    .slice(0, ended)
    .flatMap(({ to: [to = ''] }) => (to.startsWith('n') ? [Number.parseInt(to.slice(1), 10)] : []));
  console.log(`newsletters in this order: ${numbers}`);
  expect(numbers.length).toBeGreaterThan(10);
  // Several are first looked at at once.
  for (const [place, number] of numbers.entries())
    expect(Math.max(...numbers.slice(0, place), 0) - number).toBeLessThan(100);

  // The rate is lifted: all that are left go, each once.
  await Promise.all(product.workers.splice(0).map((worker) => worker.stop('SIGTERM')));
  product.startWorker('emails', { EMAILS_RATE_PER_DOMAIN: '3000/10' });
  product.startWorker('emails', { EMAILS_RATE_PER_DOMAIN: '3000/10' });
  await mailsEnd(product, 300_000);
  const all = relay.taken.map(({ to: [to] }) => to);
  expect(new Set(all).size).toBe(all.length);
  const kept = all.filter((to) => /^n\d*[02468]@/.test(to ?? ''));
  expect(kept).toHaveLength(NEWSLETTERS / 2);
});
