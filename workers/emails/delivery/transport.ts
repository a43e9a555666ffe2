import { Readable } from 'node:stream';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type { SMTPPoolSentMessageInfo } from 'nodemailer/lib/smtp-pool';
import { AppError } from '../../../src/errors.ts';
import { type RelayConfig, relayOptions } from './relay-options.ts';

/** How long a stopped run still waits for the answer to a mail that had left as a whole. */
const ANSWER_GRACE_MS = 2_000;

/** The whole mail had left, and no answer came: the server may have taken it or not. */
export class AnswerLostError extends Error {
  override readonly name = 'AnswerLostError';
}

/** The server had hung up on an idle connection before the mail was begun: nobody's fault, and nothing was sent. */
export class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
}

export interface HandOver {
  /** Cuts the connection, but not between the last byte and the answer. */
  signal: AbortSignal;
  /** Awaited when the server wants the mail (354), before its first byte. A rejection cuts the connection. */
  claim: () => Promise<void>;
}

/** The process's way to the relay. */
export interface MailTransport {
  /**
   * Hands one mail over. Rejects with AnswerLostError or StaleConnectionError, with what `claim` rejected with, or with
   * nodemailer's error when the server said no or when it can't have taken the mail.
   */
  send(message: SendMailOptions, handOver: HandOver): Promise<SMTPPoolSentMessageInfo>;
  /** Connects, secures and logs in, on a connection of its own; rejects with nodemailer's error. */
  verify(): Promise<void>;
  /** Gives up every mail whose first byte has not left, with `interrupted`; the others go on. */
  drain(): void;
  /** Closes the connections; mails on their way finish first. */
  close(): void;
}

/** The mail's bytes; the first is held back until the hand-over is claimed. */
async function* claimed(body: Readable, passage: Passage): AsyncGenerator<Buffer> {
  try {
    passage.begun = true;
    await passage.claim();
  } catch (error) {
    passage.refusal = error;
    body.destroy();
    // A new error: nodemailer writes a code of its own over the one it is given.
    throw new Error('the hand-over was not claimed');
  }
  yield* body;
}

/** What is known of one hand-over: nodemailer tells the bytes, but not how far they got. */
interface Passage {
  claim: () => Promise<void>;
  /** The server asked for the mail. */
  begun: boolean;
  /** What `claim` rejected with. */
  refusal?: unknown;
  body?: Readable;
}

/** Opens the pool; connections are made when the first mail is sent. */
export function openTransport(config: RelayConfig): MailTransport {
  const pool = createTransport(relayOptions(config));
  const draining = new AbortController();
  const passages = new WeakMap<AbortSignal, Passage>();
  // nodemailer doesn't say whether the mail had left when a connection broke. Its byte stream does: the closing dot
  // is written after the stream's end, so before that end no server can have taken the mail.
  pool.use('stream', ({ message, data }, next) => {
    const openBody = message.createReadStream.bind(message);
    message.createReadStream = (options) => {
      const body = openBody(options);
      const passage = data.signal && passages.get(data.signal);
      if (!passage) return body;
      passage.body = Readable.from(claimed(body, passage), { objectMode: false });
      return passage.body;
    };
    next();
  });

  return {
    async send(message, { signal, claim }) {
      signal.throwIfAborted();
      draining.signal.throwIfAborted();
      const cut = new AbortController();
      const passage: Passage = { claim, begun: false };
      passages.set(cut.signal, passage);
      let grace: NodeJS.Timeout | undefined;
      const hasLeft = () => passage.body?.readableEnded === true;
      const stop = () => {
        if (hasLeft()) grace = setTimeout(() => cut.abort(), ANSWER_GRACE_MS);
        else cut.abort();
      };
      const drain = () => {
        if (!passage.begun) cut.abort(draining.signal.reason);
      };
      signal.addEventListener('abort', stop, { once: true });
      draining.signal.addEventListener('abort', drain, { once: true });
      try {
        return await pool.sendMail({ ...message, signal: cut.signal });
      } catch (error) {
        throw explain(error, passage, { hasLeft: hasLeft(), drained: draining.signal.aborted && cut.signal.aborted });
      } finally {
        clearTimeout(grace);
        signal.removeEventListener('abort', stop);
        draining.signal.removeEventListener('abort', drain);
      }
    },
    verify: async () => void (await pool.verify()),
    drain: () => draining.abort(new AppError('interrupted', 'The worker is shutting down.')),
    close: () => pool.close(),
  };

  function explain(error: unknown, passage: Passage, { hasLeft, drained }: { hasLeft: boolean; drained: boolean }) {
    if (passage.refusal !== undefined) return passage.refusal;
    const { responseCode, code, command } = Object(error) as Record<string, unknown>;
    if (hasLeft && responseCode === undefined) return new AnswerLostError('no answer to the mail', { cause: error });
    if (drained && !passage.begun) return draining.signal.reason;
    // The pool's words for a kept connection that was closed: the mail's stream was made, and nothing read from it.
    const untouched = passage.body !== undefined && !passage.begun;
    if (untouched && code === 'ECONNECTION' && responseCode === undefined && command === undefined) {
      return new StaleConnectionError('the connection had been closed', { cause: error });
    }
    return error;
  }
}
