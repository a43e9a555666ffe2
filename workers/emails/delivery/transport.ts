import { Readable } from 'node:stream';
import { createTransport } from 'nodemailer';
import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { AppError } from '../../../src/errors.ts';
import type { MailMessage } from '../content/message.ts';
import type { DkimKeys } from '../source/dkim-keys.ts';
import { finishSource } from '../source/source.ts';
import type { SmtpError } from './answers/smtp-error.ts';
import { type ConnectionLimit, createConnectionLimit } from './connection-limit.ts';
import { sendWithLetters } from './letters.ts';
import { type RelayConfig, relayOptions } from './relay-options.ts';
import { createUtf8Question, type RelayPool } from './utf8-question.ts';

/** How long a mail waits for a connection before it is put back. */
const CONNECTION_WAIT_MS = 20_000;
/** How long a stopped run still waits for the answer to a mail that had left as a whole. */
const ANSWER_GRACE_MS = 2_000;

/** Thrown when the whole mail had left and no answer came: the server may have taken it or not. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError';
  /** What the server had said of the recipients that it did not take. */
  readonly refused: readonly SmtpError[];

  constructor(message: string, { cause, refused = [] }: { cause?: unknown; refused?: readonly SmtpError[] } = {}) {
    super(message, { cause });
    this.refused = refused;
  }
}

/** Thrown when the server had closed an idle connection before the mail started: nothing was sent, nothing is wrong. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

/** Thrown when no connection to the relay became free: nothing was sent. */
export class BusyConnectionsError extends Error {
  override readonly name = 'BusyConnectionsError';
}

/** What a delivery attempt asks of the transport. */
export interface DeliveryAttempt {
  /** Cuts the connection, but not between the last byte and the answer. */
  signal: AbortSignal;
  /** Awaited when the server wants the mail (354), before its first byte. A rejection cuts the connection. */
  claim: () => Promise<void>;
  /** Whose mail it is. */
  job: { id: string; caller: string };
}

/** The process's way to the relay, or into the inbox where there is none. */
export interface MailTransport {
  /** Where its mails go, as results say it. */
  delivery: 'smtp' | 'inbox';
  /**
   * Sends one mail. Rejects with AnswerLostError, BusyConnectionsError or StaleConnectionError, with what `claim` rejected with, or with
   * nodemailer's error when the server refused the mail or can't have taken it.
   */
  send(message: MailMessage, attempt: DeliveryAttempt): Promise<SMTPPoolSentMessageInfo>;
  /** Uses fewer connections, since the relay refused one of several as too many; false where it was the only one. */
  lowerConnections(): boolean;
  /** Connects, secures and logs in, on a connection of its own; rejects with nodemailer's error. */
  verify(): Promise<void>;
  /** Gives up every mail whose first byte has not left, with `interrupted`; the others go on. */
  drain(): void;
  /** Closes the connections; mails on their way finish first. */
  close(): void;
}

/** Yields the mail's bytes, the first of them when the attempt has been claimed. */
async function* afterClaim(body: Readable, transaction: Transaction): AsyncGenerator<Buffer> {
  try {
    transaction.isStarted = true;
    await transaction.claim();
  } catch (error) {
    transaction.claimError = error;
    body.destroy();
    // A new error: nodemailer writes a code of its own over the one it is given.
    throw new Error('the delivery attempt was not claimed');
  }
  yield* body;
}

/** What is known of one SMTP transaction: nodemailer hands out the bytes, but not how far they got. */
interface Transaction {
  claim: () => Promise<void>;
  /** The server asked for the mail. */
  isStarted: boolean;
  /** What `claim` rejected with. */
  claimError?: unknown;
  body?: Readable;
  /** The envelope as the connection keeps it, with the refusals of single recipients. */
  envelope?: object;
}

/** Opens the pool of connections to SMTP_URL; the first is made for the first mail. */
export function openTransport(config: RelayConfig & { SMTP_URL: string }, keys: DkimKeys): MailTransport {
  const pool = createTransport(relayOptions(config));
  const askUtf8 = createUtf8Question(pool.transporter as unknown as RelayPool);
  const draining = new AbortController();
  const connections = createConnectionLimit(config.SMTP_CONNECTIONS);
  const transactions = new WeakMap<AbortSignal, Transaction>();
  // nodemailer doesn't say whether the mail had left when a connection broke. Its byte stream does: the closing dot
  // is written after the stream's end, so before that end no server can have taken the mail.
  pool.use('stream', ({ message, data }, next) => {
    finishSource(message, data as MailMessage, keys);
    const openBody = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const body = openBody(options);
      const transaction = data.signal && transactions.get(data.signal);
      if (!transaction) return body;
      transaction.envelope = message.getEnvelope();
      transaction.body = Readable.from(afterClaim(body, transaction), { objectMode: false });
      return transaction.body;
    };
    next();
  });

  return {
    delivery: 'smtp',
    async send(message, { signal, claim }) {
      const release = await takeConnection(connections, [signal, draining.signal]);
      const cut = new AbortController();
      const transaction: Transaction = { claim, isStarted: false };
      transactions.set(cut.signal, transaction);
      let grace: NodeJS.Timeout | undefined;
      const hasLeft = () => transaction.body?.readableEnded === true;
      const stop = () => {
        if (hasLeft()) grace = setTimeout(() => cut.abort(), ANSWER_GRACE_MS);
        else cut.abort();
      };
      const drain = () => {
        if (!transaction.isStarted) cut.abort(draining.signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      draining.signal.addEventListener('abort', drain, { once: true });
      try {
        const transmit = (mail: MailMessage) =>
          pool.sendMail({ ...mail, signal: cut.signal }).catch((error: unknown) => {
            throw addRefusals(error, transaction, hasLeft());
          });
        const hasUtf8 = () => askUtf8(AbortSignal.any([signal, draining.signal]));
        return await sendWithLetters(message, { hasUtf8, transmit });
      } catch (error) {
        throw explain(error, transaction, {
          hasLeft: hasLeft(),
          drained: cut.signal.aborted && draining.signal.reason,
        });
      } finally {
        release();
        clearTimeout(grace);
        signal.removeEventListener('abort', stop);
        draining.signal.removeEventListener('abort', drain);
      }
    },
    lowerConnections: connections.lower,
    verify: async () => void (await pool.verify()),
    drain: () => draining.abort(new AppError('interrupted', 'The worker is shutting down.')),
    close: () => pool.close(),
  };
}

/** Waits for a connection; rejects with BusyConnectionsError when none becomes free, or as the signals say. */
async function takeConnection(connections: ConnectionLimit, signals: AbortSignal[]): Promise<() => void> {
  for (const signal of signals) signal.throwIfAborted();
  let release: () => void;
  try {
    release = await connections.acquire(() => AbortSignal.any([...signals, AbortSignal.timeout(CONNECTION_WAIT_MS)]));
  } catch (error) {
    const isBusy = error instanceof Error && error.name === 'TimeoutError';
    throw isBusy ? new BusyConnectionsError('no connection became free') : error;
  }
  const stopped = signals.find(({ aborted }) => aborted);
  if (!stopped) return release;
  release();
  throw stopped.reason;
}

/**
 * Adds the refusals of single recipients to the server's word on the mail, or to its silence: nodemailer tells them only where
 * the mail was taken or all were refused. Those that follow a refused sender say nothing.
 */
function addRefusals(error: unknown, transaction: Transaction, hasLeft: boolean): unknown {
  const rejectedErrors = refusalsOf(transaction);
  const { command, responseCode } = Object(error) as Record<string, unknown>;
  const isOfMail = responseCode === undefined ? hasLeft : command === 'DATA';
  if (!isOfMail || rejectedErrors.length === 0) return error;
  return Object.assign(error as Error, { rejectedErrors });
}

/** What the server has said of recipients that it did not take. */
const refusalsOf = ({ envelope }: Transaction): SmtpError[] =>
  (envelope as { rejectedErrors?: SmtpError[] } | undefined)?.rejectedErrors ?? [];

/** Says what has become of a failed transaction; `drained`: why it was given up, where the worker stops. */
function explain(
  error: unknown,
  transaction: Transaction,
  { hasLeft, drained }: { hasLeft: boolean; drained: unknown },
) {
  if (transaction.claimError !== undefined) return transaction.claimError;
  const { responseCode, code, command, rejectedErrors } = Object(error) as SmtpError;
  if (hasLeft && responseCode === undefined) {
    return new AnswerLostError('no answer to the mail', { cause: error, refused: rejectedErrors ?? [] });
  }
  if (drained && !transaction.isStarted) return drained;
  // The pool's words for a kept connection that was closed: the mail's stream was made, and nothing read from it.
  const untouched = transaction.body !== undefined && !transaction.isStarted;
  if (untouched && code === 'ECONNECTION' && responseCode === undefined && command === undefined) {
    return new StaleConnectionError('the connection had been closed', { cause: error });
  }
  return error;
}
