import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { now } from '../../../../src/clock.ts';
import { AppError } from '../../../../src/errors.ts';
import { createJobFields } from '../../../../src/queue/run/job-fields.ts';
import { openDiskStorage } from '../../../../src/storage/disk.ts';
import { defaultConfig, parseConfig } from '../../../../workers/config.ts';
import { chooseRelays } from '../../../../workers/emails/delivery/relays/choose-relays.ts';
import { type EmailResult, emails } from '../../../../workers/emails/job.ts';
import { createProcessor } from '../../../../workers/emails/processor.ts';
import { type EmailsConfig, settings } from '../../../../workers/emails/settings.ts';
import { openScriptedSmtpServer } from '../../../support/emails/scripted-smtp-server.ts';
import { openSmtpServer } from '../../../support/emails/smtp-server.ts';
import { ALONE } from '../../../support/jest/alone.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { closers, errorOf, log, mail, openLedgers, runContext, runningJob, storeJob } from '../open-mail.ts';

const dir = makeTempDir();
afterAll(dir.remove);
let files = 0;

/** Writes a file of relays; returns its path. */
function writeRelays(content: unknown): string {
  files += 1;
  const path = join(dir.path, `relays-${files}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** A worker's mail processor with the relays of a file; `send` runs a mail as the queue would, until it has ended. */
async function openRelays(content: unknown, secrets: Record<string, string> = {}) {
  const redis = await openLedgers();
  const config = {
    ...defaultConfig(),
    ...{ SMTP_RELAYS_FILE: writeRelays(content), SMTP_SECRETS: secrets, EMAILS_FROM: 'post@firma.no' },
    DEPLOYMENT_SECRET: ['a secret of the tests that is long enough'] as [string],
  };
  const storage = await openDiskStorage(dir.path);
  const processor = createProcessor({
    config,
    log,
    redis,
    jobFields: createJobFields(redis, 'emails'),
    storage,
    ...ALONE,
  });
  closers.push(async () => processor.close?.());
  const run = async (input: Record<string, unknown>, serial: number): Promise<EmailResult> => {
    const job = runningJob(input, serial);
    await storeJob(redis, job);
    for (let runs = 1; ; runs += 1) {
      try {
        return emails.result.parse((await processor.process(job, runContext({}))).result);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'mail_snoozed' || runs > 20) throw error;
      }
    }
  };
  return { redis, processor, run };
}

const faultsOf = (content: unknown, secrets: Record<string, string> = {}) => {
  const path = writeRelays(content);
  const config = { ...defaultConfig(), SMTP_RELAYS_FILE: path, SMTP_SECRETS: secrets };
  return settings.checkFiles?.(config).map((line) => line.replace(`SMTP_RELAYS_FILE: ${path}: `, ''));
};

const own = { url: 'smtp://mail.example.no:587' };
const all = [{ relays: { own: 1 } }];

describe('SMTP_RELAYS_FILE', () => {
  it.each<[unknown, string]>([
    [
      { relays: { own }, routes: [{ relays: { own: 1, sess: 1 } }] },
      'route 1, relays: must name relays of this file (own), and "sess" is none',
    ],
    [
      { relays: { own }, routes: [{ senders: ['example.no'], relays: { own: 1 } }] },
      'route 1: must be for all mails, without `senders` and `streams`, since it is the last',
    ],
    [
      { relays: { own }, routes: [...all, ...all] },
      'route 1: must have `senders` or `streams`, or be the last: no mail gets to the routes behind it',
    ],
    [{ relays: { own }, routes: [{ relays: { own: 0 } }] }, 'route 1, relays: must have a relay with a weight over 0'],
    [{ relays: { own }, routes: [{ relays: { own: -1 } }] }, 'route 1, relays.own: must be a number from 0 to 1000'],
    [
      { relays: { own }, routes: [{ senders: ['post@example.no'], relays: { own: 1 } }, ...all] },
      'route 1, senders.0: must be a domain like example.no, or *.example.no for those below it',
    ],
    [
      { relays: { own }, routes: [{ streams: ['News'], relays: { own: 1 } }, ...all] },
      'route 1, streams.0: must be 1 to 64 of lower-case letters, digits and -',
    ],
    [
      { relays: { Own: own }, routes: all },
      'relay "Own": its name must be 1 to 64 lower-case letters, digits, hyphens or underscores',
    ],
    [{ relays: { own: { ...own, port: 25 } }, routes: all }, 'relay "own": port is no known field'],
    [
      { relays: { own: { url: 'smtp://me:pw@mail.example.no' } }, routes: all },
      'relay "own", url: must have no user and no password: `user` and `passwordEnv` name them',
    ],
    [
      { relays: { own: { url: 'http://mail.example.no' } }, routes: all },
      'relay "own", url: must be a URL that begins with smtp:// or smtps://',
    ],
    [
      { relays: { own: { ...own, user: 'me', passwordEnv: 'PATH' } }, routes: all },
      'relay "own", passwordEnv: must be the name of a setting that begins with SMTP_SECRET_, in capitals, digits and underscores',
    ],
    [
      { relays: { own: { ...own, user: 'me', passwordEnv: 'SMTP_SECRET_OWN' } }, routes: all },
      'relay "own", passwordEnv: SMTP_SECRET_OWN is not set',
    ],
    [
      { relays: { own: { ...own, user: 'me' } }, routes: all },
      'relay "own", user: must have its `passwordEnv` or `oauth2` beside it',
    ],
    [{ relays: {}, routes: all }, 'relays: must have one relay at least'],
    ['{', "is not JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
  ])('%j: one line that says what is wrong', (content, line) => {
    expect(faultsOf(content)).toContain(line);
  });

  it('a file that is not there: one line with its path; beside SMTP_URL: refused', () => {
    const lines = settings.checkFiles?.({ ...defaultConfig(), SMTP_RELAYS_FILE: '/nowhere.json' });
    expect(lines).toEqual([expect.stringMatching(/^SMTP_RELAYS_FILE: \/nowhere\.json: can not be read: ENOENT/)]);
    expect(() => parseConfig({ SMTP_URL: 'smtp://a.example', SMTP_RELAYS_FILE: 'x' })).toThrow(
      'SMTP_RELAYS_FILE: must not be set together with SMTP_URL: name that relay in the file',
    );
  });

  it('its secrets are settings of any name with that beginning, of the environment or .env', () => {
    const config: EmailsConfig = parseConfig(
      { SMTP_SECRET_SES: 'one', SMTP_SECRET_B: '' },
      'SMTP_SECRET_SES=no\nSMTP_SECRET_B=two',
    );
    expect(config.SMTP_SECRETS).toEqual({ SMTP_SECRET_SES: 'one', SMTP_SECRET_B: 'two' });
    const login = { relays: { own: { ...own, user: 'me', passwordEnv: 'SMTP_SECRET_SES' } }, routes: all };
    expect(faultsOf(login, config.SMTP_SECRETS)).toEqual([]);
  });
});

describe('the relays of a mail', () => {
  const routes = [
    { senders: ['example.no', '*.example.no'], streams: ['news'], relays: { bulk: 1 } },
    { senders: ['example.no'], relays: { own: 1 } },
    { streams: ['news'], relays: { ses: 3, bulk: 1, spare: 0 } },
    { relays: { ses: 1 } },
  ];

  it.each([
    ['post@example.no', 'news', ['bulk']],
    ['post@Lists.Example.no', 'news', ['bulk']],
    ['post@example.no', undefined, ['own']],
    ['post@lists.example.no', undefined, ['ses']],
    ['post@notexample.no', 'transactional', ['ses']],
  ])('of %s in the stream %s: %j', (from, messageStream, names) => {
    expect(chooseRelays(routes, { jobId: 'eml_1', from, messageStream })).toEqual(names);
  });

  it('by weight, the same for each run of a job; weight 0 comes last', () => {
    const choose = (serial: number) =>
      chooseRelays(routes, { jobId: `eml_${serial}`, from: 'a@b.no', messageStream: 'news' });
    const chosen = Array.from({ length: 10_000 }, (_, serial) => choose(serial));
    expect(chosen.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, serial) => choose(serial)));
    expect(new Set(chosen.map((names) => names.at(-1)))).toEqual(new Set(['spare']));
    // Of 10,000 draws with a chance of 3/4 the standard deviation is 43.
    const first = chosen.filter(([name]) => name === 'ses').length;
    expect(Math.abs(first - 7500)).toBeLessThan(260);
  });
});

it('one of two relays dies in the middle of 200 mails: all are sent once, the rest by the other; it comes back', async () => {
  const [one, two] = [await openSmtpServer(), await openSmtpServer()];
  const { port } = one;
  closers.push(two.close);
  const content = {
    relays: { one: { url: one.url }, two: { url: two.url } },
    routes: [{ relays: { one: 9, two: 1 } }],
  };
  const { run, processor, redis } = await openRelays(content);
  const subjects = Array.from({ length: 200 }, (_, serial) => `mail ${serial}`);
  const results = new Map<string, EmailResult>();
  let dying: Promise<void> | undefined;
  const waiting = [...subjects.entries()];
  const sendNext = async (): Promise<void> => {
    const next = waiting.shift();
    if (!next) return;
    const [serial, subject] = next;
    results.set(subject, await run({ ...mail, to: `a${serial}@example.no`, subject }, 1000 + serial));
    if (one.mails.length >= 60) dying ??= one.close();
    return sendNext();
  };
  await Promise.all(Array.from({ length: 10 }, sendNext));
  await dying;

  const taken = [...one.mails, ...two.mails].map(({ parsed }) => parsed.subject ?? '');
  expect(new Set(taken).size).toBe(taken.length);
  const unknown = subjects.filter((subject) => results.get(subject)?.state === 'unknown');
  expect(subjects.filter((subject) => !taken.includes(subject) && !unknown.includes(subject))).toEqual([]);
  expect(two.mails.length).toBeGreaterThan(100);
  for (const [subject, { state, recipients }] of results) {
    if (state === 'unknown') continue;
    const by = one.mails.some(({ parsed }) => parsed.subject === subject) ? 'one' : 'two';
    expect([subject, state, recipients]).toEqual([subject, 'sent', [expect.objectContaining({ relay: by })]]);
  }
  expect(processor.dependency?.()).toMatchObject({
    ...{ name: 'mail relays', ok: false },
    parts: [
      { name: 'mail relay one', ok: false },
      { name: 'mail relay two', ok: true },
    ],
  });

  // What the other one took is not called when it is back.
  const [name] = await redis.keys('heavylift:{emails}:own:relay:one@*:waiting');
  expect(name === undefined ? [] : await redis.zrange(name, 0, -1)).toEqual([]);
  const back = await openScriptedSmtpServer(undefined, port);
  closers.push(back.close);
  const keys = await redis.keys('heavylift:{emails}:own:relay:one@*[0-9]');
  const key = keys.find((name) => !name.endsWith(':turns')) ?? '';
  await redis.hset(key, 'until', now() - 1);
  for (let serial = 0; serial < 20; serial += 1) await run(mail, 2000 + serial);
  expect(back.taken.length).toBeGreaterThan(10);
});

it('a relay that may have taken a mail: no other sends it; one that refuses its sender: the other does', async () => {
  const one = await openSmtpServer({ data: 'cut' });
  const two = await openSmtpServer();
  closers.push(one.close, two.close);
  const content = {
    relays: { one: { url: one.url }, two: { url: two.url } },
    routes: [{ relays: { one: 1, two: 0 } }],
  };
  const { run } = await openRelays(content);
  expect(await run(mail, 3000)).toMatchObject({ state: 'unknown' });
  expect(two.mails).toHaveLength(0);
  one.misbehaviour.rcpt = () => ({ code: 553, text: '5.7.1 Sender address rejected: not owned by user' });
  expect(await run(mail, 3001)).toMatchObject({ state: 'sent', recipients: [{ relay: 'two' }] });
});

it('all relays rest: mails wait, without an attempt, and say why', async () => {
  const one = await openSmtpServer({ greeting: { code: 554, text: '5.3.2 we are closed' } });
  const two = await openSmtpServer({ greeting: { code: 554, text: '5.3.2 so are we' } });
  closers.push(one.close, two.close);
  const content = {
    relays: { one: { url: one.url }, two: { url: two.url } },
    routes: [{ relays: { one: 1, two: 0 } }],
  };
  const { run } = await openRelays(content);
  for (let serial = 0; serial < 5; serial += 1) {
    expect((await errorOf(run(mail, 4000 + serial))).code).toBe('mail_relay_unavailable');
  }
  const connections = one.connections + two.connections;
  const error = await errorOf(run(mail, 4010));
  expect([error.code, error.waitingOn]).toEqual(['mail_snoozed', 'relay']);
  expect(one.connections + two.connections).toBe(connections);
});

it('a relay with OAuth2: signs in with a token that is got by the refresh token', async () => {
  const asked: Record<string, string>[] = [];
  const tokens = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(Object.fromEntries(new URLSearchParams(body)));
    response.end(JSON.stringify({ access_token: `token-${asked.length}`, expires_in: 3600 }));
  });
  tokens.listen(0, '127.0.0.1');
  await once(tokens, 'listening');
  const lines: string[] = [];
  const relay = await openScriptedSmtpServer((stage, line) => {
    if (stage === 'EHLO') return '250-scripted\r\n250 AUTH PLAIN XOAUTH2';
    if (stage !== 'AUTH') return undefined;
    lines.push(Buffer.from(line.split(' ').at(-1) ?? '', 'base64').toString());
    return '235 2.7.0 welcome';
  });
  closers.push(relay.close, async () => void tokens.close());
  const oauth2 = {
    ...{ clientId: 'app', clientSecretEnv: 'SMTP_SECRET_APP', refreshTokenEnv: 'SMTP_SECRET_REFRESH' },
    tokenUrl: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`,
  };
  const { run } = await openRelays(
    { relays: { gmail: { url: relay.url, user: 'post@firma.no', oauth2 } }, routes: [{ relays: { gmail: 1 } }] },
    { SMTP_SECRET_APP: 'app secret', SMTP_SECRET_REFRESH: 'refresh me' },
  );
  expect(await run(mail, 5000)).toMatchObject({ state: 'sent' });
  expect(asked).toEqual([
    { client_id: 'app', client_secret: 'app secret', refresh_token: 'refresh me', grant_type: 'refresh_token' },
  ]);
  expect(lines).toEqual(['user=post@firma.no\x01auth=Bearer token-1\x01\x01']);
});
