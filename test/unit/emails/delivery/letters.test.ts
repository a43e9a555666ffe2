import { connect, createServer, type Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { AppError } from '../../../../src/errors.ts';
import { createSuppressions } from '../../../../src/suppressions/store.ts';
import { createUtf8Question } from '../../../../workers/emails/delivery/utf8-question.ts';
import { openSmtpServer } from '../../../support/emails/smtp-server.ts';
import { until } from '../../../support/until.ts';
import { closers, errorOf, mail, onlyMail, openMail, runContext, runningJob, storeJob } from '../open-mail.ts';

const to = ['Kåre <kåre@blåbær.no>', 'kari@example.no'];

it('a relay with SMTPUTF8: takes them, as the addresses that were given', async () => {
  const { server, send } = await openMail();
  const { recipients: answered, state } = await send({ ...mail, to });
  expect([state, ...answered.map(({ address }) => address)]).toEqual([
    'sent',
    'kåre@xn--blbr-roah.no',
    'kari@example.no',
  ]);
  const { source, to: recipients } = onlyMail(server);
  expect(recipients).toEqual(['kåre@blåbær.no', 'kari@example.no']);
  expect(Buffer.from(source, 'latin1').toString()).toContain('<kåre@blåbær.no>, kari@example.no');
});

it('a relay without it: they are refused with the reason, and the others get a mail that every server takes', async () => {
  const chunks: Buffer[] = [];
  let isBusy = false;
  const relay = new SMTPServer({
    ...{ hideSMTPUTF8: true, authOptional: true, disabledCommands: ['STARTTLS', 'AUTH'], disableReverseLookup: true },
    onRcptTo: (_address, _session, answer) =>
      answer(isBusy ? Object.assign(new Error('4.2.1 busy'), { responseCode: 450 }) : undefined),
    onData(stream, _session, answer) {
      stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
      stream.on('end', () => answer());
    },
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => relay.close(() => resolve())));
  const { port } = relay.server.address() as { port: number };
  const { send, redis, processor } = await openMail({}, '', `smtp://127.0.0.1:${port}`);
  const result = await send({ ...mail, to });
  expect(result).toMatchObject({
    state: 'partly',
    recipients: [
      { address: 'kari@example.no', state: 'accepted' },
      { address: 'kåre@xn--blbr-roah.no', state: 'refused', stage: 'rcpt', status: '5.6.7', class: 'recipient' },
    ],
  });
  const source = Buffer.concat(chunks).toString('latin1');
  expect(source).toMatch(/^To: kari@example\.no\r$/m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII
  expect(source).not.toMatch(/[^\x00-\x7f]/);
  expect(
    (await createSuppressions(redis, ['a secret of the tests that is long enough']).list(null, 10)).suppressions,
  ).toEqual([]);
  await expect(send({ ...mail, to: 'kåre@example.no' })).rejects.toThrow(/no SMTPUTF8/);

  // One of them is put off: the next run is for that one alone, and the headers have what they had.
  chunks.length = 0;
  isBusy = true;
  const job = runningJob({ ...mail, to }, 77);
  await storeJob(redis, job);
  expect((await errorOf(processor.process(job, runContext()))).code).toBe('mail_deferred');
  isBusy = false;
  expect((await processor.process(job, runContext())).result).toMatchObject({ state: 'partly' });
  expect(Buffer.concat(chunks).toString('latin1')).toMatch(/^To: kari@example\.no\r$/m);
});

it('a relay that hangs up when it is asked: the mail waits, and is sent by the letters when the relay is back', async () => {
  const server = await openSmtpServer();
  let hangsUp = true;
  const sockets = new Set<Socket>();
  const before = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    if (hangsUp) socket.end();
    else socket.pipe(connect(server.port, '127.0.0.1').on('error', () => {})).pipe(socket);
  });
  await new Promise<void>((resolve) => before.listen(0, '127.0.0.1', resolve));
  closers.push(server.close, async () => {
    for (const socket of sockets) socket.destroy();
    before.close();
  });
  const { port } = before.address() as { port: number };
  const { send } = await openMail({}, '', `smtp://127.0.0.1:${port}`);
  expect((await errorOf(send({ ...mail, to }))).code).toBe('mail_relay_unavailable');
  hangsUp = false;
  expect(await send({ ...mail, to })).toMatchObject({ state: 'sent' });
});

it('asks a connection that stands; else all who ask share one, which neither an end of a run nor of the worker awaits', async () => {
  const { server, send } = await openMail();
  await send(mail);
  expect(await send({ ...mail, to })).toMatchObject({ state: 'sent' });
  expect(server.connections).toBe(1);

  const silent = await openMail({ greeting: 'silent' });
  const { port } = silent.server;
  const ask = createUtf8Question({ options: { host: '127.0.0.1', port }, _connections: [] });
  const run = new AbortController();
  const [first, second] = [ask(run.signal), ask(new AbortController().signal)];
  second.catch(() => {});
  await until('the question is there', () => silent.server.connections === 1);
  run.abort(new AppError('timed_out', 'Too slow.'));
  await expect(first).rejects.toThrow('Too slow.');
  silent.server.misbehaviour.greeting = { code: 421, text: 'later' };
  await silent.server.close();
  await expect(second).rejects.toMatchObject({ code: 'ECONNECTION' });
  expect(silent.server.connections).toBe(1);
});

it('a worker that stops while its relay is asked: the mail goes back at once', async () => {
  const { server, send, processor } = await openMail({ greeting: 'silent' });
  const stopped = errorOf(send({ ...mail, to }));
  await until('the question is there', () => server.connections === 1);
  processor.drain?.();
  expect((await stopped).code).toBe('interrupted');
});
