import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** What a base64 text begins with that is a PDF (`%PDF-`). */
const PDF = 'JVBERi0';

/** An SMTP server that takes every mail and keeps none: it counts. */
export interface CountingSmtpServer {
  url: string;
  /** How many mails came to each recipient. */
  arrivals: Map<string, number>;
  /** How many of all mails brought a PDF. */
  withPdf: number;
  close(): Promise<void>;
}

/** Opens one on a free loopback port. */
export async function openCountingSmtpServer(): Promise<CountingSmtpServer> {
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    closeTimeout: 1,
    onData(stream, { envelope }, answer) {
      let hasPdf = false;
      let end = '';
      let isCut = true;
      stream.on('data', (chunk: Buffer) => {
        const text = end + chunk.toString('latin1');
        hasPdf ||= text.includes(PDF);
        end = text.slice(-PDF.length);
      });
      stream.on('end', () => {
        isCut = false;
        for (const { address } of envelope.rcptTo) self.arrivals.set(address, (self.arrivals.get(address) ?? 0) + 1);
        if (hasPdf) self.withPdf += 1;
        answer(null, 'queued');
      });
      stream.on('close', () => isCut && answer());
    },
  });
  server.on('error', () => {}); // a client that is killed is part of the tests
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const self: CountingSmtpServer = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    arrivals: new Map(),
    withPdf: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return self;
}
