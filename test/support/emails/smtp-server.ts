import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** An SMTP answer: its code, and the text after it. */
export interface Answer {
  code: number;
  text: string;
}

/** What the server does otherwise than taking every mail; may be changed at any time. */
export interface Misbehaviour {
  /** `silent` never greets. */
  greeting?: Answer | 'silent';
  rcpt?: (address: string) => Answer | undefined;
  /** The answer after the whole mail; `cut` ends the connection instead, `silent` keeps it open. */
  data?: Answer | 'cut' | 'silent';
  /** The answer to AUTH; without it the server does not offer AUTH. */
  auth?: Answer;
}

/** A mail as the server got it: the envelope, what mailparser reads in it, and its bytes. */
export interface ReceivedMail {
  from: string;
  to: string[];
  parsed: ParsedMail;
  source: string;
}

export interface TestSmtpServer {
  port: number;
  /** For SMTP_URL; takes a query. */
  url: string;
  /** Mails taken, oldest first. */
  mails: ReceivedMail[];
  /** Connections ever made. */
  connections: number;
  misbehaviour: Misbehaviour;
  /** Resolves when the next mail has arrived as a whole, before it is answered. */
  nextArrival(): Promise<void>;
  close(): Promise<void>;
}

const refusal = ({ code, text }: Answer) => Object.assign(new Error(text), { responseCode: code });

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Opens a real SMTP server on a free loopback port; it keeps what it takes and misbehaves as told. */
export async function openSmtpServer(misbehaviour: Misbehaviour = {}): Promise<TestSmtpServer> {
  const sockets = new Set<Socket>();
  let arrivals: (() => void)[] = [];
  const server = new SMTPServer({
    disabledCommands: misbehaviour.auth ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    allowInsecureAuth: true,
    closeTimeout: 1,
    onConnect(_session, answer) {
      const { greeting } = self.misbehaviour;
      if (greeting !== 'silent') answer(greeting && refusal(greeting));
    },
    onAuth(_login, _session, answer) {
      const { auth } = self.misbehaviour;
      answer(auth && refusal(auth), { user: 'relay' });
    },
    onRcptTo({ address }, _session, answer) {
      const verdict = self.misbehaviour.rcpt?.(address);
      answer(verdict && refusal(verdict));
    },
    async onData(stream, { envelope }, answer) {
      const source = await readAll(stream).catch(() => null);
      if (!source) return; // the client hung up halfway
      for (const arrived of arrivals.splice(0)) arrived();
      const { data } = self.misbehaviour;
      if (data === 'silent') return;
      if (data === 'cut') {
        for (const socket of sockets) socket.destroy();
      } else if (data) {
        answer(refusal(data));
      } else {
        self.mails.push({
          from: envelope.mailFrom ? envelope.mailFrom.address : '',
          to: envelope.rcptTo.map(({ address }) => address),
          parsed: await simpleParser(source),
          source: source.toString('latin1'),
        });
        answer(null, 'queued');
      }
    },
  });
  server.on('error', () => {}); // a client that goes away is part of the tests
  server.server.on('connection', (socket: Socket) => {
    self.connections += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;

  const self: TestSmtpServer = {
    port,
    url: `smtp://127.0.0.1:${port}`,
    mails: [],
    connections: 0,
    misbehaviour,
    nextArrival: () => new Promise((resolve) => arrivals.push(resolve)),
    async close() {
      arrivals = [];
      const closed = new Promise<void>((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}
