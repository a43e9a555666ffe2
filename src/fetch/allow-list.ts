import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseAddress } from './address.ts';

/** What an operator has named as reachable although it may not be public. */
export interface AllowList {
  /** Whether the host itself is named: whatever its name resolves to may be reached. */
  namesHost(host: string, port: number): boolean;
  /** Whether the address is named, alone or by a range. */
  namesAddress(address: string, port: number): boolean;
  /** Whether any address or range is named with that port: a host name may resolve to it. */
  namesPort(port: number): boolean;
}

/** One entry, read; `port` null means every port. */
interface Entry {
  port: number | null;
  /** An address or a range; else it is a host name. */
  isAddress: boolean;
  matchesHost: (host: string) => boolean;
  matchesAddress: (address: ipaddr.IPv4 | ipaddr.IPv6) => boolean;
}

const never = () => false;
/** With more than one colon and no brackets it is a bare IPv6 address or range. */
const BARE_IPV6 = /^[^[\]:]*:[^[\]]*:/;
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;
const HOST_NAME = /^(\*\.)?([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*)$/u;

/**
 * An allow list from its entries: `intranet.example`, `*.example.com` (names below it, not itself), `127.0.0.1`,
 * `10.0.0.0/8`, `fc00::/7`, each also with a port: `localhost:8080`, `[::1]:8080`. Throws on an entry that is none.
 */
export function parseAllowList(entries: readonly string[]): AllowList {
  const parsed = entries.map((text) => {
    const entry = parseEntry(text.trim());
    if (!entry) throw new Error(entryFault(text));
    return entry;
  });
  const forPort = (port: number) => parsed.filter((entry) => entry.port === null || entry.port === port);
  return {
    namesHost(host, port) {
      const name = host.replace(/\.$/, '');
      return forPort(port).some(({ matchesHost }) => matchesHost(name));
    },
    namesPort: (port) => forPort(port).some(({ isAddress }) => isAddress),
    namesAddress(address, port) {
      const unwrapped = parseAddress(address);
      return unwrapped !== null && forPort(port).some(({ matchesAddress }) => matchesAddress(unwrapped));
    },
  };
}

/** What is wrong with an entry of an allow list; null when nothing is. */
export const findAllowFault = (text: string): string | null => (parseEntry(text.trim()) ? null : entryFault(text));

/** Whether the text is an address or a range of addresses. */
export const isAddressEntry = (text: string): boolean => addressMatcher(text) !== null;

const entryFault = (text: string) =>
  `"${text}" is no host name, *.domain, address or range like 10.0.0.0/8, with or without :port`;

function parseEntry(text: string): Entry | null {
  const [, bracketed, plain, portText] = BARE_IPV6.test(text) ? [text, text] : (WITH_PORT.exec(text) ?? []);
  const subject = bracketed ?? plain;
  const port = portText ? Number(portText) : null;
  if (!subject || (port !== null && (port < 1 || port > 65535))) return null;
  const matchesAddress = addressMatcher(subject);
  if (matchesAddress) return { port, isAddress: true, matchesHost: never, matchesAddress };
  const matchesHost = hostMatcher(subject);
  return matchesHost && { port, isAddress: false, matchesHost, matchesAddress: never };
}

function addressMatcher(subject: string): Entry['matchesAddress'] | null {
  const [base = ''] = subject.split('/');
  if (!isIP(base)) return null;
  const range = subject === base ? `${base}/${isIP(base) === 4 ? 32 : 128}` : subject;
  if (!ipaddr.isValidCIDR(range)) return null;
  const [start, bits] = ipaddr.parseCIDR(range);
  return (address) => address.kind() === start.kind() && address.match(start, bits);
}

function hostMatcher(subject: string): Entry['matchesHost'] | null {
  const [, wildcard, written] = HOST_NAME.exec(subject) ?? [];
  // As a URL writes it: lower case, and punycode for letters beyond ASCII.
  const name = written && URL.parse(`http://${written}`)?.hostname;
  if (!name) return null;
  return wildcard ? (host) => host.endsWith(`.${name}`) : (host) => host === name;
}
