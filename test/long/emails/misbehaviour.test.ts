import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import {
  openScriptedSmtpServer,
  type Reaction,
  type Script,
  type Stage,
} from '../../support/emails/scripted-smtp-server.ts';
import { until } from '../../support/until.ts';
import { closers, errorOf, mail, openMail, reportId, runContext, storedFile } from '../../unit/emails/open-mail.ts';

const HASTY = '?connectionTimeout=400&greetingTimeout=300&socketTimeout=300';

const at =
  (stage: Stage, reaction: Reaction): Script =>
  (reached) =>
    reached === stage ? reaction : undefined;
/** Kari is taken, Ola gets that answer. */
const forOla =
  (reaction: Reaction): Script =>
  (stage, line) =>
    stage === 'RCPT' && line.includes('ola@') ? reaction : undefined;

/** What the server does, how the first run ends (`state`, or `code`), and how many mails it took in that run. */
const TABLE: [does: string, script: Script, ends: string, taken: number][] = [
  ['all is well', () => undefined, 'sent', 1],
  ['greylisting: 450 at the recipient', at('RCPT', '450 4.7.1 greylisted'), 'mail_deferred', 0],
  ['550 user unknown', at('RCPT', '550 5.1.1 no such user'), 'mail_refused', 0],
  ['450 for one of two', forOla('450 4.2.0 later'), 'mail_deferred', 1],
  ['550 for one of two', forOla('550 5.1.1 no such user'), 'partly', 1],
  ['452 too many recipients for one of two', forOla('452 4.5.3 too many recipients'), 'mail_snoozed', 1],
  ['552 too many recipients for one of two', forOla('552 5.5.3 too many recipients'), 'mail_snoozed', 1],
  ['451 at the sender', at('MAIL', '451 4.3.0 later'), 'mail_relay_unavailable', 0],
  ['553 at the sender', at('MAIL', '553 5.1.8 unknown domain'), 'mail_sender_refused', 0],
  ['451 at DATA', at('DATA', '451 4.3.0 later'), 'mail_deferred', 0],
  ['554 at DATA', at('DATA', '554 5.7.1 no'), 'mail_refused', 0],
  ['503 at DATA', at('DATA', '503 5.5.1 bad sequence'), 'mail_relay_unavailable', 0],
  ['452 after the mail', at('dot', '452 4.3.1 disk full'), 'mail_relay_unavailable', 0],
  ['the relay’s limit at a recipient', at('RCPT', '450 4.7.1 Error: too much mail from 127.0.0.1'), 'mail_snoozed', 0],
  ['no rights at the relay', at('RCPT', '554 5.7.1 Relay access denied'), 'mail_relay_unavailable', 0],
  ['551 sender at a recipient', at('RCPT', '550 5.1.7 Sender address rejected'), 'mail_sender_refused', 0],
  ['554 after the mail', at('dot', '554 5.7.1 spam'), 'mail_refused', 0],
  ['421 as the greeting', at('greeting', '421 4.3.2 busy'), 'mail_relay_unavailable', 0],
  ['554 as the greeting', at('greeting', '554 5.7.1 blocked'), 'mail_relay_unavailable', 0],
  ['421 at EHLO', at('EHLO', '421 4.3.2 busy'), 'mail_relay_unavailable', 0],
  ['421 at the sender', at('MAIL', '421 4.3.2 closing'), 'mail_relay_unavailable', 0],
  ['421 at a recipient', at('RCPT', '421 4.7.0 too many'), 'mail_relay_unavailable', 0],
  ['421 at DATA', at('DATA', '421 4.3.2 closing'), 'mail_relay_unavailable', 0],
  ['421 after the mail', at('dot', '421 4.3.2 closing'), 'mail_relay_unavailable', 0],
  ['silence instead of a greeting', at('greeting', 'hang'), 'mail_relay_unavailable', 0],
  ['silence at EHLO', at('EHLO', 'hang'), 'mail_relay_unavailable', 0],
  ['silence at the sender', at('MAIL', 'hang'), 'mail_relay_unavailable', 0],
  ['silence at a recipient', at('RCPT', 'hang'), 'mail_relay_unavailable', 0],
  ['silence at DATA', at('DATA', 'hang'), 'mail_relay_unavailable', 0],
  ['silence after the mail', at('dot', 'hang'), 'unknown', 0],
  ['hangs up instead of a greeting', at('greeting', 'drop'), 'mail_relay_unavailable', 0],
  ['hangs up at EHLO', (stage) => (/^(EH|HE)LO$/.test(stage) ? 'drop' : undefined), 'mail_relay_unavailable', 0],
  ['hangs up at the sender', at('MAIL', 'drop'), 'mail_relay_unavailable', 0],
  ['hangs up at a recipient', at('RCPT', 'drop'), 'mail_relay_unavailable', 0],
  ['hangs up at DATA', at('DATA', 'drop'), 'mail_relay_unavailable', 0],
  ['hangs up after the mail', at('dot', 'drop'), 'unknown', 0],
  ['an answer a byte at a time', at('RCPT', { slowly: '250 2.1.5 ok', everyMs: 10 }), 'sent', 1],
  ['a greeting of 8-bit bytes', at('greeting', '220 v\xe5r tjener \xff\xfe'), 'sent', 1],
  ['a greeting of many lines', at('greeting', '220-a\r\n220-b\r\n220 c'), 'sent', 1],
  ['EHLO unknown, HELO known', at('EHLO', '500 5.5.1 what'), 'sent', 1],
  [
    'a web server on that port',
    at('greeting', '400 Bad Request\r\nContent-Length: 0\r\n'),
    'mail_relay_unavailable',
    0,
  ],
  ['a refusal in 8-bit bytes', at('RCPT', '550 ingen s\xe5dan bruker'), 'mail_refused', 0],
];

describe('what the server does, and how the run ends', () => {
  it.each(TABLE)('%s', async (_does, script, ends, taken) => {
    const server = await openScriptedSmtpServer(script);
    closers.push(server.close);
    const { send } = await openMail({}, '', `${server.url}${HASTY}`);
    const two = { ...mail, cc: 'ola@example.no' };
    const seen = await send(two).then(
      ({ state }) => state,
      (error) => errorOf(Promise.reject(error)).then(({ code }) => code),
    );
    expect([seen, server.taken.length]).toEqual([ends, taken]);
  });
});

it('a server that hangs up in the middle of a mail: nothing is unknown, it can not have taken it', async () => {
  const server = await openScriptedSmtpServer(at('bytes', 'drop'));
  closers.push(server.close);
  const { send } = await openMail({}, '', `${server.url}${HASTY}`);
  const base = runContext({ found: { id: reportId, state: 'completed', files: [storedFile('a.bin', 400_000)] } });
  async function* halting() {
    yield Buffer.alloc(200_000);
    await until('the server saw bytes', () => server.reached('bytes') > 0);
    yield Buffer.alloc(200_000);
  }
  const context = { ...base, storage: { ...base.storage, open: async () => Readable.from(halting()) } };
  const error = await errorOf(send({ ...mail, attachments: [{ filename: 'a.bin', job: reportId }] }, context));
  expect([error.code, server.taken.length]).toEqual(['mail_relay_unavailable', 0]);
});

it('a server that closes idle connections: the next mail is snoozed for a moment, and that is no attempt', async () => {
  const server = await openScriptedSmtpServer();
  closers.push(server.close);
  const { send } = await openMail({}, '', server.url);
  expect((await send(mail)).state).toBe('sent');
  server.script = at('MAIL', 'drop'); // what a client sees that wrote just as the server hung up
  const error = await errorOf(send(mail));
  expect([error.code, error.waitingOn, error.retryAfterSeconds]).toEqual(['mail_snoozed', 'relay', 0.1]);
  server.script = () => undefined;
  expect((await send(mail)).state).toBe('sent');
  expect(server.taken).toHaveLength(2);
});
