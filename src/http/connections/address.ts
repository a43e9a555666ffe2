import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { addRange } from '../../config/values.ts';

/** Of the addresses that proxies write down, so many are looked at: a caller can write as many as it likes. */
const MOST_HOPS = 10;
/** What one customer of a provider has of IPv6 addresses. */
const IPV6_GROUPS = 4;

/** Finds out which address a connection or a request comes from. */
export interface Addresses {
  /** The address at the other end of a connection; null for a proxy that is trusted: it brings many callers. */
  ofPeer(peer: string | undefined): string | null;
  /** The address of who sent the request, as the trusted proxies in front say; null where they say none. */
  ofRequest(req: IncomingMessage): string | null;
}

/** Makes the reader of addresses, by the ranges of the proxies that are trusted. IPv6 addresses count by their /64. */
export function createAddresses(trusted: readonly string[]): Addresses {
  const proxies = new BlockList();
  for (const range of trusted) addRange(proxies, range);
  const isProxy = (address: string): boolean => proxies.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  const ofPeer = (peer = ''): string | null => {
    const address = plain(peer);
    return isIP(address) === 0 || isProxy(address) ? null : network(address);
  };
  return {
    ofPeer,
    ofRequest(req) {
      const peer = plain(req.socket.remoteAddress ?? '');
      if (isIP(peer) === 0) return null;
      if (!isProxy(peer)) return network(peer);
      const hops = [req.headers['x-forwarded-for'] ?? []].flat().join(',').split(',').slice(-MOST_HOPS);
      const sender = hops
        .reverse()
        .map((hop) => plain(hop.trim()))
        .find((hop) => isIP(hop) === 0 || !isProxy(hop));
      return sender === undefined || isIP(sender) === 0 ? null : network(sender);
    },
  };
}

/** An address without a port, brackets, and what maps IPv4 into IPv6. */
const plain = (text: string): string =>
  text
    .replace(/^\[([^\]]*)\](?::\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/** The address, or of IPv6 the network that it is in. */
function network(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  return `${[...groups, ...zeros, ...rest].slice(0, IPV6_GROUPS).join(':')}::/64`;
}
