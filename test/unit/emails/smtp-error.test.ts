import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { answerOf, classifySmtpError } from '../../../workers/emails/smtp-error.ts';

const smtpError = (fields: Record<string, unknown>) => Object.assign(new Error('inner detail'), fields);
const answered = (code: string, command: string, response: string) =>
  smtpError({ code, command, response, responseCode: Number(response.slice(0, 3)) });
const rejected = (recipient: string, response: string) =>
  Object.assign(answered('EENVELOPE', 'RCPT TO', response), { recipient });

describe('the answer code decides', () => {
  it.each([
    ['EENVELOPE', 'RCPT TO', '450 4.2.0 greylisted', 'mail_deferred'],
    ['EENVELOPE', 'RCPT TO', '452 4.2.2 mailbox full', 'mail_deferred'],
    ['EENVELOPE', 'MAIL FROM', '451 4.3.0 try later', 'mail_deferred'],
    ['EMESSAGE', 'DATA', '451 4.7.1 try later', 'mail_deferred'],
    ['EENVELOPE', 'RCPT TO', '503 5.5.1 bad sequence of commands', 'mail_deferred'],
    ['EENVELOPE', 'RCPT TO', '550 5.1.1 no such user', 'mail_refused'],
    ['EENVELOPE', 'MAIL FROM', '553 5.1.8 sender domain unknown', 'mail_refused'],
    ['EENVELOPE', 'MAIL FROM', '552 5.3.4 too large', 'mail_refused'],
    ['EMESSAGE', 'DATA', '554 5.7.1 spam', 'mail_refused'],
    ['EENVELOPE', 'DATA', '554 5.5.1 no valid recipients', 'mail_refused'],
    ['ECONNECTION', 'CONN', '421 4.3.2 shutting down', 'mail_relay_unavailable'],
    ['EENVELOPE', 'RCPT TO', '421 4.7.0 too many connections', 'mail_relay_unavailable'],
    ['EPROTOCOL', 'CONN', '554 5.7.1 no SMTP service here', 'mail_relay_unavailable'],
    ['EPROTOCOL', 'HELO', '501 5.5.4 invalid name', 'mail_relay_unavailable'],
    ['ETLS', 'STARTTLS', '502 5.5.1 not implemented', 'mail_relay_unavailable'],
    ['EAUTH', 'AUTH PLAIN', '535 5.7.8 credentials invalid', 'mail_relay_unavailable'],
    ['EAUTH', 'AUTH LOGIN', '454 4.7.0 temporary failure', 'mail_relay_unavailable'],
    ['EENVELOPE', 'MAIL FROM', '530 5.7.0 authentication required', 'mail_relay_unavailable'],
  ])('%s at %s with "%s": %s, with the answer in the sentence', (code, command, response, expected) => {
    const error = classifySmtpError(answered(code, command, response));
    expect(error.code).toBe(expected);
    expect(error.retryable).toBe(expected !== 'mail_refused');
    expect(error.message).toContain(response);
  });
});

describe('without an answer nodemailer’s code decides', () => {
  it.each([
    ['ECONNECTION', 'mail_relay_unavailable'],
    ['ETIMEDOUT', 'mail_relay_unavailable'],
    ['EDNS', 'mail_relay_unavailable'],
    ['ESOCKET', 'mail_relay_unavailable'],
    ['EPROXY', 'mail_relay_unavailable'],
    ['EPROTOCOL', 'mail_relay_unavailable'],
    ['ETLS', 'mail_relay_unavailable'],
    ['EREQUIRETLS', 'mail_relay_unavailable'],
    ['EAUTH', 'mail_relay_unavailable'],
    ['ENOAUTH', 'mail_relay_unavailable'],
    ['EOAUTH2', 'mail_relay_unavailable'],
    ['ESTREAM', 'storage_unavailable'],
    ['EENVELOPE', 'mail_refused'],
    ['EMESSAGE', 'mail_refused'],
    ['EFILEACCESS', 'internal'],
  ])('%s: %s, without the inner message', (code, expected) => {
    const error = classifySmtpError(smtpError({ code, command: 'CONN' }));
    expect(error.code).toBe(expected);
    expect(error.message).not.toContain('inner detail');
    expect(error.cause).toMatchObject({ code });
  });

  it('an AppError passes unchanged; what is no error at all is a fault of ours', () => {
    const known = new AppError('timed_out', 'Too slow.');
    expect(classifySmtpError(known)).toBe(known);
    expect(classifySmtpError('what').code).toBe('internal');
  });
});

describe('every recipient rejected', () => {
  const all = (...rejectedErrors: Error[]) => classifySmtpError(smtpError({ code: 'EENVELOPE', rejectedErrors }));

  it('all for good: refused, each named with its answer', () => {
    const error = all(rejected('kari@example.no', '550 5.1.1 unknown'), rejected('ola@example.no', '551 moved'));
    expect(error.code).toBe('mail_refused');
    expect(error.message).toContain('kari@example.no (550 5.1.1 unknown); ola@example.no (551 moved)');
  });

  it('one only put off: the mail is tried again, and that one is named', () => {
    const error = all(rejected('kari@example.no', '550 unknown'), rejected('ola@example.no', '450 greylisted'));
    expect(error.code).toBe('mail_deferred');
    expect(error.message).toContain('ola@example.no: 450 greylisted');
  });

  it('the relay wants a login first: the relay is at fault and not the recipients', () => {
    const error = classifySmtpError(
      smtpError({
        responseCode: 530,
        response: '530 log in',
        rejectedErrors: [rejected('kari@example.no', '530 log in')],
      }),
    );
    expect(error.code).toBe('mail_relay_unavailable');
    expect(error.message).toContain('530 log in');
  });

  it('fifty of them: five are named, the rest counted', () => {
    const many = Array.from({ length: 50 }, (_, index) => rejected(`p${index}@example.no`, '550 unknown'));
    expect(all(...many).message).toMatch(/p4@example\.no \(550 unknown\); 45 more$/);
  });
});

it('an answer of many lines and control characters: one line of at most 300 characters', () => {
  expect(answerOf('550-5.1.1 no\r\n550 \u001b[31muser\0')).toBe('550-5.1.1 no 550 [31muser');
  expect(answerOf(`550 ${'x'.repeat(1000)}`)).toHaveLength(301);
  expect(answerOf(undefined)).toBe('');
});
