import type { Readable } from 'node:stream';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { SMTPPoolOptions, SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import type { Config } from '../../src/config.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** Below what relays usually allow an idle client, so that they don't hang up while we hand over the next mail. */
const IDLE_TIMEOUT_MS = 20_000;
/** How long a stopped run still waits for the answer to a mail that had left as a whole. */
const ANSWER_GRACE_MS = 2_000;

/** The whole mail had left, and no answer came: the server may have taken it or not. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError';
}

/** The process's way to the relay. */
export interface MailTransport {
  /**
   * Hands one mail over. Rejects with AnswerLostError, or with nodemailer's error when the server said no or when
   * it can't have taken the mail. An aborted signal cuts the connection, but not between the last byte and the answer.
   */
  send(message: SendMailOptions, signal: AbortSignal): Promise<SMTPPoolSentMessageInfo>;
  /** Closes the connections; mails on their way finish first. */
  close(): void;
}

/** Where mail goes: SMTP_URL, or the built-in mail catcher. What the URL's query says (`?name=...`) wins. */
function poolOptions(config: Config): SMTPPoolOptions & { pool: true } {
  const relay = config.SMTP_URL
    ? { url: config.SMTP_URL }
    : { host: '127.0.0.1', port: config.MAIL_CATCHER_SMTP_PORT, ignoreTLS: true };
  return {
    pool: true,
    maxConnections: config.EMAILS_CONCURRENCY,
    maxRequeues: 0, // the queue decides about another attempt, and counts it
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: config.EMAIL_TIMEOUT_SECONDS * 800, // before the run times out, so that the cause is known
    idleTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...relay,
  };
}

/** Opens the pool; connections are made when the first mail is sent. */
export function openTransport(config: Config): MailTransport {
  const pool = createTransport(poolOptions(config));
  // nodemailer doesn't say whether the mail had left when a connection broke. Its byte stream does: the closing dot
  // is written after the stream's end, so before that end no server can have taken the mail.
  const bodies = new WeakMap<AbortSignal, Readable>();
  pool.use('stream', ({ message, data }, next) => {
    const openBody = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const body = openBody(options);
      if (data.signal) bodies.set(data.signal, body);
      return body;
    };
    next();
  });

  return {
    async send(message, signal) {
      signal.throwIfAborted();
      const cut = new AbortController();
      let grace: NodeJS.Timeout | undefined;
      const hasLeft = () => bodies.get(cut.signal)?.readableEnded === true;
      const stop = () => {
        if (hasLeft()) grace = setTimeout(() => cut.abort(), ANSWER_GRACE_MS);
        else cut.abort();
      };
      signal.addEventListener('abort', stop, { once: true });
      try {
        return await pool.sendMail({ ...message, signal: cut.signal });
      } catch (error) {
        const answered = 'responseCode' in Object(error);
        if (hasLeft() && !answered) throw new AnswerLostError('no answer to the mail', { cause: error });
        throw error;
      } finally {
        clearTimeout(grace);
        signal.removeEventListener('abort', stop);
      }
    },
    close: () => pool.close(),
  };
}
