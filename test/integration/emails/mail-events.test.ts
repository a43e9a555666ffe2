import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { ownKey } from '../../../src/redis/script.ts';
import { runCli } from '../../support/cli.ts';
import { BOUNCE_SAMPLES, type BounceFacts, complaint, dsn } from '../../support/emails/bounces.ts';
import { openMailSession } from '../../support/emails/mail-session.ts';
import { makeSendgridSigner, writeMailgun } from '../../support/emails/provider-reports.ts';
import { answer, createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const API_KEYS = `kari:${KEYS.kari},ola:${KEYS.ola}:emails,operator:${KEYS.operator}:admin+emails`;

/** What comes back of mails, from the mail to the application that hears of it. */
let product: Product;
let hearing: HttpSink;
let lmtpPort: number;
const sinks = createSinks(answer(204));
beforeAll(async () => {
  lmtpPort = await findFreePort();
  product = await startProduct({
    kinds: [['emails', 'webhooks']],
    env: {
      EMAILS_BOUNCE_LISTEN: `lmtp://127.0.0.1:${lmtpPort}`,
      ...{ WEBHOOKS_ALLOW: '127.0.0.1', EMAILS_BOUNCE_DOMAIN: 'b.firma.no', EMAILS_FROM: 'Firma <post@firma.no>' },
      API_KEYS,
    },
  });
  hearing = await sinks.open();
  const endpoint = {
    url: hearing.url,
    events: ['mail.bounced', 'mail.complained', 'mail.deferred', 'mail.unsubscribed'],
  };
  await call('PUT', '/v1/webhook-endpoints/mails', endpoint);
});
afterAll(async () => {
  await product.close();
  await sinks.close();
});
afterEach(() => void hearing.requests.splice(0));

async function call(method: string, path: string, body?: object, key: string = KEYS.kari) {
  const sent = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const answered = await product.request(path, { method, key, ...sent });
  const text = await answered.text();
  return { status: answered.status, body: (text ? JSON.parse(text) : null) as Record<string, unknown> };
}

/** Sends a mail, and says what a server that returns it knows. */
async function send(to: string[], more: object = {}, key: string = KEYS.kari): Promise<BounceFacts & { job: string }> {
  const { body } = await call(
    'POST',
    '/v1/emails',
    { to, subject: 'Hei', text: 'Hei!', tags: ['order-7'], ...more },
    key,
  );
  const job = String(body['id']);
  const done = (await product.jobReaches(job, 'completed')) as { result: { messageId: string } };
  const { body: inbox } = await call('GET', `/v1/inbox?job=${job}`, undefined, KEYS.operator);
  const [mail] = inbox['mails'] as [{ from: string }];
  return { job, returnPath: mail.from, messageId: done.result.messageId.slice(1, -1), to: to[0] as string };
}

async function bringBack(mail: string | Uint8Array, key: string = KEYS.kari) {
  const headers = { 'Content-Type': 'message/rfc822' };
  const body = typeof mail === 'string' ? mail : new Uint8Array(mail);
  const answered = await product.request('/v1/mail-events/raw', { method: 'POST', body, key, headers });
  return { status: answered.status, body: (await answered.json()) as Record<string, unknown> };
}

/** How the reader of a mail leaves: the path of the link, or a mail to that address with that subject. */
async function leavingOf(job: string) {
  const { body: inbox } = await call('GET', `/v1/inbox?job=${job}`, undefined, KEYS.operator);
  const [{ id }] = inbox['mails'] as [{ id: string }];
  const { body: mail } = await call('GET', `/v1/inbox/${id}`, undefined, KEYS.operator);
  const headers = mail['headers'] as { name: string; value: string }[];
  const value = headers.find(({ name }) => name === 'List-Unsubscribe')?.value ?? '';
  const [, link = '', mailto = ''] = /^<(https?:[^>]+)>,\s+<(mailto:[^>]+)>$/.exec(value) ?? [];
  const { pathname: address, searchParams } = new URL(mailto);
  return { path: new URL(link).pathname, address, subject: searchParams.get('subject') ?? '' };
}

const recipientsOf = async (job: string): Promise<MailRecipient[]> =>
  ((await call('GET', `/v1/jobs/${job}`)).body['result'] as { recipients: MailRecipient[] }).recipients;
const heard = (type: string) =>
  until(`${type} is told`, () => {
    const events = hearing.requests.map(({ body }) => JSON.parse(body) as { type: string; data: object });
    return events.find((one) => one.type === type);
  });
const sampleOf = (server: string) => {
  const found = BOUNCE_SAMPLES.find((one) => one.server === server);
  if (!found) throw new Error(`no sample of ${server}`);
  return found;
};
const suppressionOf = (address: string, key: string = KEYS.kari) =>
  call('GET', `/v1/suppressions/${encodeURIComponent(address)}`, undefined, key);

describe('a mail that comes back', () => {
  it('a bounce: the recipient has it, the address is suppressed for all, the endpoint hears; once', async () => {
    const facts = await send(['gone@example.no']);
    expect(facts.returnPath).toMatch(/^b-[\w-]{40,62}@b\.firma\.no$/);
    const mail = sampleOf('Postfix').write(facts);
    const first = await bringBack(mail);
    expect(first).toEqual({
      status: 200,
      body: {
        ignored: null,
        events: [
          {
            ...{
              event: 'mail.bounced',
              job: facts.job,
              address: 'gone@example.no',
              class: 'recipient',
              status: '5.1.1',
            },
            ...{ suppresses: 'at once', isNew: true },
          },
        ],
      },
    });
    expect(await recipientsOf(facts.job)).toEqual([
      expect.objectContaining({
        address: 'gone@example.no',
        state: 'bounced',
        code: 550,
        status: '5.1.1',
        stage: null,
      }),
    ]);
    expect((await suppressionOf('gone@example.no', KEYS.ola)).body).toMatchObject({ reason: 'bounce', caller: null });
    expect((await heard('mail.bounced')).data).toMatchObject({
      ...{ job: facts.job, address: 'gone@example.no', state: 'bounced', class: 'recipient', tags: ['order-7'] },
    });
    await call('DELETE', '/v1/suppressions/gone@example.no', undefined, KEYS.operator);
    expect(await bringBack(mail)).toMatchObject({ body: { events: [{ isNew: false }] } });
    expect((await suppressionOf('gone@example.no')).status).toBe(404);
  });

  it('from another key: none of its mails; from an operator: taken, by the Message-ID too', async () => {
    const facts = await send(['kari@example.no', 'ola@example.no']);
    const mail = sampleOf('Gmail').write({ ...facts, returnPath: 'post@firma.no' });
    expect(await bringBack(mail, KEYS.ola)).toEqual({ status: 200, body: { events: [], ignored: 'no_mail' } });
    expect(await bringBack(mail, KEYS.operator)).toMatchObject({ body: { events: [{ job: facts.job, isNew: true }] } });
    expect((await recipientsOf(facts.job)).map(({ state }) => state)).toEqual(['bounced', 'accepted']);
    expect((await suppressionOf('kari@example.no', KEYS.ola)).status).toBe(404);
  });

  it('made up by who knows the Message-ID, or the return path of a mail to several: stops that key’s mails alone', async () => {
    const facts = await send(['boss@example.no', 'mallory@example.no']);
    const byId = sampleOf('Postfix').write({ ...facts, returnPath: 'post@firma.no' });
    expect(await bringBack(byId)).toMatchObject({ body: { events: [{ job: facts.job, suppresses: 'at once' }] } });
    await bringBack(sampleOf('Postfix').write({ ...facts, to: 'mallory@example.no' }), KEYS.operator);
    for (const address of ['boss@example.no', 'mallory@example.no']) {
      expect((await suppressionOf(address)).body).toMatchObject({ reason: 'bounce', caller: 'kari' });
      expect((await suppressionOf(address, KEYS.ola)).status).toBe(404);
    }
  });

  const bounceOf = (facts: BounceFacts, final: string, said: string) => {
    const group = [`Final-Recipient: rfc822; ${final}`, `Original-Recipient: rfc822;${facts.to}`, 'Action: failed'];
    const groups = [['Reporting-MTA: dns; mx.a.no'], [...group, `Diagnostic-Code: smtp; ${said}`]];
    return dsn(facts, { from: 'MAILER-DAEMON@a.no', text: 'x', groups });
  };

  it('behind a forward: the recipient itself takes mail, and is stopped on another day at the soonest', async () => {
    const facts = await send(['forwards@example.no']);
    expect(await bringBack(bounceOf(facts, 'old@b.no', '550 5.1.1 user unknown'))).toMatchObject({
      body: { events: [{ address: 'forwards@example.no', suppresses: 'on another day', isNew: true }] },
    });
    expect((await suppressionOf('forwards@example.no', KEYS.operator)).status).toBe(404);
  });

  it('made up before the true one comes: the true one counts all the same, and the other after it does not', async () => {
    const facts = await send(['true@example.no']);
    const madeUp = bounceOf({ ...facts, returnPath: 'x@x.no' }, facts.to, '550 5.7.1 spam');
    expect(await bringBack(madeUp)).toMatchObject({ body: { events: [{ suppresses: null, isNew: true }] } });
    const genuine = bounceOf(facts, facts.to, '550 5.1.1 user unknown');
    expect(await bringBack(genuine)).toMatchObject({ body: { events: [{ suppresses: 'at once', isNew: true }] } });
    expect((await suppressionOf(facts.to, KEYS.ola)).body).toMatchObject({ reason: 'bounce', caller: null });
    const again = bounceOf({ ...facts, returnPath: 'x@x.no' }, facts.to, '550 5.1.1 user unknown');
    for (const mail of [genuine, again]) {
      expect(await bringBack(mail)).toMatchObject({ body: { events: [{ isNew: false }] } });
    }
    const [recipient] = await recipientsOf(facts.job);
    expect(recipient).toMatchObject({ status: '5.1.1', class: 'recipient' });
    expect(recipient).not.toHaveProperty('weight');
  });

  it('a complaint about a mail of an operator: of its mails alone, and not by the Message-ID', async () => {
    const facts = await send(['chief@example.no', 'mallory@example.org'], {}, KEYS.operator);
    const byId = complaint({ ...facts, returnPath: 'nobody@x.no' }, 'abuse');
    expect(await bringBack(byId, KEYS.operator)).toMatchObject({ body: { events: [], ignored: 'no_mail' } });
    await bringBack(complaint(facts, 'abuse'), KEYS.operator);
    expect((await suppressionOf(facts.to, KEYS.ola)).status).toBe(404);
    expect((await suppressionOf(facts.to, KEYS.operator)).body).toMatchObject({
      ...{ reason: 'complaint', caller: 'operator' },
    });
  });

  it('still tried: told, and nothing else; delivered: shown', async () => {
    const facts = await send(['kari.slow@example.no']);
    expect(await bringBack(sampleOf('Postfix, still trying').write(facts))).toMatchObject({
      body: { events: [{ event: 'mail.deferred', suppresses: null }] },
    });
    expect((await heard('mail.deferred')).data).toMatchObject({ job: facts.job, status: '4.2.2' });
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'accepted' }]);
    await bringBack(sampleOf('Postfix, delivered').write(facts));
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'delivered', status: '2.0.0' }]);
  });

  it('a complaint: stops the mails of that key alone, also where it names nobody', async () => {
    const facts = await send(['angry@example.no']);
    expect(await bringBack(complaint(facts, 'abuse', false))).toMatchObject({
      body: { events: [{ event: 'mail.complained', address: 'angry@example.no', suppresses: 'at once' }] },
    });
    expect((await suppressionOf('angry@example.no')).body).toMatchObject({ reason: 'complaint', caller: 'kari' });
    expect((await suppressionOf('angry@example.no', KEYS.ola)).status).toBe(404);
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'complained' }]);
    expect((await heard('mail.complained')).data).toMatchObject({ address: 'angry@example.no' });
  });

  it('of two recipients: the one that the report names, and nobody who did not get the mail', async () => {
    const facts = await send(['one@example.no', 'two@example.no']);
    await bringBack(sampleOf('Domino').write({ ...facts, to: 'two@example.no' }));
    const stranger = await bringBack(sampleOf('Domino').write({ ...facts, to: 'three@example.no' }));
    expect(stranger.body).toEqual({ events: [], ignored: 'no_mail' });
    expect((await recipientsOf(facts.job)).map(({ state }) => state)).toEqual(['accepted', 'bounced']);
    expect((await suppressionOf('three@example.no')).status).toBe(404);
  });

  it('nothing, an answer of a person, a picture, more than is read: refused or ignored', async () => {
    expect((await bringBack('')).status).toBe(400);
    expect(await bringBack('From: kari@example.no\r\n\r\nHei!\r\n')).toMatchObject({ body: { ignored: 'no_mail' } });
    const named = `To: <eml_${'0'.repeat(26)}@firma.no>\r\n`;
    expect(await bringBack(`${named}\r\nHei!\r\n`)).toMatchObject({ body: { ignored: 'no_report' } });
    const part = (at: number) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`;
    const nested = named + Array.from({ length: 50 }, (_, at) => part(at)).join('');
    expect(await bringBack(nested)).toMatchObject({ status: 200, body: { events: [], ignored: 'unreadable' } });
    expect(await bringBack(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 13, 10))).toMatchObject({ status: 200 });
    expect((await bringBack(new Uint8Array(10_000_001))).status).toBe(413);
  });

  it('an unsubscribe link that is used: the endpoint hears of it, of two posts once', async () => {
    const { job } = await send(['reader@example.no'], { messageStream: 'news' });
    const { path } = await leavingOf(job);
    for (const _ of [1, 2]) expect((await product.request(path, { method: 'POST' })).status).toBe(200);
    expect((await heard('mail.unsubscribed')).data).toMatchObject({
      address: 'reader@example.no',
      messageStream: 'news',
    });
    expect(hearing.requests).toHaveLength(1);
  });
});

describe('the receiver', () => {
  it('takes bounces to return paths of ours, an answer for each, and nothing for anybody else', async () => {
    const [gone, other] = [await send(['left@example.no']), await send(['both@example.no', 'second@example.no'])];
    const session = await openMailSession(lmtpPort);
    // Without a line of the mail that it is about: the envelope names that.
    const content = dsn(
      { ...gone, returnPath: 'x@x.no' },
      {
        ...{ from: 'MAILER-DAEMON@mx.no', text: 'Unknown.', returned: null },
        groups: [
          ['Reporting-MTA: dns; mx.no'],
          ['Final-Recipient: rfc822; left@example.no', 'Action: failed', 'Status: 5.1.1'],
        ],
      },
    );
    const strangers = [
      'kari@example.no',
      'post@b.firma.no',
      gone.returnPath.replace('b.firma.no', 'firma.no'),
      `c${gone.returnPath}`,
    ];
    const changed = gone.returnPath.replace(/.@/, (end) => (end === '0@' ? '1@' : '0@'));
    const replies = await session.deliver({
      to: [gone.returnPath.toUpperCase(), ...strangers, changed, other.returnPath],
      content,
    });
    expect(replies.rcpt.map((reply) => reply.slice(0, 9))).toEqual([
      ...['250 Accep', ...[...strangers, changed].map(() => '550 5.1.1'), '250 Accep'],
    ]);
    expect(replies.mail).toEqual(['250 2.0.0 Kept', '250 2.0.0 Kept']);
    expect(await recipientsOf(gone.job)).toMatchObject([{ state: 'bounced', status: '5.1.1' }]);
    expect((await suppressionOf('left@example.no', KEYS.ola)).body).toMatchObject({ reason: 'bounce', caller: null });
    // The report names none of the other mail's recipients.
    expect((await recipientsOf(other.job)).map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    session.socket.destroy();
  });

  it('unsubscribes who writes to the address in a mail, as its link does, and nobody who does not say what', async () => {
    const { job } = await send(['leaver@example.no'], { messageStream: 'news' });
    const { path, address, subject } = await leavingOf(job);
    expect(address).toMatch(/^unsubscribe\+[\w-]{47}@b\.firma\.no$/);
    const session = await openMailSession(lmtpPort);
    const say = async (lines: readonly string[], { to = address, from = 'leaver@example.no' } = {}) => {
      const content = ['From: leaver@example.no', `To: ${to}`, ...lines, '', 'x'].join('\r\n');
      const { rcpt, mail: [reply] = [] } = await session.deliver({ from, to: [to], content });
      return reply ?? rcpt[0];
    };
    const isLeft = async () => (await suppressionOf('leaver@example.no')).status === 200;
    expect(await say(['Subject: unsubscribe'], { to: 'unsubscribe@b.firma.no' })).toMatch(/^550 5\.1\.1/);
    expect(await say(['Subject: stop!'])).toMatch(/^550 5\.6\.0/);
    expect(await say([`Subject: ${subject}`, 'Auto-Submitted: auto-replied (vacation)'])).toMatch(/^250/);
    expect(await say([`Subject: Out of office: ${subject}`], { from: '' })).toMatch(/^250/);
    expect(await isLeft()).toBe(false);
    // As mail programs write a long subject.
    expect(await say([`Subject: Re: ${subject.replace(' ', '\r\n ')}`])).toMatch(/^250/);
    expect((await suppressionOf('leaver@example.no')).body).toMatchObject({
      ...{ reason: 'unsubscribe', messageStream: 'news', caller: 'kari' },
    });
    expect((await heard('mail.unsubscribed')).data).toMatchObject({
      address: 'leaver@example.no',
      messageStream: 'news',
    });
    const undone = await fetch(`${product.url}${path}?do=undo`, { method: 'POST' });
    expect([await undone.text(), await isLeft()]).toEqual(['Subscribed again.\n', false]);
    session.socket.destroy();
  });
});

describe('a mail provider', () => {
  const cli = (...args: string[]) => {
    const settings = { DATA_DIR: product.dir, REDIS_URL: product.redis.url, PUBLIC_URL: product.url, API_KEYS };
    return runCli(settings, 'mail-events', ...args);
  };
  const report = async (url: string, body: string, headers: Record<string, string> = {}) =>
    (await fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })).status;
  const bounce = (job: string, email: string) =>
    JSON.stringify([
      {
        ...{ event: 'bounce', email, status: '5.1.1', reason: '550 5.1.1 no such user', sg_event_id: `of ${email}` },
        'smtp-id': `<${job}@firma.no>`,
      },
    ]);

  it('of Mailgun: a signature is good for one event at an address, however often that comes', async () => {
    const [key, token, file] = ['key-0123456789abcdef', 'f'.repeat(50), join(product.dir, 'signing-key')];
    writeFileSync(file, key);
    const url = (await cli('create', 'mailgun', 'main-mg', '--verify-with', file)).stdout.trim();
    const { job } = await send(['once@example.no']);
    const event = (name: string) => {
      const message = { headers: { 'message-id': `${job}@firma.no` } };
      return writeMailgun(key, { id: name, event: name, recipient: 'once@example.no', message }, { token });
    };
    const answers = [];
    for (const name of ['delivered', 'delivered', 'complained']) answers.push(await report(url, event(name)));
    expect(answers).toEqual([204, 204, 403]);
    expect(await recipientsOf(job)).toMatchObject([{ state: 'delivered' }]);
  });

  it('gets an address of its own, reports there, signed, and is heard once; revoked, it is not', async () => {
    const signer = makeSendgridSigner();
    const file = join(product.dir, 'verification-key');
    writeFileSync(file, `${signer.key}\n`);
    const made = await cli('create', 'sendgrid', 'main', '--caller', 'nobody', '--verify-with', file);
    expect(made).toMatchObject({ code: 1, stderr: expect.stringMatching(/^there is no key named "nobody"/) });
    const { stdout, code } = await cli('create', 'sendgrid', 'main', '--verify-with', file);
    const url = stdout.trim();
    expect([code, url.replace(/mev_[\w-]{32}$/, 'TOKEN')]).toEqual([0, `${product.url}/v1/mail-events/sendgrid/TOKEN`]);
    expect((await cli('create', 'sendgrid', 'main', '--verify-with', file)).code).toBe(1);
    expect((await cli('create', 'sendgrid', 'other')).stderr).toContain(
      '--verify-with a file with the verification key',
    );
    expect((await cli('list')).stdout).toMatch(/main\s+sendgrid\s+every key/);
    expect(JSON.stringify(await product.redis.client().hgetall(ownKey('emails', 'reporters')))).not.toContain('mev_');

    const { job } = await send(['dead@example.no']);
    const body = bounce(job, 'dead@example.no');
    expect(await report(url, body)).toBe(403);
    expect(await recipientsOf(job)).toMatchObject([{ state: 'accepted' }]);
    expect(await report(url, body, signer.sign(body))).toBe(204);
    expect(await recipientsOf(job)).toMatchObject([{ state: 'bounced', status: '5.1.1' }]);
    expect((await heard('mail.bounced')).data).toMatchObject({ job, address: 'dead@example.no' });
    await call('DELETE', '/v1/suppressions/dead@example.no', undefined, KEYS.operator);
    expect(await report(url, body, signer.sign(body))).toBe(204);
    expect((await suppressionOf('dead@example.no')).status).toBe(404);

    const forwarded = await send(['moved@example.no']);
    const behind = bounce(forwarded.job, 'old@b.no');
    expect(await report(url, behind, signer.sign(behind))).toBe(204);
    expect(await recipientsOf(forwarded.job)).toMatchObject([{ state: 'bounced' }]);
    expect((await suppressionOf('moved@example.no', KEYS.operator)).status).toBe(404);

    expect((await cli('revoke', 'main')).code).toBe(0);
    expect((await cli('revoke', 'main')).code).toBe(1);
    expect(await report(url, body, signer.sign(body))).toBe(404);
    for (const action of ['mail-events.create', 'mail-events.revoke']) {
      const { body: audit } = await call('GET', `/v1/audit?action=${action}`, undefined, KEYS.operator);
      expect(audit['entries']).toContainEqual(expect.objectContaining({ action, by: 'cli', target: 'main' }));
    }
  });

  it('of one key: reports on its mails alone; of a mail that is not known the address counts all the same', async () => {
    const { stdout } = await cli('create', 'postmark', 'shop', '--caller', 'ola');
    const url = stdout.trim();
    const { job } = await send(['not-olas@example.no']);
    const complain = (Email: string, Metadata = {}) => JSON.stringify({ RecordType: 'SpamComplaint', Email, Metadata });
    expect(await report(url, complain('not-olas@example.no', { 'heavylift-job': job }))).toBe(204);
    expect(await recipientsOf(job)).toMatchObject([{ state: 'accepted' }]);
    expect(await report(url, complain('unknown@example.no'))).toBe(204);
    expect((await suppressionOf('unknown@example.no', KEYS.ola)).body).toMatchObject({
      reason: 'complaint',
      caller: 'ola',
    });
    expect((await suppressionOf('unknown@example.no')).status).toBe(404);
    expect((await suppressionOf('not-olas@example.no', KEYS.ola)).status).toBe(404);
    for (const wrong of [url.slice(0, -1), url.replace('postmark', 'ses'), url.replace('postmark', 'raw')]) {
      expect(await report(wrong, complain('x@example.no'))).toBe(404);
    }
  });
});
