import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from '@jest/globals';
import { simpleParser } from 'mailparser';
import { defaultConfig } from '../../../../workers/config.ts';
import { settings as emailsSettings } from '../../../../workers/emails/settings.ts';
import { createLineEnds } from '../../../../workers/emails/source/line-ends.ts';
import { verifyDkim } from '../../../support/emails/dkim-verifier.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { mail, onlyMail, openMail, runContext, runningJob, storeJob } from '../open-mail.ts';

const dir = makeTempDir();
afterAll(() => dir.remove());

/** Settings that sign, and the keys that DNS would have. */
function makeSigning(type: 'rsa' | 'ed25519') {
  const { privateKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 2048 }) : generateKeyPairSync(type);
  const file = join(dir.path, `${type}.pem`);
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const keys: Record<string, KeyObject> = { [type]: createPublicKey(privateKey) };
  const settings = { EMAILS_DKIM_DOMAIN: 'firma.no', EMAILS_DKIM_SELECTOR: type, EMAILS_DKIM_KEY_FILE: file };
  return { settings, keys };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const id = (at: number) => `<${'a'.repeat(30)}-${at}@mail.example.no>`;
const idsOf = (count: number) => Array.from({ length: count }, (_, at) => id(at));
const logical = (source: string) => source.slice(0, source.indexOf('\r\n\r\n')).replace(/\r\n(?=[ \t])/g, '');
const headerOf = (source: string, name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(logical(source))?.[1] ?? '';

/** Mails that servers, filters or signatures took badly once. */
const HARD: [string, Record<string, unknown>][] = [
  ['line ends of every sort', { text: 'a\rb\nc\r\nd\n\re\r\r\nf \t \r\n\r\n', html: '<p>a\rb\n\n<b>c</b></p>\r\r' }],
  ['no letters of ASCII, so base64', { text: '日本語\r日本語\n'.repeat(20) }],
  ['an empty line alone, dots', { text: '\n', html: '.\n..\n<p>.</p>\n.' }],
  ['a subject of one word', { subject: 'x'.repeat(998) }],
  ['a subject of spaces', { subject: `a${' '.repeat(500)}b  c` }],
  [
    'headers',
    { headers: { 'X-Long': 'y'.repeat(900), Keywords: 'a, b & c, "d, e", æ', References: idsOf(300).join(' ') } },
  ],
  [
    'a stream',
    { messageStream: 'news', headers: { 'List-Id': 'Nyhetsbrev Æ <list.example.no>', 'Feedback-ID': 'a:b' } },
  ],
  ['files', { attachments: [{ filename: 'm.eml', content: base64('From: a@b.no\n\nhei\n') }] }],
];

describe.each(['rsa', 'ed25519'] as const)('a mail signed with %s', (type) => {
  it('the signature holds as it arrives, each run and a dry run make the same bytes, no line is over 998', async () => {
    const { settings, keys } = makeSigning(type);
    const { server, processor, redis } = await openMail({}, '', undefined, settings);
    for (const [at, [what, given]] of HARD.entries()) {
      const job = runningJob({ ...mail, ...given }, at + 1);
      for (const attempt of [1, 2]) {
        await storeJob(redis, job);
        await processor.process({ ...job, attempt }, runContext());
      }
      const [first, second] = server.mails.splice(0).map(({ source }) => source);
      const [verdict, ...more] = verifyDkim(first ?? '', keys);
      expect([what, verdict?.holds, more]).toEqual([what, true, []]);
      expect(second).toBe(first);
      expect(await dryRun(processor, job)).toBe(first);
      expect(Math.max(...(first ?? '').split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
      expect((first ?? '').replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    }
  });
});

/** The bytes of `message.eml`. */
async function dryRun(
  processor: Awaited<ReturnType<typeof openMail>>['processor'],
  job: ReturnType<typeof runningJob>,
) {
  let source = '';
  const context = runContext();
  const write = async (name: string, contentType: string, content: AsyncIterable<Uint8Array> | Uint8Array) => {
    const chunks = content instanceof Uint8Array ? [content] : await Array.fromAsync(content);
    if (name === 'message.eml') source = Buffer.concat(chunks).toString('latin1');
    return { key: name, name, type: contentType, bytes: source.length, sha256: '' };
  };
  const dry = { ...job, input: { ...job.input, dryRun: true } };
  await processor.process(dry, { ...context, storage: { ...context.storage, write } });
  return source;
}

it('covers what makes mail programs show the unsubscribe button, and lets nobody add a second sender', async () => {
  const { settings, keys } = makeSigning('rsa');
  const { server, send } = await openMail({}, '', undefined, settings);
  await send({ ...mail, messageStream: 'news' });
  const { source } = onlyMail(server);
  const [verdict] = verifyDkim(source, keys);
  const names = verdict?.tags['h']?.split(':') ?? [];
  expect(names).toEqual(expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post']));
  expect(names.filter((name) => name === 'from')).toHaveLength(2);
  expect(verifyDkim(`From: boss@firma.no\r\n${source}`, keys)[0]?.holds).toBe(false);
});

it('keys of several domains: the sender’s own, those of the domain above it, or the key for all', async () => {
  const keys: Record<string, KeyObject> = {};
  const keyDir = join(dir.path, 'keys');
  for (const [domain, selector, type] of [
    ['annet.no', 'r', 'rsa'],
    ['annet.no', 'e', 'ed25519'],
    ['post.annet.no', 'p', 'rsa'],
  ] as const) {
    const { settings, keys: own } = makeSigning(type);
    mkdirSync(join(keyDir, domain), { recursive: true });
    copyFileSync(settings.EMAILS_DKIM_KEY_FILE, join(keyDir, domain, `${selector}.pem`));
    keys[selector] = own[type] as KeyObject;
  }
  // As secrets are mounted: the folder of a domain with letters, which is a link into a hidden one.
  mkdirSync(join(keyDir, '..data'));
  renameSync(join(keyDir, 'post.annet.no'), join(keyDir, '..data/blåbær.no'));
  symlinkSync(join(keyDir, '..data/blåbær.no'), join(keyDir, 'Blåbær.no'));
  const { settings, keys: forAll } = makeSigning('rsa');
  const { server, send } = await openMail({}, '', undefined, { ...settings, EMAILS_DKIM_DIR: keyDir });
  for (const domain of ['annet.no', 'dypt.nede.annet.no', 'blåbær.no', 'firma.no', 'annetno.no']) {
    await send({ ...mail, from: `a@${domain}` });
  }
  // The return path is of a domain that has a key of its own.
  const paths = { EMAILS_BOUNCE_DOMAIN: 'b.annet.no' };
  const returning = await openMail({}, '', server.url, { ...settings, ...paths, EMAILS_DKIM_DIR: keyDir });
  await returning.send({ ...mail, from: 'a@firma.no' });
  expect(server.mails.at(-1)?.from).toMatch(/@b\.annet\.no$/);
  const signed = server.mails.map(({ source }) =>
    verifyDkim(source, { ...keys, ...forAll }).map(({ holds, tags }) => [holds, tags['d'], tags['s']].join(' ')),
  );
  expect(signed).toEqual([
    ...[1, 2].map(() => ['true annet.no e', 'true annet.no r']),
    ['true xn--blbr-roah.no p'],
    ...[1, 2, 3].map(() => ['true firma.no rsa']),
  ]);
  expect(emailsSettings.checkFiles?.({ ...defaultConfig(), EMAILS_DKIM_DIR: keyDir })).toEqual([]);
  writeFileSync(join(keyDir, 'annet.no/x.pem'), 'no key');
  const issues = [keyDir, dir.path, '/nowhere'].flatMap(
    (path) => emailsSettings.checkFiles?.({ ...defaultConfig(), EMAILS_DKIM_DIR: path }) ?? [],
  );
  expect(issues).toEqual([
    `EMAILS_DKIM_DIR (${keyDir}/annet.no/x.pem): must hold a private key, RSA of 1024 bits or more or Ed25519 (PEM)`,
    `EMAILS_DKIM_DIR: must hold <domain>/<selector>.pem; ${dir.path} has none`,
    expect.stringMatching(/^EMAILS_DKIM_DIR: can not be read: ENOENT/),
  ]);
  for (const place of ['annet.no/2026 key;x.pem', 'old keys/s.pem']) {
    const file = join(keyDir, place);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'never read');
    const [issue] = emailsSettings.checkFiles?.({ ...defaultConfig(), EMAILS_DKIM_DIR: keyDir }) ?? [];
    expect(issue).toMatch(/^EMAILS_DKIM_DIR: must have (?:keys named after selectors|its keys in folders)/);
    rmSync(file);
  }
});

it('line ends are CRLF wherever the chunks of a mail begin and end', async () => {
  const text = 'a\rb\nc\r\nd\n\re\r\r\nf\r\n\r\n.\r';
  for (const size of [1, 2, 3, 5, 100]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g'))?.map((chunk) => Buffer.from(chunk)) ?? [];
    const source = await buffer(Readable.from(chunks, { objectMode: false }).pipe(createLineEnds()));
    expect(String(source)).toBe('a\r\nb\r\nc\r\nd\r\n\r\ne\r\n\r\nf\r\n\r\n.\r\n');
  }
});

describe('headers', () => {
  it('are written by their grammar, and come back as they were', async () => {
    const { server, send } = await openMail();
    const subject = `${'x'.repeat(80)}  æ =?utf-8?q?y?=`;
    const references = idsOf(300);
    await send({
      ...mail,
      to: [{ name: `Ola ${' '.repeat(150)} N`, address: 'ola@example.no' }],
      subject,
      headers: {
        'List-Id': 'Nyhetsbrev Æ <list.example.no>',
        Keywords: 'a b, c:d, "e, f", æ',
        References: references.join(' '),
        'In-Reply-To': 'bare@example.no',
        'X-Words': `${'y'.repeat(900)}`,
      },
    });
    const { source, parsed } = onlyMail(server);
    expect(parsed.subject).toBe(subject);
    expect(headerOf(source, 'List-Id')).toMatch(/^=\?UTF-8\?.*\?= <list\.example\.no>$/);
    expect(headerOf(source, 'Keywords')).toMatch(/^a b, "c:d", "e, f", =\?UTF-8\?B\?w6Y=\?=$/);
    expect(headerOf(source, 'In-Reply-To')).toBe('<bare@example.no>');
    const ids = headerOf(source, 'References').split(' ');
    expect([ids[0], ids.at(-1), ids.length > 100, ids.length < 300]).toEqual([id(0), id(299), true, true]);
    expect(parsed.headers.get('x-words')).toBe('y'.repeat(900));
    expect(source.slice(0, source.indexOf('\r\n\r\n'))).not.toMatch(/^[ \t]+\r$/m);
  });
});

describe('files', () => {
  it('have the media types of today, and a mail in a mail stays a file', async () => {
    const { server, send } = await openMail();
    const names = ['a.avif', 'b.heic', 'c.md', 'd.webp', 'e.xyz', 'f.ics', 'g.docx', 'h'];
    const inner = `From: a@b.no\r\nSubject: inner\r\n\r\n${'x'.repeat(998)}\r\nhei\n`;
    const attachments = [
      ...names.map((filename) => ({ filename, content: base64('x') })),
      { filename: 'plain.eml', content: base64(inner) },
      { filename: 'letters.eml', content: base64(inner.replace('hei', 'blåbær')) },
      { filename: 'utf8.csv', content: base64('æ;ø\n') },
      {
        filename: 'meet.ics',
        content: base64('BEGIN:VCALENDAR'),
        type: 'text/calendar; charset=utf-8; method=REQUEST',
      },
    ];
    await send({ ...mail, attachments });
    const { source, parsed } = onlyMail(server);
    const types = [
      ...source
        .replace(/\r\n(?=[ \t])/g, '')
        .matchAll(/^Content-Type: +([^;\r]+);(?: charset=[-\w]+;(?: method=\w+;)?)?\s*name=/gm),
    ];
    expect(types.map(([, type]) => type)).toEqual([
      ...['image/avif', 'image/heic', 'text/markdown', 'image/webp', 'application/octet-stream', 'text/calendar'],
      ...['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/octet-stream'],
      ...['message/rfc822', 'application/octet-stream', 'text/csv', 'text/calendar'],
    ]);
    expect(parsed.text?.trim()).toBe('Hei!');
    expect(source).toContain('Content-Type: text/csv; charset=utf-8; name=utf8.csv');
    expect(source).toContain('Content-Type: text/calendar; charset=utf-8; method=REQUEST; name=meet.ics');
    const embedded = parsed.attachments.find(({ filename }) => filename === 'plain.eml');
    expect((await simpleParser(embedded?.content ?? '')).subject).toBe('inner');
  });
});

it('an invitation: an alternative of the text that mail programs answer, and a file', async () => {
  const { server, send } = await openMail();
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//x//y//EN', 'METHOD:REQUEST', 'BEGIN:VEVENT', 'UID:1@x'];
  lines.push('DTSTAMP:20261128T000000Z', 'DTSTART:20261201T080000Z', 'SUMMARY:Møte', 'ORGANIZER:mailto:a@example.no');
  const content = [...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join('\n');
  await send({ ...mail, html: '<p>Hei!</p>', calendar: { method: 'REQUEST', content } });
  const { source, parsed } = onlyMail(server);
  expect(source).toMatch(/Content-Type: text\/calendar; charset=utf-8; method=REQUEST\r\n/);
  const structure = [...source.matchAll(/^Content-Type: ([^;\r]+)/gm)].map(([, type]) => type);
  expect(structure).toEqual([
    ...['multipart/mixed', 'multipart/alternative', 'text/plain', 'text/html', 'text/calendar', 'application/ics'],
  ]);
  const [alternative, file] = parsed.attachments;
  expect([alternative?.content.toString(), file?.content.toString()]).toEqual(
    [1, 2].map(() => content.replaceAll('\n', '\r\n')),
  );
  expect(file?.filename).toBe('invite.ics');
});
