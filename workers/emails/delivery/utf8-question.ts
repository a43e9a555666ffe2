import SMTPConnection from 'nodemailer/lib/smtp-connection';

/** nodemailer's pool: its options, read from the relay's address, and its connections, with what the relay said to EHLO. */
export interface RelayPool {
  options: SMTPConnection.Options;
  _connections: readonly { _connected?: boolean; connection?: { _supportedExtensions: readonly string[] } | false }[];
}

/** How long an answer holds. */
const ANSWER_LIFE_MS = 600_000;

/**
 * Asks whether the relay has SMTPUTF8 (RFC 6531). Rejects with nodemailer's error where the relay cannot be asked, and with
 * the signal's reason when that aborts.
 */
export type Utf8Question = (signal: AbortSignal) => Promise<boolean>;

/**
 * Makes the question of a pool. A connection that stands knows the answer; where none does, one is opened for it, by one
 * of all who ask meanwhile. Whoever asks has a turn of the pool's connections, so there are never more than it may have.
 */
export function createUtf8Question(pool: RelayPool): Utf8Question {
  let answer: { hasIt: boolean; at: number } | undefined;
  const ask = shareWork((signal) => greet(pool.options, signal));
  return async (signal) => {
    if (answer && performance.now() - answer.at < ANSWER_LIFE_MS) return answer.hasIt;
    const hasIt = readStanding(pool) ?? (await ask(signal));
    answer = { hasIt, at: performance.now() };
    return hasIt;
  };
}

/** Reads what the relay said to a connection that stands; undefined for none. */
function readStanding({ _connections }: RelayPool): boolean | undefined {
  for (const { _connected, connection } of _connections) {
    if (_connected && connection) return connection._supportedExtensions.includes('SMTPUTF8');
  }
  return undefined;
}

/** Connects, and reads the answer to EHLO. */
async function greet(options: SMTPConnection.Options, signal: AbortSignal): Promise<boolean> {
  const connection = new SMTPConnection(options);
  try {
    await new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      connection
        .once('error', reject)
        .once('end', () => reject(Object.assign(new Error('the relay hung up'), { code: 'ECONNECTION' })));
      // Of a connection that ends before its greeting this alone tells.
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
    return /^250[ -]SMTPUTF8\b/im.test(connection.lastServerResponse || '');
  } finally {
    connection.on('error', () => {});
    if (signal.aborted) connection.close();
    else connection.quit();
  }
}

/** Lets all who ask while the work goes on wait for the one result; it is stopped when none of them waits any more. */
function shareWork<Result>(work: (signal: AbortSignal) => Promise<Result>): (signal: AbortSignal) => Promise<Result> {
  let running: { result: Promise<Result>; waiting: number; stop: AbortController } | undefined;
  const start = () => {
    const stop = new AbortController();
    const result = work(stop.signal).finally(() => {
      if (running?.stop === stop) running = undefined;
    });
    return { result, waiting: 0, stop };
  };
  return async (signal) => {
    signal.throwIfAborted();
    running ??= start();
    const shared = running;
    shared.waiting += 1;
    const leave = Promise.withResolvers<never>();
    const stop = () => leave.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([shared.result, leave.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
      shared.waiting -= 1;
      if (shared.waiting === 0) {
        if (running === shared) running = undefined;
        shared.stop.abort(signal.reason ?? new Error('nobody waits'));
      }
    }
  };
}
