import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { balance, killWorkers, mailsEnd, postMails } from '../../support/emails/mail-storm.ts';
import { findPostfixFault, startPostfix } from '../../support/emails/postfix.ts';
import { openScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const MAILS = 2000;
const KILLS = 20;
const RELAY_RESTARTS = 3;

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The storm: mails come in, workers die, the relay goes away and comes back. */
async function raise(product: Product, restartRelay: () => Promise<void>) {
  const restarts = async () => {
    for (let restart = 0; restart < RELAY_RESTARTS; restart += 1) {
      await delay(5000);
      await restartRelay();
    }
  };
  const [ids] = await Promise.all([
    postMails(product, MAILS),
    killWorkers(product, { kills: KILLS, everyMs: 1000 }),
    restarts(),
  ]);
  await mailsEnd(product, 300_000);
  return ids;
}

function judge(seen: Awaited<ReturnType<typeof balance>>): void {
  console.log(`of ${MAILS} mails ${seen.sent} sent, ${seen.unknown} unknown`);
  expect(seen).toMatchObject({ others: [], twice: [], missing: [], strangers: [] });
  expect(seen.sent + seen.unknown).toBe(MAILS);
}

describe('2,000 mails, workers killed twenty times, the relay restarted thrice: each once in the mailboxes, or unknown', () => {
  it('a relay of node that takes its time', async () => {
    const slowly = (stage: string) => (stage === 'dot' ? ({ slowly: '250 ok', everyMs: 4 } as const) : undefined);
    let relay = await openScriptedSmtpServer(slowly);
    const { port, url } = relay;
    closers.push(() => relay.close());
    const product = await startProduct({ kinds: ['emails', 'emails'], env: { SMTP_URL: url } });
    closers.push(product.close);
    const taken: string[] = [];
    const ids = await raise(product, async () => {
      await relay.close();
      taken.push(...relay.taken.map(({ source }) => source));
      await delay(500);
      relay = await openScriptedSmtpServer(slowly, port);
    });
    taken.push(...relay.taken.map(({ source }) => source));
    judge(await balance(product, ids, taken));
  });

  const fault = findPostfixFault();
  (fault ? it.skip : it)(`postfix${fault ? ` (left out: ${fault})` : ''}`, async () => {
    const dir = mkdtempSync(join(tmpdir(), 'hl-mta-'));
    closers.push(() => rmSync(dir, { recursive: true, force: true }));
    const postfix = await startPostfix(dir);
    closers.push(() => postfix.stop());
    const product = await startProduct({ kinds: ['emails', 'emails'], env: { SMTP_URL: postfix.url } });
    closers.push(product.close);
    const ids = await raise(product, async () => {
      postfix.stop();
      await delay(500);
      await postfix.start();
    });
    await until('postfix has delivered all it took', () => postfix.isIdle(), { timeoutMs: 120_000, everyMs: 250 });
    judge(await balance(product, ids, postfix.delivered()));
  });
});
