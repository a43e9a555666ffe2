import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All public IPv6 addresses are in here; the library calls some of the unassigned rest unicast too. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * A parsed address, or null for other text. An IPv4 address that is mapped into IPv6 (`::ffff:10.0.0.1`) comes out as
 * IPv4, since that is where a connection to it goes.
 */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const family = isIP(text);
  if (family === 0) return null;
  if (family === 4) return ipaddr.IPv4.parse(text);
  // All in hexadecimal first: the library takes `::8.8.8.8` for a mapped address, which it is not.
  const [withoutZone] = text.split('%');
  return ipaddr.process(new URL(`http://[${withoutZone}]`).hostname.slice(1, -1));
}

/**
 * Whether the address is one of the open internet's. Everything with a purpose of its own is not: loopback, private,
 * link-local, shared, multicast, documentation, and the IPv6 ranges that lead on to any IPv4 address (NAT64, 6to4,
 * Teredo).
 */
export function isPublicAddress(text: string): boolean {
  const address = parseAddress(text);
  if (address?.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(GLOBAL_IPV6);
}
