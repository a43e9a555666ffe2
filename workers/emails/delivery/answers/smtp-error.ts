import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { now } from '../../../../src/clock.ts';
import { AppError } from '../../../../src/errors.ts';
import type { Dependency } from '../../../../src/jobs/processor.ts';
import type { Answer, Answers } from './recipient-answers.ts';
import { type Envelope, readReply, type Stage } from './reply.ts';
import { isOfAllMails, judge } from './verdict.ts';
import type { AnswerClass } from './verdict-table.ts';

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

/** Whom more than one mail is refused: a sender, all of ours, or more than so many. */
export interface Trouble {
  about: Extract<AnswerClass, 'sender' | 'relay' | 'rate'>;
  /** For the operator, and the mail's caller. */
  sentence: string;
  /** What is wrong with the relay, where it is about that. */
  fault?: NonNullable<Dependency['fault']>;
  /** Whether who connects and signs in, and gives it no mail, finds that too. */
  isAtLook?: boolean;
  cause: unknown;
}

/**
 * What a failed delivery attempt means. `trouble`: what every answer was about, if none was about this mail or its
 * recipients. `fault`: a bug or a failure on our side, and no answer at all.
 */
export type SmtpFailure = Refusal | { fault: AppError };

interface Refusal {
  answers: Answers;
  trouble: Trouble | null;
  fault?: never;
}

const MAX_ANSWER_LENGTH = 300;

/** Makes a mail server's response fit for a sentence: one line, no control characters, at most 300 characters. */
export function toLine(response: string | undefined): string {
  const line = (response ?? '').replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > MAX_ANSWER_LENGTH ? `${line.slice(0, MAX_ANSWER_LENGTH)}…` : line;
}

/** Codes of certificates and handshakes, as OpenSSL and node name them. */
const TLS_CODE = /CERT|TLS|SSL|UNABLE_TO_|^EPROTO$/;
const NOT_OVER_TLS =
  'The mail relay cannot be reached over TLS. Check its certificate, and SMTP_URL, SMTP_STARTTLS and SMTP_CA_FILE.';

/** Finds out where an answer came by the command that nodemailer names; whatever is no command of a mail comes before. */
function stageOf({ command = '', code }: SmtpError): Stage {
  if (command === 'MAIL FROM') return 'mail';
  if (command === 'RCPT TO') return 'rcpt';
  if (command === 'DATA') return code === 'EMESSAGE' ? 'dot' : 'data';
  if (command === 'STARTTLS') return 'starttls';
  if (command.startsWith('AUTH')) return 'auth';
  return /^(?:EHLO|HELO|LHLO)/.test(command) ? 'ehlo' : 'connect';
}

/** What an answer means, and what is said of it where it is about more than the one mail. */
interface Judged {
  answer: Answer;
  about: AnswerClass;
  sentence: string;
  fault: NonNullable<Dependency['fault']>;
}

const HEADS: Readonly<Record<Trouble['about'], string>> = {
  sender: 'The mail relay does not take mail of this sender',
  relay: 'The mail relay takes no mail now',
  rate: 'The mail relay wants less mail at a time',
};

/** Judges an answer of the server's. */
function judgeAnswer(error: SmtpError, envelope: Envelope): Judged {
  const stage = stageOf(error);
  const response = error.response ?? '';
  const reply = readReply(stage, response, envelope);
  const verdict = judge(reply);
  const line = toLine(response);
  const answer: Answer = {
    // 4xx is temporary by definition: greylisting, a full mailbox, an overloaded server.
    state: verdict.isFinal ? 'refused' : 'deferred',
    code: error.responseCode ?? null,
    response: line,
    stage,
    class: verdict.class,
    at: new Date(now()).toISOString(),
    ...(reply.status === null ? {} : { status: reply.status }),
    ...(verdict.suppresses === null ? {} : { suppresses: verdict.suppresses }),
  };
  const cure = verdict.cure === null ? '' : ` ${verdict.cure}`;
  const sentence = describeRefusal(verdict.class, stage, line) + cure;
  return { answer, about: verdict.class, sentence, fault: stage === 'auth' ? 'login' : 'busy' };
}

function describeRefusal(about: AnswerClass, stage: Stage, line: string): string {
  if (stage === 'starttls' && about === 'relay') return NOT_OVER_TLS;
  const head = stage === 'auth' ? 'The mail relay does not accept our credentials' : HEADS[about as Trouble['about']];
  return `${head}: ${/[.!?]$/.test(line) ? line.slice(0, -1) : line}.`;
}

/** The stages before any mail. */
const LOOKED_AT: ReadonlySet<Answer['stage']> = new Set(['connect', 'ehlo', 'starttls', 'auth']);

/** The same answer for each recipient. */
function forAll(to: readonly string[], { answer, about, sentence, fault }: Judged, cause: unknown): Refusal {
  return {
    answers: Object.fromEntries(to.map((address) => [address, answer])),
    trouble: isOfAllMails(about)
      ? { about: about as Trouble['about'], sentence, fault, isAtLook: LOOKED_AT.has(answer.stage), cause }
      : null,
  };
}

/** What is wrong with the relay where it gave no answer. */
function relayFailure(
  to: readonly string[],
  { sentence, fault }: Pick<Judged, 'sentence' | 'fault'>,
  cause: unknown,
): SmtpFailure {
  const [state, stage, about] = ['deferred', 'connect', 'relay'] as const;
  const answer: Answer = {
    state,
    code: null,
    response: sentence,
    stage,
    class: about,
    at: new Date(now()).toISOString(),
  };
  return forAll(to, { answer, about, sentence, fault }, cause);
}

/** A recipient that was refused by itself. */
type Refused = [address: string, judged: Judged];

/** The answers of recipients that were refused one by one. */
const answersFrom = (rejections: readonly SmtpError[], from?: string): Refused[] =>
  rejections.map((rejection) => {
    const to = rejection.recipient ?? '';
    return [to, judgeAnswer(rejection, { from, to })];
  });

/** Reads the answers of recipients that were refused one by one. */
export const readRefusals = (rejections: readonly SmtpError[], from?: string): Answers =>
  toAnswers(answersFrom(rejections, from));

/** Reads the recipients' answers to a mail that the server took for at least one of them. */
export function readAnswers({ accepted, response, rejectedErrors, envelope }: SMTPPoolSentMessageInfo): Answers {
  const status = readReply('dot', response).status;
  const taken: Answer = {
    state: 'accepted',
    code: Number(response.slice(0, 3)) || null,
    response: toLine(response),
    stage: 'dot',
    at: new Date(now()).toISOString(),
    ...(status === null ? {} : { status }),
  };
  const refused = answersFrom(rejectedErrors ?? [], envelope.from || undefined);
  return {
    ...Object.fromEntries(accepted.map((address) => [address, taken])),
    ...toAnswers(refused),
  };
}

/** Classifies an error without an answer of the server, by nodemailer's own code. */
function classifyCode(error: SmtpError, to: readonly string[], cause: unknown): SmtpFailure {
  const fail = (sentence: string, fault: Judged['fault'] = 'away') => relayFailure(to, { sentence, fault }, cause);
  const refuse = (response: string, about: AnswerClass) => {
    const answer: Answer = { state: 'refused', code: null, response, class: about, at: new Date(now()).toISOString() };
    return forAll(to, { answer, about, sentence: response, fault: 'busy' }, cause);
  };
  switch (error.code) {
    case 'EDNS': // also a typing error in SMTP_URL, but a resolver that is away looks the same
      return fail("The mail relay's name was not found. Check the host in SMTP_URL.");
    case 'ETIMEDOUT':
      return fail('The mail relay did not answer in time.');
    case 'ECONNECTION': // the connection closed, or was never made
    case 'ESOCKET': // ECONNREFUSED, ECONNRESET, and certificates that do not verify
    case 'EPROXY':
      if (TLS_CODE.test(error.originalCode ?? '')) return fail(NOT_OVER_TLS);
      if (error.originalCode === 'ECONNREFUSED') return fail('The mail relay accepts no connections.');
      return fail('The connection to the mail relay failed or was cut.');
    case 'EPROTOCOL': // answers that are no SMTP: a web server on that port, a half-started relay
      return fail('The mail relay does not speak SMTP on that port.');
    case 'ETLS': // a handshake or certificate: for the operator to mend, and never a reason to send in clear text
    case 'EREQUIRETLS':
      return fail(NOT_OVER_TLS);
    case 'EAUTH': // no credentials given, or none the server takes
    case 'ENOAUTH':
    case 'EOAUTH2':
      return fail('The mail relay wants credentials. Check user and password in SMTP_URL.', 'login');
    case 'ESTREAM': {
      // an attachment's file broke off while it was read; nothing was sent
      const sentence = 'An attachment could not be read to its end.';
      return { fault: new AppError('storage_unavailable', sentence, { cause }) };
    }
    case 'EENVELOPE': // the relay was never asked: an address it could not be given
      return refuse('The address cannot be used.', 'recipient');
    case 'EMESSAGE': // larger than the relay said it takes (SIZE), found before sending
      return refuse('The mail is larger than the mail relay takes.', 'content');
    default: {
      const sentence = 'Something went wrong on our side. It has been logged.';
      return { fault: new AppError('internal', sentence, { cause }) };
    }
  }
}

/**
 * Classifies the error of a delivery attempt from a sender to the recipients `to`. The server's answer decides, by the
 * table of verdicts; nodemailer's code only where there was no answer.
 */
export function classifySmtpError(thrown: unknown, to: readonly string[], from?: string): SmtpFailure {
  const error: SmtpError = Object(thrown);
  // An AppError from an attachment's stream comes back with nodemailer's code (ESTREAM) written over its own.
  if (thrown instanceof AppError && error.code !== 'ESTREAM') return { fault: thrown };
  const refused = answersFrom(error.rejectedErrors ?? [], from);
  const rest = to.filter((address) => refused.every(([one]) => one !== address));
  const [first] = refused;
  if (first && rest.length === 0) return allRefused(refused, first, thrown);
  if (!error.responseCode) return classifyCode(error, to, thrown);
  const judged = judgeAnswer(error, { from, to: rest.length === 1 ? rest[0] : undefined });
  const { answers, trouble } = forAll(to, judged, thrown);
  // Where the last answer is about all mails, the whole of this one is tried again.
  return { answers: trouble ? answers : { ...answers, ...toAnswers(refused) }, trouble };
}

const toAnswers = (refused: readonly Refused[]): Answers =>
  Object.fromEntries(refused.map(([address, { answer }]) => [address, answer]));

/** What it means that each recipient was refused by itself. */
function allRefused(refused: readonly Refused[], [, { about, sentence, fault }]: Refused, cause: unknown): SmtpFailure {
  const isTrouble = refused.every(([, one]) => isOfAllMails(one.about));
  return {
    answers: toAnswers(refused),
    trouble: isTrouble ? { about: about as Trouble['about'], sentence, fault, cause } : null,
  };
}
