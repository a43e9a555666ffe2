import type { Readable } from 'node:stream';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { MAX_RETURNED_BYTES } from '../returns/read-returned.ts';
import { MAX_READ } from '../returns/report/names.ts';
import type { ListenAddress } from './listen-address.ts';

/** Mail servers hand over one mail at a time, over few connections. */
const MOST_CLIENTS = 20;
/** RFC 5321, 4.5.3.1.8. */
const MOST_RECIPIENTS = 100;
/** No command comes for so long. */
const IDLE_MS = 60_000;
/** A connection ends after this, whatever it does: who feeds a mail byte by byte holds a place for no longer. */
const LONGEST_MS = 300_000;
/** What is sent beyond the limit is read up to this, so that the answer is heard; then the connection is cut. */
const CUT_BYTES = 2 * MAX_RETURNED_BYTES;
/** A line that begins with a dot comes as a piece of its own, and takes as long as a hundred others: mails have few of them. */
const CUT_PIECES = 20_000;
/** A stopped server waits so long for mails that are being taken. */
const CLOSE_MS = 5000;

/** An answer for one recipient: it is kept, or why not. */
export interface Reply {
  code: 250 | 451 | 550 | 552;
  text: string;
}

/** A mail as it came: its beginning, and for whom; of the recipients those that are known here. */
export interface ReceivedMail {
  source: Buffer;
  /** The envelope's sender; '' for none, as reports have it. */
  from: string;
  to: readonly string[];
}

/** What stands behind the server. */
export interface MailTaker {
  /** Answers a recipient: 250 where it is known here. */
  know(address: string): Reply;
  /** Keeps the mail; resolves with an answer for each recipient, in their order. */
  take(mail: ReceivedMail): Promise<Reply[]>;
}

/** A server of SMTP or LMTP that takes what it is sent and sends nothing. */
export interface MailServer {
  /** Resolves when it listens; rejects with what the system says. */
  listen(): Promise<void>;
  /** Takes no further connections, at once; resolves when those that there are have ended, within seconds. */
  close(): Promise<void>;
}

/** Makes the server; `name` is what it greets with. */
export function createMailServer(
  { protocol, host, port }: ListenAddress,
  name: string,
  { know, take }: MailTaker,
): MailServer {
  const options: SMTPServerOptions = {
    ...{ lmtp: protocol === 'lmtp', name, banner: 'Heavylift', logger: false },
    ...{ size: MAX_RETURNED_BYTES, maxRecipients: MOST_RECIPIENTS, maxClients: MOST_CLIENTS },
    ...{ socketTimeout: IDLE_MS, closeTimeout: CLOSE_MS },
    ...{ disabledCommands: ['AUTH', 'STARTTLS'], authOptional: true, disableReverseLookup: true },
    onRcptTo({ address }, _session, done) {
      const reply = know(address);
      done(reply.code === 250 ? null : toError(reply));
    },
    onData(stream, { id, envelope }, done) {
      const to = envelope.rcptTo.map(({ address }) => address);
      const from = envelope.mailFrom ? envelope.mailFrom.address : '';
      const replies = receive(stream, () => cut(id)).then((source) =>
        source ? take({ source, from, to }) : to.map(() => TOO_LARGE),
      );
      replies
        .catch(() => to.map(() => LATER))
        .then((all) => (protocol === 'lmtp' ? done(null, all.map(toResponse)) : answerOnce(all, done)));
    },
  };
  const server = new SMTPServer(options);
  const cut = (id: string) => [...server.connections].find((one) => one.id === id)?.close();
  // What a client does wrong is its own affair; that there is no port is told by `listen`.
  server.on('error', () => {});
  server.server.on('connection', (socket) => {
    const late = setTimeout(() => socket.destroy(), LONGEST_MS).unref();
    socket.once('close', () => clearTimeout(late));
  });
  return {
    listen: () =>
      new Promise((resolve, reject) => {
        const settle = (end: () => void) => {
          server.server.off('error', fail).off('listening', ready);
          end();
        };
        const fail = (error: Error) => settle(() => reject(error));
        const ready = () => settle(resolve);
        server.server.once('error', fail).once('listening', ready);
        server.listen({ host, port });
      }),
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

const TOO_LARGE: Reply = { code: 552, text: `5.3.4 The mail has more than ${MAX_RETURNED_BYTES} bytes` };
const LATER: Reply = { code: 451, text: '4.3.0 It can not be kept now. Try again later' };

const toError = ({ code, text }: Reply): Error => Object.assign(new Error(text), { responseCode: code });
const toResponse = (reply: Reply): string | Error => (reply.code === 250 ? reply.text : toError(reply));

/** SMTP has one answer for all recipients: it is sent again while one of them has to be, and is taken when one was. */
function answerOnce(replies: readonly Reply[], done: (error?: Error | null, message?: string) => void): void {
  const reply = [451, 250].flatMap((code) => replies.find((one) => one.code === code) ?? [])[0] ?? replies[0] ?? LATER;
  if (reply.code === 250) done(null, reply.text);
  else done(toError(reply));
}

/** Reads a mail to its end and keeps its beginning; null for one that is too large, or all dots, which is cut off in the end. */
async function receive(stream: Readable, cut: () => void): Promise<Buffer | null> {
  const kept: Buffer[] = [];
  let [bytes, pieces] = [0, 0];
  const isTooMuch = () => bytes > CUT_BYTES || pieces > CUT_PIECES;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (bytes < MAX_READ) kept.push(chunk.subarray(0, MAX_READ - bytes));
    bytes += chunk.length;
    pieces += 1;
    if (isTooMuch()) break;
  }
  if (isTooMuch()) cut();
  return bytes > MAX_RETURNED_BYTES || isTooMuch() ? null : Buffer.concat(kept);
}
