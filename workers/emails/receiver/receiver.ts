import { connect } from 'node:net';
import { lazy } from '../../../src/lazy.ts';
import type { Log } from '../../../src/log.ts';
import { type ListenAddress, showListenAddress } from './listen-address.ts';
import type { MailServer } from './mail-server.ts';

/** How often a process tries for the port that it does not have; one that ends gives it up at once. */
const TRY_EVERY_MS = 1000;
/** How often is asked who has it. */
const ASK_EVERY_MS = 60_000;
/** How long is waited for the greeting of who has the port. */
const GREETING_MS = 2000;
/** What a server of ours says in its greeting; the latter while it has as many clients as it takes. */
const OURS = /Heavylift|^421 \S+ Too many connected clients/;

/**
 * Receives returned mails in one process of each host: the one that has the port. Where that ends, however it does, the system
 * frees the port, and another process takes it.
 */
export interface Receiver {
  /** Tries for the port, when that is due. */
  check(): void;
  /** What keeps every process of this host from receiving, in a sentence; null for nothing. */
  fault(): string | null;
  /** Gives the port up at once; mails that are being taken are finished. */
  drain(): void;
  close(): Promise<void>;
}

/** For workers that receive nothing. */
export const NO_RECEIVER: Receiver = {
  check: () => {},
  fault: () => null,
  drain: () => {},
  close: async () => {},
};

interface ReceiverDeps {
  address: ListenAddress;
  /** Makes the server that listens there; called once. */
  open(): Promise<MailServer>;
  log: Log;
}

/** Makes the receiver; the server and its library are loaded with the first try. */
export function createReceiver({ address, open, log }: ReceiverDeps): Receiver {
  const shown = showListenAddress(address);
  const load = lazy(open);
  let server: MailServer | null = null;
  let trying: Promise<void> | null = null;
  let isListening = false;
  let isEnded = false;
  let triedAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let fault: string | null = null;

  const tell = (next: string | null) => {
    if (next !== null && next !== fault) log.error(next);
    fault = next;
  };
  /** Another process of this host has the port, and all is well; or a stranger has it. */
  const isAmongUs = async (): Promise<boolean> => {
    if (fault === null && performance.now() < askedAt + ASK_EVERY_MS) return true;
    askedAt = performance.now();
    return isOurs(address);
  };
  const attempt = async () => {
    try {
      server = await load();
      await server.listen();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && (await isAmongUs())) return tell(null);
      return tell(`EMAILS_BOUNCE_LISTEN: bounces can not be received at ${shown}: ${message}.`);
    }
    if (isEnded) return server.close();
    isListening = true;
    tell(null);
    log.info({ address: shown }, 'this process receives bounces');
  };

  return {
    check() {
      const isDue = performance.now() >= triedAt + TRY_EVERY_MS;
      if (isListening || isEnded || trying || !isDue) return;
      triedAt = performance.now();
      trying = attempt().finally(() => {
        trying = null;
      });
    },
    fault: () => fault,
    drain() {
      if (isEnded) return;
      isEnded = true;
      if (isListening) trying = server?.close() ?? null;
    },
    async close() {
      this.drain();
      await trying;
    },
  };
}

/** Whether a Heavylift has that port, as its greeting says. */
function isOurs({ host, port }: ListenAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host });
    const settle = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(GREETING_MS, () => settle(false));
    socket.once('data', (greeting) => settle(OURS.test(greeting.toString('latin1'))));
    socket.once('error', () => settle(false)).once('close', () => settle(false));
  });
}
