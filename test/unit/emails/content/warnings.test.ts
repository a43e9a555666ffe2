import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { findWarnings } from '../../../../workers/emails/content/warnings.ts';
import { emails } from '../../../../workers/emails/job.ts';
import { createSpamCheck } from '../../../../workers/emails/preview/spam-check.ts';

const link = 'https://firma.no/u/x';
const codesOf = (
  content: { html?: string; text?: string },
  { stream, url = null }: { stream?: string; url?: string | null } = {},
) => {
  const input = emails.input.parse({
    ...{ to: 'kari@example.no', subject: 'Hei', text: 'x' },
    ...(stream ? { messageStream: stream } : {}),
  });
  return findWarnings(
    { subject: 'Hei', html: undefined, text: undefined, ...content },
    { input, unsubscribeUrl: url },
  ).map(({ code }) => code);
};

describe('warnings of a mail', () => {
  it.each([
    ['none of a small mail', { html: '<p>a</p>', text: 'a' }, {}, []],
    ['HTML over 102 kB, as bytes', { html: 'æ'.repeat(51_001), text: 'a' }, {}, ['html_clipped']],
    ['HTML of 102 kB', { html: 'a'.repeat(102_000), text: 'a' }, {}, []],
    ['a text of the subject alone', { html: '<img>', text: 'Hei\n' }, {}, ['text_empty']],
    ['a text that was left blank', { html: '<img>', text: ' ' }, {}, ['text_empty']],
    ['a mail of text alone that is its subject', { text: 'Hei' }, {}, []],
    ['a link without https', { text: 'a' }, { url: 'http://localhost/u/x' }, ['unsubscribe_not_https']],
    [
      'a stream without an address',
      { text: 'Kr 1 200 den 31. oktober 2026' },
      { stream: 'news', url: link },
      ['no_postal_address'],
    ],
  ] as const)('%s', (_what, content, given, expected) => {
    expect(codesOf(content, given)).toEqual(expected);
  });

  it.each([
    'Storgata 1, 0155 Oslo',
    'Unter den Linden 1\n10117 Berlin',
    '1 Main St, Springfield, IL 62701',
    '10 Downing Street, London SW1A 2AA',
    '111 44 Stockholm',
    '1012 AB Amsterdam',
    'PO Box 7',
    'Dubai, P.O. Box 12',
    '〒100-0001 東京都',
    'K1A 0B1 Ottawa',
    '00-950 Warszawa',
    'Mumbai 400001',
  ])('%j is a postal address', (text) => {
    expect(codesOf({ text }, { stream: 'news', url: link })).toEqual([]);
  });
});

describe('asking SpamAssassin', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  /** A listener that answers what it is told once it has heard all; resolves with what `finish` says, and what it heard. */
  async function ask(answer: string, mail = 'Subject: x\r\n\r\nhei\r\n') {
    const heard: string[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (chunk) => void heard.push(String(chunk))).on('end', () => socket.end(answer));
    }).listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const check = createSpamCheck(`127.0.0.1:${(server.address() as AddressInfo).port}`);
    const passed = await Array.fromAsync(
      check.watch(
        (async function* () {
          yield Buffer.from(mail);
        })(),
      ),
    );
    const said = await check.finish(new AbortController().signal);
    return { heard: heard.join(''), passed: String(Buffer.concat(passed)), said };
  }

  it('the mail goes on as it was, and the score, threshold and rules come back', async () => {
    const answer =
      'SPAMD/1.1 0 EX_OK\r\nContent-length: 23\r\nSpam: True ; 5.1 / 5.0\r\n\r\nEMPTY_MESSAGE,HTML_ONLY\r\n';
    const { heard, passed, said } = await ask(answer);
    expect(heard).toBe(`SYMBOLS SPAMC/1.5\r\nContent-length: ${passed.length}\r\n\r\n${passed}`);
    expect(said).toEqual({ score: 5.1, threshold: 5, rules: ['EMPTY_MESSAGE', 'HTML_ONLY'] });
  });

  it('something else, nothing, and a mail that is too large: a sentence', async () => {
    expect((await ask('220 mail ESMTP\r\n')).said).toMatch(/^What answers at 127\.0\.0\.1:\d+ is not SpamAssassin/);
    expect((await ask('x'.repeat(100_000))).said).toMatch(/did not answer\. Check EMAILS_SPAMD\.$/);
    expect((await ask('', 'x'.repeat(500_001))).said).toMatch(/at most 500 kB/);
    const away = createSpamCheck('127.0.0.1:1');
    expect(await away.finish(new AbortController().signal)).toMatch(/did not answer/);
  });
});
