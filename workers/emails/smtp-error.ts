import type { NodemailerError } from 'nodemailer/lib/errors';
import { AppError } from '../../src/errors.ts';

/** The part of nodemailer's errors that the rules read. */
type SmtpError = Partial<Pick<NodemailerError, 'code' | 'command' | 'response' | 'responseCode' | 'recipient'>> & {
  rejectedErrors?: SmtpError[] | undefined;
};

const MAX_ANSWER_LENGTH = 300;
const RETRIED = "It is tried again until the job's attempts are used up.";

/** A mail server's answer fit for a sentence: one line, no control characters, at most 300 characters. */
export function answerOf(response: string | undefined): string {
  const line = (response ?? '').replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > MAX_ANSWER_LENGTH ? `${line.slice(0, MAX_ANSWER_LENGTH)}…` : line;
}

/** True for an answer that will not change: 5xx, apart from 503, which faults the session and not the mail. */
export const isPermanent = (responseCode: number | undefined): boolean =>
  responseCode !== undefined && responseCode >= 500 && responseCode !== 503;

/** Commands that carry one mail. An answer to any other (greeting, EHLO, STARTTLS, AUTH) is about the relay. */
const MAIL_COMMANDS = new Set(['MAIL FROM', 'RCPT TO', 'DATA']);

function classifyAnswer(error: SmtpError, code: number, cause: unknown): AppError {
  const answer = answerOf(error.response);
  // 530 "authentication required", 535 "credentials invalid", 534/538 "mechanism too weak": SMTP_URL is wrong, and the
  // operator mends that within hours. The mail itself was never judged, so it must not fail for it.
  if (error.code === 'EAUTH' || [530, 534, 535, 538].includes(code)) {
    return new AppError(
      'mail_relay_unavailable',
      `The mail relay does not accept our credentials: ${answer}. Check user and password in SMTP_URL. ${RETRIED}`,
      { cause },
    );
  }
  // 421 "closing the channel": shutdown, too many connections, too long idle. Nothing to do with this mail.
  // A greeting or EHLO of 5xx (a blocked address: "554 no SMTP service here") refuses the client and not the mail.
  if (code === 421 || (error.command !== undefined && !MAIL_COMMANDS.has(error.command))) {
    return new AppError('mail_relay_unavailable', `The mail relay takes no mail now: ${answer}. ${RETRIED}`, { cause });
  }
  const whom = (error.rejectedErrors ?? []).flatMap(({ recipient }) => recipient ?? []).join(', ');
  // 4xx is temporary by definition: greylisting, a full mailbox, an overloaded server. 503 "bad sequence of commands"
  // comes of a session in a wrong state (an earlier command failed); a fresh connection mends it.
  if (!isPermanent(code)) {
    return new AppError(
      'mail_deferred',
      `The mail server put the mail off${whom && ` for ${whom}`}: ${answer}. ${RETRIED}`,
      {
        cause,
      },
    );
  }
  return new AppError('mail_refused', `The mail server refused the mail${whom && ` for ${whom}`}: ${answer}`, {
    cause,
  });
}

/** All recipients were rejected. One that is only put off is worth a new run, so the mail is. */
function classifyRejections(error: SmtpError, rejections: SmtpError[], cause: unknown): AppError {
  const deferred = rejections.find(({ responseCode }) => !isPermanent(responseCode));
  if (deferred) return classifyAnswer({ ...deferred, rejectedErrors: [deferred] }, deferred.responseCode ?? 450, cause);
  const answers = rejections.map(({ recipient, response }) => `${recipient} (${answerOf(response)})`);
  const shown = answers.length > 5 ? [...answers.slice(0, 5), `${answers.length - 5} more`] : answers;
  const code = error.responseCode ?? 550;
  return [530, 534, 535, 538].includes(code)
    ? classifyAnswer({ ...error, code: 'EAUTH' }, code, cause)
    : new AppError('mail_refused', `The mail server refused every recipient: ${shown.join('; ')}`, { cause });
}

/** nodemailer's own codes, for errors that came without an answer of the server. */
function classifyCode(error: SmtpError, cause: unknown): AppError {
  const relay = (sentence: string) => new AppError('mail_relay_unavailable', `${sentence} ${RETRIED}`, { cause });
  switch (error.code) {
    case 'EDNS': // also a typing error in SMTP_URL, but a resolver that is away looks the same
      return relay("The mail relay's name was not found. Check the host in SMTP_URL.");
    case 'ETIMEDOUT':
      return relay('The mail relay did not answer in time.');
    case 'ECONNECTION': // the connection closed, or was never made
    case 'ESOCKET': // ECONNREFUSED, ECONNRESET, and certificates that do not verify
    case 'EPROXY':
      return relay('The connection to the mail relay failed or was cut.');
    case 'EPROTOCOL': // answers that are no SMTP: a web server on that port, a half-started relay
      return relay('The mail relay does not speak SMTP on that port.');
    case 'ETLS': // a handshake or certificate: the operator's to mend, and never a reason to send in clear text
    case 'EREQUIRETLS':
      return relay('The mail relay cannot be reached over TLS. Check its certificate, and smtp/smtps in SMTP_URL.');
    case 'EAUTH': // no credentials given, or none the server takes
    case 'ENOAUTH':
    case 'EOAUTH2':
      return relay('The mail relay wants credentials. Check user and password in SMTP_URL.');
    case 'ESTREAM': // an attachment's file broke off while it was read; nothing was handed over
      return new AppError('storage_unavailable', `An attachment could not be read to its end. ${RETRIED}`, { cause });
    case 'EENVELOPE': // the relay was never asked: an address it could not be given
      return new AppError('mail_refused', 'An address of the mail cannot be used.', { cause });
    case 'EMESSAGE': // larger than the relay said it takes (SIZE), found before sending
      return new AppError('mail_refused', 'The mail is larger than the mail relay takes. Attach less.', { cause });
    default: // a fault of ours: retried, and logged with its stack
      return new AppError('internal', 'Something went wrong on our side. It has been logged.', { cause });
  }
}

/**
 * What a failed hand-over means. The server's answer code decides, since RFC 5321 defines it; nodemailer's code only
 * where there was no answer. Pure: it reads no clock and no setting.
 */
export function classifySmtpError(thrown: unknown): AppError {
  const error: SmtpError = Object(thrown);
  // An AppError from an attachment's stream comes back with nodemailer's code (ESTREAM) written over its own.
  if (thrown instanceof AppError && error.code !== 'ESTREAM') return thrown;
  if (error.rejectedErrors?.length) return classifyRejections(error, error.rejectedErrors, thrown);
  if (error.responseCode) return classifyAnswer(error, error.responseCode, thrown);
  return classifyCode(error, thrown);
}
