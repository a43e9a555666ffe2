import { isIP } from 'node:net';
import { z } from 'zod';

/** Where the receiver of returned mails listens, and which protocol it speaks there. */
export interface ListenAddress {
  protocol: 'lmtp' | 'smtp';
  /** An IP address of this machine. */
  host: string;
  port: number;
}

const SHAPE = /^(lmtp|smtp):\/\/(?:\[([\da-f:.]+)\]|([\d.]+)|(localhost)):(\d{1,5})\/?$/i;
const FAULT = 'must be a protocol, an IP address and a port, like lmtp://127.0.0.1:2424 or smtp://127.0.0.1:2525';

/** A protocol, an address of this machine and a port: `lmtp://127.0.0.1:2424`. */
export const listenAddress = z.string().transform((text, context): ListenAddress => {
  const [, protocol = '', six, four, local, digits = ''] = SHAPE.exec(text) ?? [];
  const host = local === undefined ? (six ?? four ?? '') : '127.0.0.1';
  const port = Number(digits);
  if (isIP(host) === 0 || (six !== undefined && isIP(host) !== 6) || port < 1 || port > 65_535) {
    context.addIssue(FAULT);
  }
  return { protocol: protocol.toLowerCase() as ListenAddress['protocol'], host, port };
});

/** The address as it stands in the setting. */
export const showListenAddress = ({ protocol, host, port }: ListenAddress): string =>
  `${protocol}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
