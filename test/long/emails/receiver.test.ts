import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { BOUNCE_SAMPLES, type BounceFacts } from '../../support/emails/bounces.ts';
import { findEximFault, startExim } from '../../support/emails/exim.ts';
import { openMailSession } from '../../support/emails/mail-session.ts';
import { findPostfixFault, startPostfix } from '../../support/emails/postfix.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'mail-receiver-'));
chmodSync(dir, 0o755);
const closers: (() => unknown)[] = [() => rmSync(dir, { recursive: true })];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

let product: Product;
let relay: ScriptedSmtpServer;
let port: number;
let settings: Record<string, string>;

async function post(body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const posted = await product.request('/v1/emails', { method: 'POST', body: JSON.stringify(body), headers });
  return ((await posted.json()) as { id: string }).id;
}
async function recipientsOf(id: string): Promise<MailRecipient[]> {
  const job = (await (await product.request(`/v1/jobs/${id}`)).json()) as { result: { recipients: MailRecipient[] } };
  return job.result.recipients;
}
const bounced = (id: string) =>
  until(`${id} has bounced`, async () => {
    const all = await recipientsOf(id);
    return all.some(({ state }) => state === 'bounced') ? all : null;
  });
const suppressionStatus = async (address: string) =>
  (await product.request(`/v1/suppressions/${address}`, { key: KEYS.operator })).status;

const returnPaths: string[] = [];
/** Sends a mail by the relay that takes all, and says what a server that returns it knows. */
async function send(to: string): Promise<BounceFacts & { job: string }> {
  const job = await post({ to, subject: 'Hei', text: 'Hei!' });
  const { result } = (await product.jobReaches(job, 'completed')) as { result: { messageId: string } };
  const returnPath = returnPaths.find((one) => one.includes(job.slice('eml_'.length))) as string;
  return { job, to, returnPath, messageId: result.messageId.slice(1, -1) };
}
const postfixBounce = BOUNCE_SAMPLES.find(({ server }) => server === 'Postfix') as (typeof BOUNCE_SAMPLES)[number];

beforeAll(async () => {
  relay = await openScriptedSmtpServer((stage, line) => {
    const [, path] = /^MAIL FROM:<(.*?)>/i.exec(stage === 'MAIL' ? line : '') ?? [];
    if (path) returnPaths.push(path);
    return undefined;
  });
  closers.push(() => relay.close());
  port = await findFreePort();
  settings = {
    ...{ EMAILS_BOUNCE_DOMAIN: 'b.firma.test', EMAILS_BOUNCE_LISTEN: `lmtp://127.0.0.1:${port}` },
    EMAILS_FROM: 'post@firma.test',
  };
  product = await startProduct({ kinds: ['emails'], env: { SMTP_URL: relay.url, ...settings } });
  closers.push(() => product.close());
});

const listens = () =>
  until('somebody receives', async () => {
    const session = await openMailSession(port).catch(() => null);
    session?.socket.destroy();
    return session !== null;
  });

describe('the receiver', () => {
  it('has one process of a host, and another one as soon as that is killed; what was not answered is sent again', async () => {
    await listens();
    const [first] = product.workers;
    const second = product.startWorker('emails', { SMTP_URL: relay.url, ...settings });
    await until('the second runs', () => second.output().includes('worker ready'));
    const facts = await send('killed@example.no');
    const session = await openMailSession(port);
    for (const line of ['LHLO x', 'MAIL FROM:<>', `RCPT TO:<${facts.returnPath}>`, 'DATA']) await session.say(line);
    await first?.stop('SIGKILL');
    await expect(session.hear()).rejects.toThrow('hung up');
    await listens();
    const again = await openMailSession(port);
    const mail = { to: [facts.returnPath], content: postfixBounce.write(facts) };
    expect((await again.deliver(mail)).mail).toEqual(['250 2.0.0 Kept']);
    expect((await again.deliver(mail)).mail).toEqual(['250 2.0.0 Kept']);
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'bounced', status: '5.1.1' }]);
    again.socket.destroy();
  });

  it('answers 451 while Redis does not answer, and takes the same mail when it does', async () => {
    const facts = await send('frozen@example.no');
    const session = await openMailSession(port);
    product.redis.freeze();
    const mail = { to: [facts.returnPath], content: postfixBounce.write(facts) };
    const refused = await session.deliver(mail).finally(() => product.redis.thaw());
    expect(refused.mail).toEqual(['451 4.3.0 It can not be kept now. Try again later']);
    const again = await openMailSession(port);
    expect((await again.deliver(mail)).mail).toEqual(['250 2.0.0 Kept']);
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'bounced', status: '5.1.1' }]);
    for (const { socket } of [session, again]) socket.destroy();
  });

  it('outlives what hostile clients send, and goes on', async () => {
    const facts = await send('hostile@example.no');
    const rcpt = `RCPT TO:<${facts.returnPath}>`;
    const begin = async () => {
      const session = await openMailSession(port);
      for (const line of ['LHLO x', 'MAIL FROM:<>', rcpt, 'DATA']) await session.say(line);
      return session;
    };
    const hangsUp = async (
      write: (session: Awaited<ReturnType<typeof openMailSession>>) => unknown,
      session = openMailSession(port),
    ) => {
      const open = await session;
      const ended = new Promise<void>((resolve) => open.socket.once('close', () => resolve()));
      await write(open);
      await ended;
    };
    // A line without an end.
    await hangsUp(({ socket }) => socket.write(`RCPT TO:<${'a'.repeat(100_000)}`));
    // A mail without an end: cut at twice the limit.
    await hangsUp(async ({ socket }) => {
      const piece = Buffer.alloc(1_000_000, 'a');
      socket.setMaxListeners(100);
      for (let sent = 0; sent < 30 && !socket.destroyed; sent += 1) {
        if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve).once('close', resolve));
      }
    }, begin());
    // Too large, with an end; NUL and 8-bit bytes, bare line feeds, a line of a megabyte, dots.
    const large = await begin();
    expect(await large.say(`${'a'.repeat(10_500_000)}\r\n.`)).toEqual([
      '552 5.3.4 The mail has more than 10000000 bytes',
    ]);
    const odd = await begin();
    expect(await odd.say(`\0\xff\nFrom: \0\n.\n..\r\n${'x'.repeat(1_000_000)}\r\n.`)).toEqual(['250 2.0.0 Kept']);
    // Everything in one write: each command has its answer, and the second mail is taken.
    const piped = await openMailSession(port);
    const commands = [
      'LHLO x',
      'NOOP',
      'VRFY a',
      'MAIL FROM:<>',
      'RCPT TO:<root@localhost>',
      rcpt,
      'DATA',
      'a',
      '.',
      'QUIT',
    ];
    piped.socket.write(`${commands.join('\r\n')}\r\n`);
    expect((await piped.hear(9)).map((reply) => reply.slice(0, 3))).toEqual([
      ...['250', '250', '252', '250', '550', '250', '354', '250', '221'],
    ]);
    const web = await openMailSession(port);
    expect(await web.say('GET / HTTP/1.1')).toEqual([expect.stringMatching(/^421 /)]);
    // More than take part at a time are told so at once, and the next one is served when they have left.
    const many = await Promise.all(Array.from({ length: 25 }, () => openMailSession(port).catch(() => null)));
    for (const one of [large, odd, piped, web, ...many]) one?.socket.destroy();
    await until('it serves again', async () => {
      const session = await openMailSession(port).catch(() => null);
      const replies = await session
        ?.deliver({ to: [facts.returnPath], content: postfixBounce.write(facts) })
        .catch(() => null);
      session?.socket.destroy();
      return replies?.mail[0] === '250 2.0.0 Kept';
    });
    expect(await recipientsOf(facts.job)).toMatchObject([{ state: 'bounced' }]);
    expect(product.workers.at(-1)?.output()).not.toContain('uncaught');
  });
});

it('a port that a stranger has: said in a line, and tried again', async () => {
  const stranger = createServer((socket) => void socket.on('error', () => {}).end('220 some other server\r\n'));
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
  const taken = (stranger.address() as AddressInfo).port;
  const address = `smtp://127.0.0.1:${taken}`;
  const worker = product.startWorker('emails', { SMTP_URL: relay.url, ...settings, EMAILS_BOUNCE_LISTEN: address });
  await until('it is said', () =>
    worker.output().includes(`bounces can not be received at ${address}: listen EADDRINUSE`),
  );
  await new Promise((resolve) => stranger.close(resolve));
  await until('it has the port', () => worker.output().includes('this process receives bounces'));
  const session = await openMailSession(taken, 'smtp');
  const facts = await send('by.smtp@example.no');
  const replies = await session.deliver({
    to: ['root@b.firma.test', facts.returnPath],
    content: postfixBounce.write(facts),
  });
  expect([replies.rcpt[0], replies.mail]).toEqual([expect.stringMatching(/^550/), ['250 2.0.0 Kept']]);
  session.socket.destroy();
  await worker.stop();
});

const fault = findPostfixFault();
if (fault) console.log(`skipped: ${fault}`);

/** The lines of docs/bounces.md between a mark and the end of its block. */
const documented = (mark: RegExp): string => (mark.exec(readFileSync('docs/bounces.md', 'utf8'))?.[1] ?? '').trim();

(fault ? describe.skip : describe)('a real postfix, set up as documented', () => {
  it('hands its bounces over, by LMTP', async () => {
    const behind = await openScriptedSmtpServer((stage, line) =>
      stage === 'RCPT' && line.includes('gone') ? '550 5.1.1 No such user' : undefined,
    );
    closers.push(() => behind.close());
    const lines = documented(/# main\.cf, with EMAILS_BOUNCE_LISTEN\n(.*?)```/s)
      .replaceAll('b.example.no', 'b.firma.test')
      .replace('2424', String(port))
      .replace('inline:{ ', `inline:{ { behind.test = smtp:[127.0.0.1]:${behind.port} }, `);
    expect(lines).toContain('lmtp:inet:127.0.0.1:');
    const postfix = await startPostfix(dir, {
      main: [...lines.split('\n'), 'minimal_backoff_time = 1s', 'queue_run_delay = 1s'],
      master: ['lmtp unix - - n - - lmtp'],
    });
    closers.push(() => postfix.stop());
    for (const worker of product.workers) await worker.stop('SIGTERM');
    product.startWorker('emails', { ...settings, SMTP_URL: postfix.url });
    const id = await post({ to: ['gone.first@behind.test', 'kari@example.test'], subject: 'Hei', text: 'Hei!' });
    await product.jobReaches(id, 'completed');
    expect((await bounced(id)).map((one) => [one.address, one.state, one.status])).toEqual([
      ['gone.first@behind.test', 'bounced', '5.1.1'],
      ['kari@example.test', 'accepted', expect.any(String)],
    ]);
    const alone = await post({ to: 'gone.too@behind.test', subject: 'Hei', text: 'Hei!' });
    await bounced(alone);
    expect(await suppressionStatus('gone.too@behind.test')).toBe(200);
    // A person who unsubscribes by mail, through the same postfix.
    await post({ to: 'reader@example.test', messageStream: 'news', subject: 'Nytt', text: 'Hei!' });
    const header = await until('the mail is delivered', () => {
      const mail = postfix.delivered().find((one) => one.includes('List-Unsubscribe'));
      return /^List-Unsubscribe:\s+<[^>]+>,\s+<mailto:(.+?)\?subject=unsubscribe%20(.+?)>/m.exec(mail ?? '');
    });
    const [, to = '', token = ''] = header;
    const person = await openMailSession(Number(new URL(postfix.url).port), 'smtp');
    const content = `From: reader@example.test\nTo: ${to}\nSubject: unsubscribe ${token}\n\n`;
    expect((await person.deliver({ from: 'reader@example.test', to: [to], content })).mail).toEqual([
      expect.stringMatching(/^250/),
    ]);
    person.socket.destroy();
    await until('the reader is off the stream', async () => {
      return (await product.request('/v1/suppressions/reader@example.test')).status === 200;
    });
    await until('postfix has nothing left', () => postfix.isIdle());
  });
});

const eximFault = findEximFault();
if (eximFault) console.log(`skipped: ${eximFault}`);

/** Says no behind exim: to recipients, to the mail, or later. */
const SAYINGS: Record<string, string> = {
  gone: '550 5.1.1 No such user',
  full: '552 5.2.2 Mailbox full',
  closed: '550 5.2.1 The mailbox is disabled',
  policy: '550 5.7.1 Access denied by policy',
  slow: '451 4.3.0 Try again later',
};

(eximFault ? describe.skip : describe)('a real exim, set up as documented', () => {
  it('hands its bounces over: each is read as what it is, and suppresses whom it should', async () => {
    const behind = await openScriptedSmtpServer((stage, line) => {
      const [, name = ''] = /<(\w+)@/.exec(line) ?? [];
      if (stage === 'RCPT') return SAYINGS[name] as `550${string}` | undefined;
      return undefined;
    });
    closers.push(() => behind.close());
    const blocks = documented(/```\n(heavylift_bounces:.*?)```/s)
      .replaceAll('b.example.no', 'b.firma.test')
      .replace('2424', String(port));
    const [router = '', transport = ''] = blocks.split('\n\n');
    const eximDir = mkdtempSync(join(tmpdir(), 'mail-receiver-exim-'));
    closers.push(() => rmSync(eximDir, { recursive: true }));
    const exim = await startExim(eximDir, {
      bounces: {
        routers: [
          router,
          'forwarded:\n  driver = redirect\n  domains = alias.test\n  data = gone@behind.test',
          'local:\n  driver = redirect\n  domains = local.test\n  allow_fail\n  data = :fail: no such user here',
          `behind:\n  driver = manualroute\n  domains = behind.test\n  route_data = 127.0.0.1::${behind.port}\n  self = send\n  transport = out`,
          '',
        ].join('\n'),
        transports: `${transport}\n`,
      },
    });
    closers.push(() => exim.stop());
    for (const worker of product.workers) await worker.stop('SIGTERM');
    product.startWorker('emails', { ...settings, SMTP_URL: exim.url });
    const outcomes: [address: string, ...about: (string | null)[], isSuppressed: boolean][] = [
      ['gone@behind.test', '5.1.1', 'recipient', '550 5.1.1 No such user', true],
      ['full@behind.test', '5.2.2', 'recipient', '552 5.2.2 Mailbox full', false],
      ['closed@behind.test', '5.2.1', 'recipient', '550 5.2.1 The mailbox is disabled', false],
      ['policy@behind.test', '5.7.1', 'content', '550 5.7.1 Access denied by policy', false],
      ['slow@behind.test', '4.3.0', 'recipient', '451 4.3.0 Try again later: retry timeout exceeded', false],
      // Another address than the mail's own is gone.
      ['kari@alias.test', '5.1.1', 'recipient', '550 5.1.1 No such user', false],
      ['kari@local.test', '5.0.0', 'recipient', 'no such user here', false],
      ['kari@nowhere.test', '5.0.0', 'recipient', 'Unrouteable address', false],
    ];
    const jobs = await Promise.all(outcomes.map(([to]) => post({ to, subject: 'Hei', text: 'Hei!' })));
    const seen = await Promise.all(
      jobs.map(async (id) => {
        await product.jobReaches(id, 'completed');
        const [one] = await bounced(id);
        const isSuppressed = (await suppressionStatus(one?.address ?? '')) === 200;
        return [one?.address, one?.status, one?.class, one?.response, isSuppressed];
      }),
    );
    expect(seen).toEqual(outcomes);
  });
});
