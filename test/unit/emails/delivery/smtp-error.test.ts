import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import {
  classifySmtpError,
  isPermanent,
  type SmtpFailure,
  toLine,
} from '../../../../workers/emails/delivery/smtp-error.ts';

const smtpError = (fields: Record<string, unknown>) => Object.assign(new Error('inner detail'), fields);
const answered = (code: string, command: string, response: string) =>
  smtpError({ code, command, response, responseCode: Number(response.slice(0, 3)) });
const rejected = (recipient: string, response: string) =>
  Object.assign(answered('EENVELOPE', 'RCPT TO', response), { recipient });

const to = ['kari@example.no', 'ola@example.no'];
/** `relay`, `us`, or the one state that all recipients have. */
function meaningOf(failure: SmtpFailure): string {
  if (failure.about !== 'recipients') return failure.about;
  return [...new Set(Object.values(failure.answers).map(({ state }) => state))].join(' and ');
}

describe('the answer code decides', () => {
  it.each([
    ['EENVELOPE', 'RCPT TO', '450 4.2.0 greylisted', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '452 4.2.2 mailbox full', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '452 4.5.3 too many recipients', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '552 5.5.3 too many recipients', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '552 5.2.2 mailbox full', 'refused'],
    ['EENVELOPE', 'MAIL FROM', '451 4.3.0 try later', 'deferred'],
    ['EMESSAGE', 'DATA', '451 4.7.1 try later', 'deferred'],
    ['EMESSAGE', 'DATA', '452 4.3.1 insufficient storage', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '503 5.5.1 bad sequence of commands', 'deferred'],
    ['EENVELOPE', 'RCPT TO', '550 5.1.1 no such user', 'refused'],
    ['EENVELOPE', 'RCPT TO', '551 5.1.6 moved', 'refused'],
    ['EENVELOPE', 'MAIL FROM', '553 5.1.8 sender domain unknown', 'refused'],
    ['EENVELOPE', 'MAIL FROM', '552 5.3.4 too large', 'refused'],
    ['EMESSAGE', 'DATA', '554 5.7.1 spam', 'refused'],
    ['EENVELOPE', 'DATA', '554 5.5.1 no valid recipients', 'refused'],
    ['ECONNECTION', 'CONN', '421 4.3.2 shutting down', 'relay'],
    ['EENVELOPE', 'RCPT TO', '421 4.7.0 too many connections', 'relay'],
    ['EMESSAGE', 'DATA', '421 4.3.0 closing', 'relay'],
    ['EPROTOCOL', 'CONN', '554 5.7.1 no SMTP service here', 'relay'],
    ['EPROTOCOL', 'HELO', '501 5.5.4 invalid name', 'relay'],
    ['ETLS', 'STARTTLS', '502 5.5.1 not implemented', 'relay'],
    ['ETLS', 'STARTTLS', '454 4.7.0 TLS not available', 'relay'],
    ['EAUTH', 'AUTH PLAIN', '535 5.7.8 credentials invalid', 'relay'],
    ['EAUTH', 'AUTH LOGIN', '454 4.7.0 temporary failure', 'relay'],
    ['EENVELOPE', 'MAIL FROM', '530 5.7.0 authentication required', 'relay'],
  ])('%s at %s with "%s": %s', (code, command, response, expected) => {
    const failure = classifySmtpError(answered(code, command, response), to);
    expect(meaningOf(failure)).toBe(expected);
    if (failure.about === 'recipients') {
      const answer = { state: expected, code: Number(response.slice(0, 3)), response };
      expect(failure.answers).toEqual({ [to[0] as string]: answer, [to[1] as string]: answer });
    } else {
      expect(failure.error).toMatchObject({ code: 'mail_relay_unavailable', retryable: true });
      const shown = command === 'STARTTLS' ? 'cannot be reached over TLS' : response;
      expect(failure.error.message).toContain(shown);
    }
  });
});

describe('without an answer nodemailer’s code decides', () => {
  it.each([
    ['ECONNECTION', 'relay', 'mail_relay_unavailable'],
    ['ETIMEDOUT', 'relay', 'mail_relay_unavailable'],
    ['EDNS', 'relay', 'mail_relay_unavailable'],
    ['ESOCKET', 'relay', 'mail_relay_unavailable'],
    ['EPROXY', 'relay', 'mail_relay_unavailable'],
    ['EPROTOCOL', 'relay', 'mail_relay_unavailable'],
    ['ETLS', 'relay', 'mail_relay_unavailable'],
    ['EREQUIRETLS', 'relay', 'mail_relay_unavailable'],
    ['EAUTH', 'relay', 'mail_relay_unavailable'],
    ['ENOAUTH', 'relay', 'mail_relay_unavailable'],
    ['EOAUTH2', 'relay', 'mail_relay_unavailable'],
    ['ESTREAM', 'us', 'storage_unavailable'],
    ['EFILEACCESS', 'us', 'internal'],
  ])('%s: about %s, without the inner message', (code, about, expected) => {
    const failure = classifySmtpError(smtpError({ code, command: 'CONN' }), to);
    if (failure.about === 'recipients') throw new Error('no recipient was answered for');
    expect([failure.about, failure.error.code]).toEqual([about, expected]);
    expect(failure.error.message).not.toContain('inner detail');
    expect(failure.error.cause).toMatchObject({ code });
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
    expect(failure).toMatchObject({ about: 'relay', error: { message: expect.stringContaining(sentence) } });
  });

  it.each([
    ['EENVELOPE', 'The address cannot be used.'],
    ['EMESSAGE', 'The mail is larger than the mail relay takes.'],
  ])('%s: refused for every recipient, in words of ours', (code, response) => {
    const failure = classifySmtpError(smtpError({ code }), to);
    expect(meaningOf(failure)).toBe('refused');
    expect(failure).toMatchObject({ answers: { 'ola@example.no': { code: null, response } } });
  });

  it('an AppError passes unchanged; what is no error at all is a bug of ours', () => {
    const known = new AppError('timed_out', 'Too slow.');
    expect(classifySmtpError(known, to)).toEqual({ about: 'us', error: known });
    expect(classifySmtpError('what', to)).toMatchObject({ about: 'us', error: { code: 'internal' } });
  });
});

describe('every recipient rejected', () => {
  const all = (...rejectedErrors: Error[]) => classifySmtpError(smtpError({ code: 'EENVELOPE', rejectedErrors }), to);

  it('each has an answer of its own', () => {
    expect(all(rejected('kari@example.no', '550 5.1.1 unknown'), rejected('ola@example.no', '450 greylisted'))).toEqual(
      {
        about: 'recipients',
        answers: {
          'kari@example.no': { state: 'refused', code: 550, response: '550 5.1.1 unknown' },
          'ola@example.no': { state: 'deferred', code: 450, response: '450 greylisted' },
        },
      },
    );
  });

  it.each(['530 log in first', '421 4.7.0 closing'])('"%s": about the relay and not the recipients', (answer) => {
    const failure = all(rejected('kari@example.no', '550 unknown'), rejected('ola@example.no', answer));
    expect(failure.about).toBe('relay');
  });
});

it('503 is never for good, whatever its enhanced code says', () => {
  expect(isPermanent({ responseCode: 503, response: '503 5.5.1 bad sequence', command: 'DATA' })).toBe(false);
});

it('an answer of many lines and control characters: one line of at most 300 characters', () => {
  expect(toLine('550-5.1.1 no\r\n550 \u001b[31muser\0')).toBe('550-5.1.1 no 550 [31muser');
  expect(toLine(`550 ${'x'.repeat(1000)}`)).toHaveLength(301);
  expect(toLine(undefined)).toBe('');
});
