import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { mailsEnd } from '../../support/emails/mail-storm.ts';
import { openScriptedSmtpServer, type Script } from '../../support/emails/scripted-smtp-server.ts';
import { startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What is sent, in the order in which it is to leave; the recipient names its sort. */
const SORTS = [
  { name: 'urgent', count: 300, fields: { priority: 'high' } },
  { name: 'receipt', count: 1700, fields: {} },
  { name: 'newsletter', count: 2000, fields: { messageStream: 'newsletter', unsubscribe: false } },
  { name: 'tips', count: 1000, fields: { messageStream: 'tips', unsubscribe: false, priority: 'low' } },
];
const BATCH = 500;
/** What the relay takes in a second, over all connections. */
const PACE = 150;

/** A relay that wants a login, and refuses it until it is mended. */
function relayScript(isMended: () => boolean): Script {
  return (stage) => {
    if (stage === 'EHLO') return '250-scripted\r\n250-AUTH PLAIN\r\n250 8BITMIME';
    if (stage === 'AUTH') return isMended() ? '235 2.7.0 ok' : '535 5.7.8 Error: authentication failed';
    return undefined;
  };
}

it('a night without the password of the relay, 5,000 mails: mended, all are sent, in order of what matters', async () => {
  let isMended = false;
  const relay = await openScriptedSmtpServer(relayScript(() => isMended));
  closers.push(relay.close);
  const product = await startProduct({
    kinds: ['emails'],
    env: { SMTP_URL: `smtp://shop:lost@127.0.0.1:${relay.port}`, EMAILS_RATE: `${PACE}/1` },
  });
  closers.push(product.close);

  for (const { name, count, fields } of SORTS.toReversed()) {
    for (let from = 0; from < count; from += BATCH) {
      const messages = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => {
        return { to: `${name}-${from + index}@example.test`, subject: name, text: 'Hei!', ...fields };
      });
      const answer = await product.request('/v1/emails/batch', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ messages }),
      });
      expect(answer.status).toBe(202);
    }
  }
  const listed = async (query: string) =>
    (await (await product.request(`/v1/jobs?kind=emails&limit=100&${query}`)).json()) as {
      jobs: { lastError: { detail: string } | null; waitingOn: string | null; attempts: { made: number } }[];
    };
  // The night: every mail has been tried, or has heard why it waits.
  await until('all mails wait', async () => (await listed('state=waiting')).jobs.length === 0, { timeoutMs: 240_000 });
  const waiting = (await listed('state=delayed')).jobs;
  expect(waiting.map(({ waitingOn }) => waitingOn)).toEqual(waiting.map(() => 'relay'));
  expect(waiting[0]?.lastError?.detail).toContain('does not accept our credentials: 535 5.7.8');
  expect(waiting.filter(({ attempts }) => attempts.made > 0)).toEqual([]);
  const health = (await (await product.request('/readyz?verbose', { key: 'key-of-operator-3' })).json()) as {
    workers: { kind: string; dependency?: { ok: boolean; detail: string } }[];
  };
  expect(health.workers.find(({ kind }) => kind === 'emails')?.dependency).toMatchObject({ ok: false });
  const admin = await (await product.request('/admin', { key: 'key-of-operator-3' })).text();
  expect(admin).toMatch(/Mail is put off: the mail relay does not accept our credentials: 535 5\.7\.8/);
  await delay(20_000);
  const tried = relay.reached('AUTH');
  console.log(`${tried} logins were tried in the night`);

  isMended = true;
  await mailsEnd(product, 480_000);
  const order = relay.taken.map(({ to: [to = ''] }) => SORTS.findIndex(({ name }) => to.startsWith(`${name}-`)));
  expect(order).toHaveLength(5000);
  expect(new Set(relay.taken.map(({ to }) => to[0])).size).toBe(5000);
  const meanPlaces = SORTS.map((_, sort) => {
    const places = order.flatMap((one, place) => (one === sort ? [place] : []));
    return places.reduce((sum, place) => sum + place, 0) / places.length;
  });
  console.log(`mean places: ${meanPlaces.map(Math.round)}`);
  expect(meanPlaces).toEqual(meanPlaces.toSorted((a, b) => a - b));
});
