import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { AppError } from '../../../src/errors.ts';
import type { Answer, Answers } from './recipient-answers.ts';

/** The part of nodemailer's errors that the rules read. */
export interface SmtpError {
  code?: string | undefined;
  /** The system's or TLS' own code, where nodemailer wrote one of its over it. */
  originalCode?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
  recipient?: string | undefined;
  rejectedErrors?: SmtpError[] | undefined;
}

/**
 * Whom a failed delivery attempt is about. `recipients`: the server answered about the mail or its recipients, so each
 * of them has an answer. `relay`: any other mail would have failed as well. `us`: a bug or a failure on our side.
 */
export type SmtpFailure =
  | { about: 'recipients'; answers: Answers }
  | { about: 'relay'; error: AppError }
  | { about: 'us'; error: AppError };

const MAX_ANSWER_LENGTH = 300;

/** Makes a mail server's response fit for a sentence: one line, no control characters, at most 300 characters. */
export function toLine(response: string | undefined): string {
  const line = (response ?? '').replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > MAX_ANSWER_LENGTH ? `${line.slice(0, MAX_ANSWER_LENGTH)}…` : line;
}

/**
 * Whether an answer is final: 5xx, with two exceptions. 503 "bad sequence of commands" is about the
 * session and not the mail. 552 at a recipient means "too many recipients" to some servers, which RFC 5321 (4.5.3.1.10)
 * has us read as 452: those that were taken are not sent again, so the others fit into the next attempt.
 */
export function isPermanent({ responseCode = 0, response = '', command }: SmtpError): boolean {
  if (responseCode === 552 && command === 'RCPT TO' && /5\.5\.3|too many recipients/i.test(response)) return false;
  return responseCode >= 500 && responseCode !== 503;
}

/** Commands that carry one mail. An answer to any other (greeting, EHLO, STARTTLS, AUTH) is about the relay. */
const MAIL_COMMANDS = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);
/** 530 "authentication required", 535 "credentials invalid", 534/538 "mechanism too weak": SMTP_URL is wrong. */
const LOGIN_CODES = new Set([530, 534, 535, 538]);

/** Codes of certificates and handshakes, as OpenSSL and node name them. */
const TLS_CODE = /CERT|TLS|SSL|UNABLE_TO_|^EPROTO$/;
const NOT_OVER_TLS =
  'The mail relay cannot be reached over TLS. Check its certificate, and SMTP_URL, SMTP_STARTTLS and SMTP_CA_FILE.';

const relayFailure = (sentence: string, cause: unknown): SmtpFailure => ({
  about: 'relay',
  error: new AppError('mail_relay_unavailable', sentence, { cause }),
});

/** Recognises an answer that is about the relay itself; null when it is about the mail. */
function findRelayFailure(error: SmtpError, cause: unknown): SmtpFailure | null {
  const answer = toLine(error.response);
  // The operator mends a wrong login within hours. The relay never looked at the mail, so it must not fail for it.
  if (error.code === 'EAUTH' || LOGIN_CODES.has(error.responseCode ?? 0)) {
    const sentence = `The mail relay does not accept our credentials: ${answer}. Check user and password in SMTP_URL.`;
    return relayFailure(sentence, cause);
  }
  if (error.command === 'STARTTLS') return relayFailure(NOT_OVER_TLS, cause);
  // 421 "closing the channel": shutdown, too many connections, too long idle. Nothing to do with this mail.
  // A greeting or EHLO of 5xx (a blocked address: "554 no SMTP service here") refuses the client and not the mail.
  if (error.responseCode === 421 || (error.command !== undefined && !MAIL_COMMANDS.has(error.command))) {
    return relayFailure(`The mail relay takes no mail now: ${answer}.`, cause);
  }
  return null;
}

const answerFrom = (error: SmtpError): Answer => ({
  // 4xx is temporary by definition: greylisting, a full mailbox, an overloaded server.
  state: isPermanent(error) ? 'refused' : 'deferred',
  code: error.responseCode ?? null,
  response: toLine(error.response),
});

const forAll = (to: readonly string[], answer: Answer): SmtpFailure => ({
  about: 'recipients',
  answers: Object.fromEntries(to.map((address) => [address, answer])),
});

const answersFrom = (rejections: readonly SmtpError[]): Answers =>
  Object.fromEntries(rejections.map((rejection) => [rejection.recipient ?? '', answerFrom(rejection)]));

/** Reads the recipients' answers to a mail that the server took for at least one of them. */
export function readAnswers({ accepted, response, rejectedErrors }: SMTPPoolSentMessageInfo): Answers {
  const taken: Answer = { state: 'accepted', code: Number(response.slice(0, 3)) || null, response: toLine(response) };
  return { ...Object.fromEntries(accepted.map((address) => [address, taken])), ...answersFrom(rejectedErrors ?? []) };
}

/** Classifies an error without an answer of the server, by nodemailer's own code. */
function classifyCode(error: SmtpError, to: readonly string[], cause: unknown): SmtpFailure {
  const refused = (response: string) => forAll(to, { state: 'refused', code: null, response });
  switch (error.code) {
    case 'EDNS': // also a typing error in SMTP_URL, but a resolver that is away looks the same
      return relayFailure("The mail relay's name was not found. Check the host in SMTP_URL.", cause);
    case 'ETIMEDOUT':
      return relayFailure('The mail relay did not answer in time.', cause);
    case 'ECONNECTION': // the connection closed, or was never made
    case 'ESOCKET': // ECONNREFUSED, ECONNRESET, and certificates that do not verify
    case 'EPROXY':
      if (TLS_CODE.test(error.originalCode ?? '')) return relayFailure(NOT_OVER_TLS, cause);
      if (error.originalCode === 'ECONNREFUSED') return relayFailure('The mail relay accepts no connections.', cause);
      return relayFailure('The connection to the mail relay failed or was cut.', cause);
    case 'EPROTOCOL': // answers that are no SMTP: a web server on that port, a half-started relay
      return relayFailure('The mail relay does not speak SMTP on that port.', cause);
    case 'ETLS': // a handshake or certificate: for the operator to mend, and never a reason to send in clear text
    case 'EREQUIRETLS':
      return relayFailure(NOT_OVER_TLS, cause);
    case 'EAUTH': // no credentials given, or none the server takes
    case 'ENOAUTH':
    case 'EOAUTH2':
      return relayFailure('The mail relay wants credentials. Check user and password in SMTP_URL.', cause);
    case 'ESTREAM': {
      // an attachment's file broke off while it was read; nothing was sent
      const sentence = 'An attachment could not be read to its end.';
      return { about: 'us', error: new AppError('storage_unavailable', sentence, { cause }) };
    }
    case 'EENVELOPE': // the relay was never asked: an address it could not be given
      return refused('The address cannot be used.');
    case 'EMESSAGE': // larger than the relay said it takes (SIZE), found before sending
      return refused('The mail is larger than the mail relay takes.');
    default: {
      const sentence = 'Something went wrong on our side. It has been logged.';
      return { about: 'us', error: new AppError('internal', sentence, { cause }) };
    }
  }
}

/**
 * Classifies the error of a delivery attempt to the recipients `to`. The server's answer code decides, since RFC 5321
 * defines it; nodemailer's code only where there was no answer. Pure: it reads no clock and no setting.
 */
export function classifySmtpError(thrown: unknown, to: readonly string[]): SmtpFailure {
  const error: SmtpError = Object(thrown);
  // An AppError from an attachment's stream comes back with nodemailer's code (ESTREAM) written over its own.
  if (thrown instanceof AppError && error.code !== 'ESTREAM') return { about: 'us', error: thrown };
  if (error.rejectedErrors?.length) {
    for (const rejection of error.rejectedErrors) {
      const failure = findRelayFailure(rejection, thrown);
      if (failure) return failure;
    }
    return { about: 'recipients', answers: answersFrom(error.rejectedErrors) };
  }
  if (!error.responseCode) return classifyCode(error, to, thrown);
  return findRelayFailure(error, thrown) ?? forAll(to, answerFrom(error));
}
