import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { findPostfixFault, startPostfix } from '../../support/emails/postfix.ts';
import { openScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'mail-returns-'));
chmodSync(dir, 0o755);
const closers: (() => unknown)[] = [() => rmSync(dir, { recursive: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const fault = findPostfixFault();
if (fault) console.log(`skipped: ${fault}`);
const SCRIPT = join(dir, 'heavylift-bounce');
const HEADER = join(dir, 'header');

/** A postfix as docs/bounces.md sets it up; behind it a server that knows neither `gone` nor has room for `full`. */
async function startRoad(): Promise<Product> {
  const receiver = await openScriptedSmtpServer((stage, line) => {
    if (stage !== 'RCPT') return undefined;
    if (line.includes('gone')) return '550 5.1.1 No such user';
    return line.includes('full') ? '552 5.2.2 Mailbox full' : undefined;
  });
  closers.push(() => receiver.close());
  const behind = `{ behind.test = smtp:[127.0.0.1]:${receiver.port} }`;
  const postfix = await startPostfix(dir, {
    main: [
      'relay_domains = b.firma.test',
      `transport_maps = inline:{ ${behind}, { b.firma.test = heavylift: } }`,
      'heavylift_destination_recipient_limit = 1',
      'minimal_backoff_time = 1s',
      'queue_run_delay = 1s',
    ],
    master: ['heavylift unix - n n - 4 pipe', `  flags=DX user=nobody argv=${SCRIPT}`],
  });
  closers.push(() => postfix.stop());
  const product = await startProduct({
    kinds: ['emails'],
    env: { SMTP_URL: postfix.url, EMAILS_BOUNCE_DOMAIN: 'b.firma.test', EMAILS_FROM: 'post@firma.test' },
  });
  closers.push(() => product.close());
  writeFileSync(HEADER, `Authorization: Bearer ${KEYS.kari}\n`);
  writeFileSync(SCRIPT, documentedScript(product.url), { mode: 0o755 });
  return product;
}

/** The script of docs/bounces.md, for this Heavylift. */
function documentedScript(url: string): string {
  const [, script = ''] = /```sh\n(#!\/bin\/sh\n.*?)```/s.exec(readFileSync('docs/bounces.md', 'utf8')) ?? [];
  return script.replace('/etc/heavylift-bounce.header', HEADER).replace('https://heavylift.example.no', url);
}

(fault ? describe.skip : describe)('bounces of a real postfix', () => {
  it('come back by themselves, and are read as what they are', async () => {
    const product = await startRoad();
    const to = ['gone@behind.test', 'full@behind.test', 'kari@example.test'];
    const posted = await product.request('/v1/emails', {
      method: 'POST',
      body: JSON.stringify({ to, subject: 'Hei', text: 'Hei!' }),
      headers: { 'Content-Type': 'application/json' },
    });
    const { id } = (await posted.json()) as { id: string };
    await product.jobReaches(id, 'completed');
    const recipients = await until('both have bounced', async () => {
      const job = await (await product.request(`/v1/jobs/${id}`)).json();
      const all = (job as { result: { recipients: MailRecipient[] } }).result.recipients;
      return all.filter(({ state }) => state === 'bounced').length === 2 ? all : null;
    });
    expect(recipients.map((one) => [one.address, one.state, one.status, one.class])).toEqual([
      ['gone@behind.test', 'bounced', '5.1.1', 'recipient'],
      ['full@behind.test', 'bounced', '5.2.2', 'recipient'],
      ['kari@example.test', 'accepted', expect.any(String), null],
    ]);
    const suppression = async (address: string) =>
      (await product.request(`/v1/suppressions/${address}`, { key: KEYS.operator })).status;
    expect([await suppression('gone@behind.test'), await suppression('full@behind.test')]).toEqual([200, 404]);
  });
});
