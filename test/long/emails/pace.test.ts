import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findPostfixFault, startPostfix } from '../../support/emails/postfix.ts';
import { KEYS, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'mail-pace-'));
chmodSync(dir, 0o755);
const closers: (() => unknown)[] = [() => rmSync(dir, { recursive: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const fault = findPostfixFault();
if (fault) console.log(`skipped: ${fault}`);
const PER_MINUTE = 40;
const MAILS = 60;

(fault ? describe.skip : describe)('a real postfix that takes 40 mails a minute', () => {
  it('gets all of 60 from two processes at a pace that it bears, and refuses few; no attempt is used up', async () => {
    const postfix = await startPostfix(dir, {
      services: {
        rate: [`smtpd_client_message_rate_limit=${PER_MINUTE}`, 'smtpd_client_event_limit_exceptions='],
      },
    });
    closers.push(() => postfix.stop());
    const product = await startProduct({ kinds: ['emails', 'emails'], env: { SMTP_URL: postfix.urls['rate'] ?? '' } });
    closers.push(() => product.close());
    const messages = Array.from({ length: MAILS }, (_, index) => ({
      ...{ to: `n${index}@example.test`, subject: 'Hei', text: 'Hei!', messageStream: 'news', unsubscribe: false },
    }));
    const answered = await product.request('/v1/emails/batch', {
      ...{ method: 'POST', body: JSON.stringify({ messages }), headers: { 'Content-Type': 'application/json' } },
    });
    const { items } = (await answered.json()) as { items: { job: { id: string } }[] };
    await until('an operator is told', async () => {
      const ready = await (await product.request('/readyz?verbose', { key: KEYS.operator })).text();
      return /wanted less mail: at most \d+ a minute/.test(ready);
    });
    const attempts: unknown[] = [];
    for (const { job } of items) {
      const ended = await product.jobReaches(job.id, 'completed', 300_000);
      attempts.push((ended['attempts'] as { made: number }).made);
    }
    expect(attempts).toEqual(items.map(() => 1));
    expect(new Set(postfix.delivered().map((mail) => /^Message-ID: (.*)\r?$/m.exec(mail)?.[1])).size).toBe(MAILS);
    const refused = readFileSync(join(dir, 'log'), 'utf8').match(/Message delivery request rate limit exceeded/g) ?? [];
    console.log(`${MAILS} mails, ${refused.length} refusals`);
    // Those that were on their way when the first refusal came, and who tried while it was too much.
    expect(refused.length).toBeLessThan(MAILS);
  });
});
