import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let relay: ScriptedSmtpServer;
let product: Product;
beforeAll(async () => {
  relay = await openScriptedSmtpServer();
  const env = { SMTP_URL: relay.url, EMAILS_RATE_PER_DOMAIN: '20/60' };
  product = await startProduct({ kinds: ['emails'], env });
});
afterAll(async () => {
  await product.close();
  await relay.close();
});

async function post(path: string, body: object) {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(202);
  return (await answer.json()) as { id: string };
}
const reset = { to: 'kari@gmail.example', subject: 'Reset your password', text: 'Hei!' };
const countOf = async (query: string) => {
  const answer = await product.request(`/v1/jobs?kind=emails&limit=100&${query}`);
  return ((await answer.json()) as { jobs: { waitingOn: string | null; nextAttemptAt: string | null }[] }).jobs;
};
const sentTo = (start: string) => relay.taken.filter(({ to: [to = ''] }) => to.startsWith(start)).length;

it('a password reset behind 100 newsletters: leaves before them; when they are cancelled, so does every other mail', async () => {
  const newsletters = Array.from({ length: 100 }, (_, index) => ({
    ...{ to: `n${index}@gmail.example`, subject: 'News', text: 'Hei!' },
    ...{ messageStream: 'newsletter', unsubscribe: false, priority: 'low', tags: ['news'] },
  }));
  await post('/v1/emails/batch', { messages: newsletters });
  const waiting = await until('the newsletters wait', async () => {
    if ((await countOf('state=waiting')).length + (await countOf('state=active')).length > 0) return undefined;
    return countOf('state=delayed');
  });
  expect(new Set(waiting.map(({ waitingOn }) => waitingOn))).toEqual(new Set(['rate']));
  expect(waiting.filter(({ nextAttemptAt }) => nextAttemptAt === null)).toEqual([]);

  await product.jobReaches((await post('/v1/emails', reset)).id, 'completed');
  // All of them take six minutes.
  expect(sentTo('n')).toBeLessThan(30);

  await until('they are being cancelled', async () => {
    const expected = (await countOf('state=delayed')).length;
    const answer = await product.request('/v1/jobs/actions', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ action: 'cancel', filter: { tag: 'news', state: 'delayed' }, expect: expected }),
    });
    return answer.status === 202;
  });
  await until('none is left', async () => (await countOf('state=delayed')).length === 0);
  const other = { ...reset, to: 'ola@gmail.example', messageStream: 'tips', unsubscribe: false, priority: 'low' };
  await product.jobReaches((await post('/v1/emails', other)).id, 'completed');
  expect(relay.taken.at(-1)?.to).toEqual(['ola@gmail.example']);
  expect(sentTo('n')).toBeLessThan(30);
});
