import { afterEach, expect, it } from '@jest/globals';
import { balance, killWorkers, mailsEnd, postMails } from '../../support/emails/mail-storm.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let relay: ScriptedSmtpServer;
let product: Product;
afterEach(async () => {
  await product?.close();
  await relay?.close();
});

it('workers killed again and again while they send: each mail is sent once, or said to be unknown', async () => {
  // The answer takes its time: the moment in which a death leaves the mail's fate unknown.
  relay = await openScriptedSmtpServer((stage) => (stage === 'dot' ? { slowly: '250 ok', everyMs: 4 } : undefined));
  product = await startProduct({ kinds: ['emails', 'emails'], env: { SMTP_URL: relay.url } });
  await postMails(product, 1, 'first');
  await until('the first mail was taken', () => relay.taken.length > 0);
  relay.taken.length = 0;
  const [ids] = await Promise.all([postMails(product, 250), killWorkers(product, { kills: 4, everyMs: 500 })]);
  await mailsEnd(product, 30_000);
  const seen = await balance(
    product,
    ids,
    relay.taken.map(({ source }) => source),
  );
  expect(seen).toMatchObject({ others: [], twice: [], missing: [], strangers: [] });
  expect(seen.sent + seen.unknown).toBe(ids.length);
  // A worker that dies has at most as many attempts in flight as connections (SMTP_CONNECTIONS).
  expect(seen.unknown).toBeLessThanOrEqual(4 * 5);
}, 60_000);
