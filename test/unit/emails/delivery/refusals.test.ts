import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../../src/errors.ts';
import { createJobFields } from '../../../../src/queue/run/job-fields.ts';
import { ANSWERS } from '../../../../workers/emails/delivery/ledger.ts';
import { openScriptedSmtpServer } from '../../../support/emails/scripted-smtp-server.ts';
import { type Misbehaviour, openSmtpServer } from '../../../support/emails/smtp-server.ts';
import {
  closers,
  errorOf,
  mail,
  onlyMail,
  openMail,
  reportId,
  runContext,
  runningJob,
  storedFile,
  storeJob,
  told,
} from '../open-mail.ts';

describe('a mail that the server does not take', () => {
  it('a refused mail with a file of another job: the file is closed', async () => {
    const { send } = await openMail({ rcpt: () => ({ code: 550, text: 'no' }) });
    const content = Readable.from([Buffer.from('unread')]);
    const base = runContext({ found: { id: reportId, state: 'completed', files: [storedFile('a.pdf')] } });
    const context = { ...base, storage: { ...base.storage, open: async () => content } };
    await errorOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context));
    expect(content.destroyed).toBe(true);
  });

  it('550 for the only recipient: final, with address and answer', async () => {
    const { send } = await openMail({ rcpt: () => ({ code: 550, text: '5.1.1 no such user' }) });
    const error = await errorOf(send(mail));
    expect([error.code, error.retryable]).toEqual(['mail_refused', false]);
    expect(error.message).toBe('The mail server refused the mail: kari@example.no (550 5.1.1 no such user).');
    expect(toProblem(error).recipients).toMatchObject([
      {
        address: 'kari@example.no',
        state: 'refused',
        command: 'RCPT TO',
        code: 550,
        status: '5.1.1',
        class: 'recipient',
      },
    ]);
  });

  it('450 for the only recipient: deferred', async () => {
    const { send } = await openMail({ rcpt: () => ({ code: 450, text: '4.2.0 greylisted' }) });
    const error = await errorOf(send(mail));
    expect([error.code, error.retryable]).toEqual(['mail_deferred', true]);
    expect(error.message).toContain('kari@example.no (450 4.2.0 greylisted)');
    expect(error.recipients).toMatchObject([{ address: 'kari@example.no', state: 'deferred', status: '4.2.0' }]);
  });

  it('put off again and again: told after a quarter of an hour, once a day, and not of what holds up all mails', async () => {
    const answers = { text: '4.2.0 greylisted' };
    const { processor, redis } = await openMail({ rcpt: () => ({ code: 450, ...answers }) });
    const fields = createJobFields(redis, 'emails');
    const job = runningJob(mail, 5001);
    await storeJob(redis, job);
    const runAgain = async (change: (answer: Record<string, unknown>) => object = (answer) => answer) => {
      const [text = null] = await fields.read(job.id, [ANSWERS]);
      if (text) {
        const { 'kari@example.no': answer } = JSON.parse(text) as Record<string, Record<string, unknown>>;
        const changed = { 'kari@example.no': change(answer ?? {}) };
        await fields.change(job.id, { expected: {}, set: { [ANSWERS]: JSON.stringify(changed) } });
      }
      await errorOf(processor.process(job, runContext()));
    };
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    await runAgain();
    await runAgain((answer) => ({ ...answer, at: ago(14) }));
    expect(told).toEqual([]);
    await runAgain((answer) => ({ ...answer, since: ago(16) }));
    await runAgain();
    expect(told).toMatchObject([
      {
        ...{ event: 'mail.deferred', caller: 'test', job: job.id, subjects: ['kari@example.no'] },
        data: { address: 'kari@example.no', state: 'deferred', code: 450, status: '4.2.0', class: 'recipient' },
      },
      {},
    ]);
    await runAgain((answer) => ({ ...answer, since: ago(25 * 60) }));
    // What is told under one id is sent once.
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
    expect(told[0]?.id).toBe(told[1]?.id);
    // Trouble with all mails is not told of, and the recipient is put off since before it.
    answers.text = '4.7.1 too much mail';
    await runAgain();
    expect(told).toHaveLength(3);
    answers.text = '4.2.0 greylisted';
    await runAgain();
    expect(told.map(({ id }) => id).slice(2)).toEqual([told[2]?.id, told[2]?.id]);
    expect(told).toHaveLength(4);
  });

  it('some recipients refused for good: partly, each with its code', async () => {
    const { server, send } = await openMail({
      rcpt: (address) => (address === 'no@example.no' ? { code: 550, text: 'no such user' } : undefined),
    });
    const result = await send({ ...mail, cc: ['no@example.no'] });
    expect(result.state).toBe('partly');
    const at = expect.stringMatching(/^20.*Z$/);
    expect(result.recipients).toEqual([
      {
        address: 'kari@example.no',
        state: 'accepted',
        stage: 'dot',
        command: '.',
        code: 250,
        status: null,
        response: '250 queued',
        class: null,
        at,
      },
      {
        address: 'no@example.no',
        state: 'refused',
        stage: 'rcpt',
        command: 'RCPT TO',
        code: 550,
        status: null,
        response: '550 no such user',
        class: 'recipient',
        at,
      },
    ]);
    expect(onlyMail(server).to).toEqual(['kari@example.no']);
  });

  it.each([
    [554, '5.6.0 bad content', 'mail_refused'],
    [451, '4.6.0 later', 'mail_deferred'],
  ])(
    '%i after the whole mail: recipients that were refused before keep their own answers',
    async (code, text, ends) => {
      // It has no SMTPUTF8.
      const server = await openScriptedSmtpServer((stage, line) => {
        if (stage === 'RCPT' && line.includes('no@')) return '550 5.1.1 no such user';
        return stage === 'dot' ? `${code} ${text}` : undefined;
      });
      closers.push(server.close);
      const { send } = await openMail({}, '', server.url);
      const error = await errorOf(send({ ...mail, cc: ['no@example.no', 'blåbær@example.no'] }));
      expect([error.code, error.message]).toEqual([ends, expect.stringContaining(`kari@example.no (${code} ${text})`)]);
      expect(error.message).not.toMatch(RegExp(`(?:no|blåbær)@example.no \\(${code}`));
      if (ends === 'mail_deferred') return;
      const classes = error.recipients?.map((one) => [one.address, one.stage, one.class]);
      expect(classes).toEqual([
        ['kari@example.no', 'dot', 'content'],
        ['no@example.no', 'rcpt', 'recipient'],
        ['blåbær@example.no', 'rcpt', 'recipient'],
      ]);
    },
  );

  it('a sender that is refused, and recipients that are out of order then: about the sender', async () => {
    const server = await openScriptedSmtpServer((stage) => {
      if (stage === 'MAIL') return '553 5.1.8 unknown domain';
      return stage === 'RCPT' ? '503 5.5.1 need MAIL command' : undefined;
    });
    closers.push(server.close);
    const { send } = await openMail({}, '', server.url);
    expect((await errorOf(send({ ...mail, cc: ['no@example.no', 'blåbær@example.no'] }))).code).toBe(
      'mail_sender_refused',
    );
  });

  it('554 after the whole mail: final; the next mail is sent', async () => {
    const { server, send } = await openMail({ data: { code: 554, text: '5.7.1 spam' } });
    const error = await errorOf(send(mail));
    expect([error.code, error.message]).toEqual([
      'mail_refused',
      'The mail server refused the mail: kari@example.no (554 5.7.1 spam).',
    ]);
    server.misbehaviour = {};
    expect((await send(mail)).state).toBe('sent');
  });

  it.each<[string, Misbehaviour]>([
    ['421 as the greeting', { greeting: { code: 421, text: 'too busy' } }],
    ['554 as the greeting', { greeting: { code: 554, text: 'no SMTP service here' } }],
    ['421 at a recipient', { rcpt: () => ({ code: 421, text: 'shutting down' }) }],
  ])('%s: the relay is away, and the mail is tried again', async (_name, misbehaviour) => {
    const { server, send } = await openMail(misbehaviour);
    const error = await errorOf(send(mail));
    expect([error.code, error.retryable]).toEqual(['mail_relay_unavailable', true]);
    server.misbehaviour = {};
    expect((await send(mail)).state).toBe('sent');
  });

  it('a server that never greets: tried again after the greeting timeout', async () => {
    const { send } = await openMail({ greeting: 'silent' }, '?greetingTimeout=100');
    const error = await errorOf(send(mail));
    expect([error.code, error.message.slice(0, 41)]).toEqual([
      'mail_relay_unavailable',
      'The mail relay did not answer in time. It',
    ]);
  });

  it('nobody listens on the port: tried again', async () => {
    const gone = await openSmtpServer();
    await gone.close();
    const { send } = await openMail({}, '', gone.url);
    expect((await errorOf(send(mail))).code).toBe('mail_relay_unavailable');
  });

  it('wrong credentials: tried again, and the password is in no sentence', async () => {
    const auth = { code: 535, text: '5.7.8 credentials invalid' };
    const server = await openSmtpServer({ auth });
    closers.push(server.close);
    const { send } = await openMail({}, '', `smtp://relay:hemmelig@127.0.0.1:${server.port}`);
    const error = await errorOf(send(mail));
    expect([error.code, error.retryable]).toEqual(['mail_relay_unavailable', true]);
    expect(error.message).toContain('Check user and password in SMTP_URL');
    expect(error.message).not.toContain('hemmelig');
  });
});

describe('a mail whose fate is not known', () => {
  it('the connection ends after the whole mail, before the answer: unknown, and not sent again', async () => {
    const { server, send } = await openMail({ data: 'cut' });
    const result = await send(mail);
    expect(result).toMatchObject({
      state: 'unknown',
      recipients: [{ address: 'kari@example.no', state: 'unknown', response: null }],
    });
    expect(result.messageId).toMatch(/^<eml_.*@firma\.no>$/);
    expect(server.connections).toBe(1);
  });

  it('no answer to the whole mail within the socket timeout: unknown', async () => {
    const { send } = await openMail({ data: 'silent' }, '?socketTimeout=200');
    expect((await send(mail)).state).toBe('unknown');
  });
});

describe('a run that is stopped', () => {
  const stopped = new AppError('interrupted', 'The worker is shutting down.');

  it('before it began: nothing is sent', async () => {
    const { server, send } = await openMail();
    expect(await errorOf(send(mail, { signal: AbortSignal.abort(stopped) }))).toBe(stopped);
    expect(server.connections).toBe(0);
  });

  it('while the server decides about a recipient: the connection is cut, with the run’s own reason', async () => {
    const controller = new AbortController();
    const { server, send } = await openMail({
      rcpt: () => {
        controller.abort(stopped);
        return undefined;
      },
    });
    expect(await errorOf(send(mail, { signal: controller.signal }))).toBe(stopped);
    expect(server.mails).toHaveLength(0);
  });

  it('after the whole mail had left: the answer is waited for, and the mail counts as sent', async () => {
    const controller = new AbortController();
    const { server, send } = await openMail();
    const arrival = server.nextArrival().then(() => controller.abort(stopped));
    expect((await send(mail, { signal: controller.signal })).state).toBe('sent');
    await arrival;
    expect(server.mails).toHaveLength(1);
  });

  it('after the whole mail had left, and no answer comes: unknown', async () => {
    const controller = new AbortController();
    const { server, send } = await openMail({ data: 'silent' });
    const arrival = server.nextArrival().then(() => controller.abort(stopped));
    expect((await send(mail, { signal: controller.signal })).state).toBe('unknown');
    await arrival;
  });
});
