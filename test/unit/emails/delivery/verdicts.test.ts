import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { findBounces } from '../../../../workers/emails/delivery/answers/bounces.ts';
import type { Answer } from '../../../../workers/emails/delivery/answers/recipient-answers.ts';
import { readReply, type Stage } from '../../../../workers/emails/delivery/answers/reply.ts';
import { classifySmtpError, type SmtpFailure, toLine } from '../../../../workers/emails/delivery/answers/smtp-error.ts';
import { judge } from '../../../../workers/emails/delivery/answers/verdict.ts';
import { VERDICTS } from '../../../../workers/emails/delivery/answers/verdict-table.ts';

const smtpError = (fields: Record<string, unknown>) => Object.assign(new Error('inner detail'), fields);
const answered = (code: string, command: string, response: string) =>
  smtpError({ code, command, response, responseCode: Number(response.slice(0, 3)) });
const rejected = (recipient: string, response: string) =>
  Object.assign(answered('EENVELOPE', 'RCPT TO', response), { recipient });

const [kari, ola] = ['kari@example.no', 'ola@example.no'];
const to = [kari, ola];
const from = 'butikk@sender.example';

const COMMANDS: Record<Stage, [code: string, command: string]> = {
  connect: ['EPROTOCOL', 'CONN'],
  ehlo: ['EPROTOCOL', 'HELO'],
  starttls: ['ETLS', 'STARTTLS'],
  auth: ['EAUTH', 'AUTH PLAIN'],
  mail: ['EENVELOPE', 'MAIL FROM'],
  rcpt: ['EENVELOPE', 'RCPT TO'],
  data: ['EENVELOPE', 'DATA'],
  dot: ['EMESSAGE', 'DATA'],
};

/** What an answer to the one recipient means: `class state`. */
function meaningOf(stage: Stage, response: string, recipient = kari): string {
  const failure = classifySmtpError(answered(...COMMANDS[stage], response), [recipient], from);
  const answer = failure.fault === undefined ? failure.answers[recipient] : undefined;
  return `${answer?.class} ${answer?.state}${answer?.suppresses ? ` ${answer.suppresses}` : ''}`;
}

describe('the table of verdicts', () => {
  it.each(VERDICTS.map((row) => [row.meaning, row] as const))(
    '%s: each answer of a real server finds its row',
    (_, row) => {
      for (const [server, response] of row.said) {
        for (const stage of row.stages) {
          const found = judge(readReply(stage, response, { from, to: kari })).row;
          expect([server, stage, found.meaning, found.class]).toEqual([server, stage, row.meaning, row.class]);
        }
      }
    },
  );

  it('every stage ends in a row that fits whatever is left, and every row has a server behind it', () => {
    const stages = Object.keys(COMMANDS) as Stage[];
    const last = stages.map((stage) => VERDICTS.some((row) => row.stages.includes(stage) && !row.words && !row.status));
    expect(last).toEqual(stages.map(() => true));
    expect(VERDICTS.filter(({ said }) => said.length === 0)).toEqual([]);
    const suppressing = VERDICTS.filter(({ suppresses }) => suppresses !== undefined);
    expect(suppressing.every((row) => row.class === 'recipient' && String(row.stages) === 'rcpt')).toBe(true);
  });

  it.each<[Stage, string, string]>([
    // The sender is quoted with the words of a server that knows no such user.
    [
      'rcpt',
      `550 5.1.7 <${from}>: Sender address rejected: undeliverable address: host mx[203.0.113.9] said: 550 5.1.1 <${from}>: User unknown`,
      'sender deferred',
    ],
    [
      'rcpt',
      `550-Verification failed for <${from}>\n550-Response: 550 5.1.1 User unknown\n550 Sender verify failed`,
      'sender deferred',
    ],
    ['rcpt', `550 5.1.1 <${from}>: User unknown`, 'sender deferred'],
    ['mail', '553 5.1.2 We do not like your domain', 'sender deferred'],
    ['dot', '550 5.1.1 no such user', 'content refused'],
    // What a recipient says of senders, and servers of their neighbours, is not about our sender or our address.
    ['rcpt', '550 5.7.1 Sender blocked by recipient', 'recipient refused'],
    ['rcpt', '550 You are not allowed to send mail to this address', 'recipient refused'],
    ['rcpt', '450 4.4.1 connect to mx.example.no[203.0.113.9]:25: Connection refused', 'recipient deferred'],
    ['rcpt', '450 4.7.1 Greylisted for 300 seconds; client address 203.0.113.7 denied', 'recipient deferred'],
    ['dot', '550 5.7.1 Blocked: spam score exceeded threshold', 'content refused'],
    ['dot', '552 message exceeding size limit', 'content refused'],
    ['dot', "550 5.7.1 This message is not RFC 5322 compliant: two addresses in 'From' header", 'content refused'],
    [
      'rcpt',
      `550 5.1.7 <${from}>: Sender address rejected: undeliverable address: host 203.0.113.9[203.0.113.9] said: 550 no`,
      'sender deferred',
    ],
    [
      'rcpt',
      `550 5.1.1 <${kari}>: Recipient address rejected: undeliverable address: host 203.0.113.9[203.0.113.9] said: 550 no`,
      'recipient refused at once',
    ],
    // Reputation is of a domain or of an address.
    ['dot', '550 5.7.1 suspicious due to the very low reputation of the sending domain', 'sender deferred'],
    ['dot', '550 5.7.1 suspicious due to the very low reputation of the sending IP address', 'relay deferred'],
    ['rcpt', '550 Your account has been disabled', 'relay deferred'],
    ['rcpt', '550 This account has been disabled', 'recipient refused on another day'],
    // The same words, of the recipient.
    ['rcpt', '550 5.1.1 no such user', 'recipient refused at once'],
    [
      'rcpt',
      `550 5.1.1 <${kari}>: Recipient address rejected: undeliverable address: host mx said: 550 5.7.1 Sender refused`,
      'recipient refused at once',
    ],
    ['rcpt', '550 5.1.10 null MX', 'recipient refused at once'],
    ['rcpt', '550 No such user here', 'recipient refused on another day'],
    ['rcpt', '550 ingen s\u00e5dan bruker', 'recipient refused'],
    ['rcpt', '450 5.1.1 no such user', 'recipient deferred'],
    ['rcpt', '550 5.7.1 user unknown to our policy', 'recipient refused'],
    ['rcpt', '552 5.2.2 mailbox full', 'recipient refused'],
    ['rcpt', '552 5.5.3 too many recipients', 'rate deferred'],
    // Words that a caller chose decide nothing.
    ['rcpt', '550 5.7.1 <no.such.user@relay.denied.example>: rejected', 'recipient refused'],
    ['dot', '554 5.7.1 rejected, see https://example.net/?why=sender+address+rejected', 'content refused'],
    // None of the mail.
    ['connect', '554 5.7.1 no SMTP service here', 'relay deferred'],
    ['ehlo', '501 5.5.4 invalid name', 'relay deferred'],
    ['auth', '535 5.7.8 credentials invalid', 'relay deferred'],
    ['rcpt', '554 5.7.1 <kari@example.no>: Relay access denied', 'relay deferred'],
    ['mail', '550 5.4.5 Daily user sending limit exceeded', 'rate deferred'],
    ['mail', '552 5.3.4 Message size exceeds fixed limit', 'content refused'],
    ['data', '503 5.5.1 bad sequence of commands', 'relay deferred'],
    ['dot', '421 4.3.0 closing', 'relay deferred'],
    ['dot', '451 4.7.1 try later', 'content deferred'],
    // Words about a mailbox or a message, beside limits and lists.
    ['rcpt', '552 5.2.2 Mailbox quota exceeded', 'recipient refused'],
    ['rcpt', '452 4.2.2 The recipient has exceeded their mailbox quota', 'recipient deferred'],
    ['rcpt', '552 Mailbox size limit exceeded', 'recipient refused'],
    ['rcpt', '550 5.7.1 this address is blacklisted', 'recipient refused'],
    ['rcpt', '550 5.1.1 Recipient verification failed', 'recipient refused at once'],
    ['rcpt', `554 5.7.1 Sender address <${from}> blocked using dbl.spamhaus.org`, 'sender deferred'],
    ['rcpt', '554 5.7.1 Your IP is on our block list', 'relay deferred'],
    ['mail', '552 5.3.4 Message size limit exceeded', 'content refused'],
    ['dot', '552 Message exceeds maximum size limit', 'content refused'],
    ['dot', '554 5.4.6 Hop limit exceeded', 'content refused'],
    ['dot', '500 5.5.2 Line length limit exceeded', 'content refused'],
    ['dot', '554 5.7.1 URL listed in dbl.spamhaus.org', 'content refused'],
    ['dot', '554 5.7.1 Client host [203.0.113.7] blocked using zen.spamhaus.org', 'relay deferred'],
    ['dot', '550 From header missing', 'content refused'],
    ['dot', '550 5.7.1 From header is not allowed for this account', 'sender deferred'],
    ['dot', '550 5.4.5 Daily sending limit exceeded', 'rate deferred'],
  ])('at %s "%s": %s', (stage, response, expected) => {
    expect(meaningOf(stage, response)).toBe(expected);
  });

  it('an answer that names nobody is the sender’s only where it says so; a mail to oneself names both', () => {
    expect(meaningOf('rcpt', `550 5.1.1 <${from}>: User unknown`, from)).toBe('recipient refused at once');
  });
});

describe('what an answer says of more than the one mail', () => {
  it.each<[Stage, string, about: string, sentence: string]>([
    [
      'auth',
      '535 5.7.8 no',
      'relay',
      'does not accept our credentials: 535 5.7.8 no. Check user and password in SMTP_URL.',
    ],
    ['mail', '530 5.7.0 Must issue a STARTTLS command first', 'relay', 'Set SMTP_STARTTLS to auto or required.'],
    ['starttls', '454 4.7.0 TLS not available', 'relay', 'cannot be reached over TLS'],
    [
      'mail',
      '553 5.1.8 unknown domain',
      'sender',
      'does not take mail of this sender: 553 5.1.8 unknown domain. Let the relay',
    ],
    ['connect', '421 4.7.0 too many connections', 'rate', 'wants less mail at a time: 421 4.7.0 too many connections.'],
  ])('at %s "%s": about the %s, with what to do', (stage, response, about, sentence) => {
    const failure = classifySmtpError(answered(...COMMANDS[stage], response), to, from);
    expect(failure).toMatchObject({ trouble: { about, sentence: expect.stringContaining(sentence) } });
    const answers = failure.fault === undefined ? failure.answers : {};
    expect(Object.keys(answers)).toEqual(to);
    expect(answers[ola]).toMatchObject({ state: 'deferred', stage, class: about, code: Number(response.slice(0, 3)) });
  });

  it('each recipient refused with an answer of its own: no trouble where one of them is about a recipient', () => {
    const all = (...rejectedErrors: Error[]) =>
      classifySmtpError(smtpError({ code: 'EENVELOPE', rejectedErrors }), to, from);
    expect(all(rejected(kari, '550 5.1.1 unknown'), rejected(ola, '421 4.7.0 closing'))).toMatchObject({
      trouble: null,
      answers: {
        [kari]: { state: 'refused', code: 550, status: '5.1.1', response: '550 5.1.1 unknown', class: 'recipient' },
        [ola]: { state: 'deferred', code: 421, class: 'relay' },
      },
    });
    const denied = '554 5.7.1 Relay access denied';
    expect(all(rejected(kari, denied), rejected(ola, denied))).toMatchObject({ trouble: { about: 'relay' } });
  });
});

describe('without an answer nodemailer’s code decides', () => {
  /** What a failure is about: `relay`, the class of its answers, or the code of the fault. */
  const aboutOf = (failure: SmtpFailure) =>
    failure.fault ? failure.fault.code : (failure.trouble?.about ?? failure.answers[kari]?.class);

  it.each([
    ['ECONNECTION', 'relay'],
    ['ETIMEDOUT', 'relay'],
    ['EDNS', 'relay'],
    ['ESOCKET', 'relay'],
    ['EPROXY', 'relay'],
    ['EPROTOCOL', 'relay'],
    ['ETLS', 'relay'],
    ['EREQUIRETLS', 'relay'],
    ['EAUTH', 'relay'],
    ['ENOAUTH', 'relay'],
    ['EOAUTH2', 'relay'],
    ['EENVELOPE', 'recipient'],
    ['EMESSAGE', 'content'],
    ['ESTREAM', 'storage_unavailable'],
    ['EFILEACCESS', 'internal'],
  ])('%s: %s, without the inner message', (code, about) => {
    const failure = classifySmtpError(smtpError({ code, command: 'CONN' }), to);
    expect(aboutOf(failure)).toBe(about);
    expect(JSON.stringify(failure)).not.toContain('inner detail');
    expect(failure.fault ?? failure.trouble ?? { cause: { code } }).toMatchObject({ cause: { code } });
  });

  it.each([
    ['ESOCKET', 'ECONNREFUSED', 'The mail relay accepts no connections.'],
    ['ESOCKET', 'ECONNRESET', 'The connection to the mail relay failed or was cut.'],
    ['ESOCKET', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'cannot be reached over TLS. Check its certificate'],
    ['ESOCKET', 'ERR_TLS_CERT_ALTNAME_INVALID', 'cannot be reached over TLS. Check its certificate'],
    ['ESOCKET', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'cannot be reached over TLS. Check its certificate'],
    ['ESOCKET', 'ERR_SSL_WRONG_VERSION_NUMBER', 'cannot be reached over TLS. Check its certificate'],
  ])('%s because of %s: the relay’s, with what to check', (code, originalCode, sentence) => {
    const failure = classifySmtpError(smtpError({ code, originalCode }), to);
    expect(failure).toMatchObject({ trouble: { about: 'relay', sentence: expect.stringContaining(sentence) } });
  });

  it('an AppError passes unchanged; what is no error at all is a bug of ours', () => {
    const known = new AppError('timed_out', 'Too slow.');
    expect(classifySmtpError(known, to)).toEqual({ fault: known });
    expect(classifySmtpError('what', to)).toMatchObject({ fault: { code: 'internal' } });
  });

  it('an answer of many lines and control characters: one line of at most 300 characters', () => {
    expect(toLine('550-5.1.1 no\r\n550 \u001b[31muser\0')).toBe('550-5.1.1 no 550 [31muser');
    expect(toLine(`550 ${'x'.repeat(1000)}`)).toHaveLength(301);
    expect(toLine(undefined)).toBe('');
  });
});

describe('the addresses that bounced', () => {
  const gone = (response: string, suppresses: Answer['suppresses'] = 'at once'): Answer => {
    return { state: 'refused', code: 550, response, suppresses: suppresses as 'at once' };
  };

  it('two with the same words that name neither: the mail may be meant, so none bounced', () => {
    expect(findBounces({ [kari]: gone('550 5.1.1 no'), [ola]: gone('550 5.1.1 no') })).toEqual([]);
  });

  it('two with words that name each: both did, one of them to be said again; others did not', () => {
    const answers = {
      [kari]: gone('550 5.1.1 <KARI@example.no>'),
      [ola]: gone('550 <ola@example.no> unknown', 'on another day'),
      'per@example.no': { state: 'refused', code: 550, response: '550 5.7.1 no' } as const,
    };
    expect(findBounces(answers)).toEqual([
      { address: kari, note: '550 5.1.1 <KARI@example.no>', isCertain: true },
      { address: ola, note: '550 <ola@example.no> unknown', isCertain: false },
    ]);
  });
});
