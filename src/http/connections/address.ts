import { isIP } from 'node:net';
import type { Application, Request } from 'express';
import { clientAddress } from '../client-address.ts';

/** Whether an address, `hop` steps before this machine, is that of a proxy: it brings many callers. */
export type IsProxy = (address: string, hop: number) => boolean;

/** Tells an app's proxies: those that are believed (TRUST_PROXY), and where there is none whoever is on this machine. */
export const proxiesOf = (app: Application): IsProxy =>
  app.get('trust proxy') === 0 ? (address) => LOOPBACK.test(address) : (app.get('trust proxy fn') as IsProxy);

/** What one customer of a provider has of IPv6 addresses. */
const IPV6_GROUPS = 4;
const LOOPBACK = /^(?:127\.|::1$)/;
const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** The address at the other end of a connection, IPv6 by its /64; null for a proxy. */
export function peerAddress(peer: string | undefined, isProxy: IsProxy): string | null {
  const address = (peer ?? '').replace(MAPPED_IPV4, '');
  return isIP(address) === 0 || isProxy(address, 0) ? null : networkOf(address);
}

/** The address of who sent a request, as the proxies say; null where they say none. */
export function senderAddress(req: Request): string | null {
  const address = clientAddress(req);
  const peer = (req.socket.remoteAddress ?? '').replace(MAPPED_IPV4, '');
  if (address === peer) return peerAddress(peer, proxiesOf(req.app));
  return isIP(address) === 0 ? null : networkOf(address);
}

/** The address, or of IPv6 the network (/64) that it is in; of what is no address, that itself. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  return `${[...groups, ...zeros, ...rest].slice(0, IPV6_GROUPS).join(':')}::/64`;
}
