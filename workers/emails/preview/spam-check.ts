import { connect } from 'node:net';

/** What SpamAssassin made of a mail. */
export interface SpamScore {
  score: number;
  /** From here on it takes a mail for spam. */
  threshold: number;
  /** The rules that the mail met. */
  rules: string[];
}

const LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 64_000;
/** What spamc asks about at most; spamd takes seconds for more. */
const MAX_MAIL_BYTES = 500_000;

/** Looks at the bytes of a mail as they pass, and asks SpamAssassin about them. */
export interface SpamCheck {
  /** Yields the bytes on. */
  watch(source: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
  /** Resolves with the score, or a sentence that says why there is none. Rejects with the signal's reason. */
  finish(signal: AbortSignal): Promise<SpamScore | string>;
}

/** Makes the check of one mail by the spamd at `host:port`. */
export function createSpamCheck(address: string): SpamCheck {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    async *watch(source) {
      for await (const chunk of source) {
        bytes += chunk.length;
        if (bytes <= MAX_MAIL_BYTES) chunks.push(chunk);
        yield chunk;
      }
    },
    async finish(signal) {
      if (bytes > MAX_MAIL_BYTES) return 'SpamAssassin was not asked: it looks at mails of at most 500 kB.';
      try {
        const score = readScore(await ask(address, Buffer.concat(chunks), signal));
        return score ?? `What answers at ${address} is not SpamAssassin. Check EMAILS_SPAMD.`;
      } catch {
        signal.throwIfAborted();
        return `SpamAssassin at ${address} did not answer. Check EMAILS_SPAMD.`;
      }
    },
  };
}

function readScore(answer: string): SpamScore | null {
  const [, score, threshold] = /^Spam: \w+ ; (-?[\d.]+) \/ (-?[\d.]+)/im.exec(answer) ?? [];
  if (score === undefined || threshold === undefined) return null;
  const [, rules = ''] = answer.split('\r\n\r\n');
  return { score: Number(score), threshold: Number(threshold), rules: rules.trim().split(',').filter(Boolean) };
}

/** Sends a mail to spamd; resolves with its answer. */
async function ask(address: string, source: Buffer, signal: AbortSignal): Promise<string> {
  const colon = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
  const stop = () => socket.destroy(new Error('stopped'));
  const timer = setTimeout(stop, LIMIT_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    socket.end(Buffer.concat([Buffer.from(`SYMBOLS SPAMC/1.5\r\nContent-length: ${source.length}\r\n\r\n`), source]));
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('an answer without an end');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('latin1');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
}
