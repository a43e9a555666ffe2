import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { AppError } from '../../../src/errors.ts';
import { createSuppressions } from '../../../src/suppressions/store.ts';
import { findEximFault, startExim } from '../../support/emails/exim.ts';
import { findPostfixFault, type Postfix, startPostfix } from '../../support/emails/postfix.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { openMail } from '../../unit/emails/open-mail.ts';

/** What became of a mail that a real server answered: the error's code or the state, what its recipient is told, who is suppressed. */
async function outcomeOf(url: string, input: Record<string, unknown>) {
  const { send, redis } = await openMail({}, '', url);
  const [to] = [input['to']].flat() as string[];
  let recipients: readonly MailRecipient[];
  let ends: string;
  let said = '';
  try {
    const result = await send({ subject: 'Hei', text: 'Hei!', ...input });
    [ends, recipients] = [result.state, result.recipients];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // What is tried again is no outcome of a recipient.
    [ends, recipients, said] = [error.code, error.retryable ? [] : (error.recipients ?? []), error.message];
  }
  const suppressed = await createSuppressions(redis, ['a secret of the tests that is long enough']).get(
    String(to),
    undefined,
  );
  const { state, stage, code, status, class: about } = recipients[0] ?? {};
  console.log(`${ends}${suppressed.length > 0 ? ', suppressed' : ''}: ${recipients[0]?.response ?? said}`);
  return {
    ends,
    answer: recipients.length > 0 ? { state, stage, code, status, about } : null,
    suppressed: suppressed.length,
  };
}

const dir = mkdtempSync(join(tmpdir(), 'mail-servers-'));
chmodSync(dir, 0o755);
/** The server that real ones ask whether a sender is there: `butikk` is not. */
let senders: ScriptedSmtpServer;
beforeAll(async () => {
  senders = await openScriptedSmtpServer((stage, line) =>
    stage === 'RCPT' && line.includes('butikk') ? '550 5.1.1 User unknown' : undefined,
  );
});
afterAll(async () => {
  await senders?.close();
  rmSync(dir, { recursive: true });
});

const LATER = { answer: null, suppressed: 0 };
const gone = { state: 'refused', stage: 'rcpt', code: 550, about: 'recipient' };
/** What is sent, and what becomes of it. */
type Row = [what: string, service: string, input: Record<string, unknown>, outcome: Record<string, unknown>];

const POSTFIX: Row[] = [
  [
    'a sender that is not there',
    'callout',
    { to: 'victim@example.test', from: 'butikk@sender.example' },
    { ends: 'mail_sender_refused', ...LATER },
  ],
  [
    'the same recipient, another sender',
    'callout',
    { to: 'victim@example.test', from: 'ok@sender.example' },
    { ends: 'sent', suppressed: 0 },
  ],
  [
    'a sender that it refuses',
    'senders',
    { to: 'kari@example.test', from: 'a@bad.example' },
    { ends: 'mail_sender_refused', ...LATER },
  ],
  [
    'no login, and a recipient elsewhere',
    'closed',
    { to: 'kari@elsewhere.example' },
    { ends: 'mail_relay_unavailable', ...LATER },
  ],
  ['our name is refused', 'names', { to: 'kari@example.test' }, { ends: 'mail_relay_unavailable', ...LATER }],
  [
    'nobody there',
    'boxes',
    { to: 'nobody@example.test' },
    { ends: 'mail_refused', answer: { ...gone, status: '5.1.1' }, suppressed: 1 },
  ],
  [
    'too large, found after the mail',
    'small',
    { to: 'kari@example.test', text: 'x'.repeat(900_000) },
    {
      ends: 'mail_refused',
      answer: { state: 'refused', stage: 'dot', code: 552, status: '5.3.4', about: 'content' },
      suppressed: 0,
    },
  ],
];

const describePostfix = findPostfixFault() === null ? describe : describe.skip;
if (findPostfixFault()) console.log(`mails to postfix: skipped, ${findPostfixFault()}`);
describePostfix('postfix, as strict as it can be', () => {
  let postfix: Postfix;
  beforeAll(async () => {
    postfix = await startPostfix(join(dir, 'postfix'), {
      main: [
        `transport_maps = inline:{sender.example=smtp:[127.0.0.1]:${senders.port}}`,
        'unverified_sender_reject_code = 550',
        'address_verify_poll_delay = 1s',
        'address_verify_map =',
      ],
      services: {
        callout: ['smtpd_recipient_restrictions=reject_unverified_sender,permit_mynetworks'],
        senders: ['smtpd_sender_restrictions=check_sender_access,inline:{bad.example=REJECT}'],
        closed: ['mynetworks=10.0.0.0/8', 'smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination'],
        names: ['smtpd_helo_required=yes', 'smtpd_helo_restrictions=check_helo_access,static:reject'],
        boxes: ['virtual_mailbox_maps=inline:{kari@example.test=kari/}'],
        small: ['message_size_limit=100000', 'smtpd_discard_ehlo_keywords=size'],
        two: ['smtpd_client_connection_count_limit=2', 'smtpd_client_event_limit_exceptions='],
        rate: ['smtpd_client_message_rate_limit=3', 'smtpd_client_event_limit_exceptions='],
      },
    });
  });
  afterAll(() => postfix?.stop());

  it.each(POSTFIX)('%s', async (_what, service, input, outcome) => {
    expect(await outcomeOf(postfix.urls[service] ?? '', { from: 'ok@sender.example', ...input })).toMatchObject(
      outcome,
    );
  });

  it('two connections at most: the process learns it, and sends all by those', async () => {
    const { send } = await openMail({}, '', postfix.urls['two']);
    const sent: string[] = [];
    const sendOne = async (to: string): Promise<void> => {
      const ends = await send({ to, from: 'ok@sender.example', subject: 'Hei', text: 'Hei!' }).then(
        ({ state }) => state,
        ({ code, waitingOn }: AppError) => `${code} ${waitingOn}`,
      );
      if (ends !== 'mail_snoozed rate') return void sent.push(ends);
      await delay(100);
      await sendOne(to);
    };
    const names = Array.from({ length: 60 }, (_, index) => `n${index}@example.test`);
    await Promise.all(names.map(sendOne));
    expect(sent).toEqual(names.map(() => 'sent'));
  });

  it('three mails a minute: the fourth waits, and uses up no attempt', async () => {
    const ends: string[] = [];
    for (let count = 0; count < 4; count += 1) {
      ends.push((await outcomeOf(postfix.urls['rate'] ?? '', { to: 'kari@example.test' })).ends);
    }
    expect(ends).toEqual(['sent', 'sent', 'sent', 'mail_snoozed']);
  });
});

const EXIM: Row[] = [
  [
    'a sender that is not there',
    '',
    { to: 'victim@example.test', from: 'butikk@sender.example' },
    { ends: 'mail_sender_refused', ...LATER },
  ],
  [
    'the same recipient, another sender',
    '',
    { to: 'victim@example.test', from: 'ok@sender.example' },
    { ends: 'sent', suppressed: 0 },
  ],
  ['a recipient elsewhere', '', { to: 'kari@elsewhere.example' }, { ends: 'mail_relay_unavailable', ...LATER }],
  [
    'nobody there, in words',
    '',
    { to: 'nobody-there@example.test' },
    { ends: 'mail_refused', answer: { ...gone, status: null }, suppressed: 0 },
  ],
];

const describeExim = findEximFault() === null ? describe : describe.skip;
if (findEximFault()) console.log(`mails to exim: skipped, ${findEximFault()}`);
describeExim('exim, with callouts', () => {
  let exim: Awaited<ReturnType<typeof startExim>>;
  beforeAll(async () => {
    mkdirSync(join(dir, 'exim'));
    exim = await startExim(join(dir, 'exim'), { senderPort: senders.port });
  });
  afterAll(() => exim?.stop());

  it.each(EXIM)('%s', async (_what, _service, input, outcome) => {
    expect(await outcomeOf(exim.url, { from: 'ok@sender.example', ...input })).toMatchObject(outcome);
  });
});
