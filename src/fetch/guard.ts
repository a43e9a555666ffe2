import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AppError } from '../errors.ts';
import { isPublicAddress } from './address.ts';
import { type AllowList, parseAllowList } from './allow-list.ts';
import { isOwnAddress, isOwnWebPort } from './own-addresses.ts';
import { portOf } from './url-shape.ts';

/** Resolves a host name to all its addresses, as the system does. */
export type Lookup = (host: string) => Promise<LookupAddress[]>;

export interface GuardOptions {
  /** Hosts, addresses and ranges that may be reached although they are not public (see parseAllowList). */
  allow: readonly string[];
  /** Public addresses are refused too unless they are named. */
  onlyListed?: boolean;
  /** Public addresses are reached by https on port 443 alone, unless they are named. */
  onlyHttps?: boolean;
  /** Addresses and ranges that lead to this machine although none of its interfaces has them. */
  ownAddresses?: readonly string[] | undefined;
  /** For tests; default: the system's resolver. */
  lookup?: Lookup;
}

/** The addresses a URL's host has now, each of them checked; rejects when one may not be reached. */
export type Guard = (url: URL, signal: AbortSignal) => Promise<LookupAddress[]>;

const resolveAll: Lookup = (host) => systemLookup(host, { all: true });

/** Below 1024 live mail, shells and file shares; of those ports only the web's own are fetched from. */
const isWebPort = (port: number) => port === 80 || port === 443 || port >= 1024;

/**
 * Makes the check that every connection passes. It answers with addresses, and only these may be connected to: a name
 * that is resolved again could answer differently.
 */
export function createGuard({
  allow,
  onlyListed = false,
  onlyHttps = false,
  ownAddresses = [],
  lookup = resolveAll,
}: GuardOptions): Guard {
  const rules = { list: parseAllowList(allow), onlyListed, onlyHttps, ownAddresses };
  return async (url, signal) => {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const family = isIP(host);
    const addresses = family ? [{ address: host, family }] : await unlessAborted(lookup(host), signal);
    if (addresses.length === 0) throw Object.assign(new Error(`no address: ${host}`), { code: 'ENOTFOUND' });
    if (!rules.list.namesHost(host, portOf(url))) {
      for (const { address } of addresses) assertReachable(address, url, rules);
    }
    return addresses;
  };
}

/**
 * Whether a URL may lead to what is listed, as far as its text shows: by its host, or, of a name that may stand for an
 * address that is listed, not before that is resolved.
 */
export function mayBeListed(url: URL, allow: readonly string[]): boolean {
  const list = parseAllowList(allow);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = portOf(url);
  if (list.namesHost(host, port)) return true;
  return isIP(host) === 0 ? list.namesPort(port) : list.namesAddress(host, port);
}

/** Loopback by definition (RFC 6761), whatever a resolver says. */
const isLocalhost = (host: string): boolean => /^(?:.+\.)?localhost\.?$/.test(host);

/**
 * What is known to be wrong with a URL before anything is resolved, by its literal address, localhost or its port
 * ("must ..."); null when only resolving shows more.
 */
export function findKnownFault(
  url: URL,
  { allow, onlyHttps = false, ownAddresses = [] }: Pick<GuardOptions, 'allow' | 'onlyHttps' | 'ownAddresses'>,
): string | null {
  const list = parseAllowList(allow);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = portOf(url);
  const isLiteral = isIP(host) !== 0;
  const addresses = isLiteral ? [host] : isLocalhost(host) ? ['127.0.0.1', '::1'] : [];
  if (list.namesHost(host, port) || addresses.some((address) => list.namesAddress(address, port))) return null;
  if (addresses.some((address) => !isPublicAddress(address))) {
    return `must lead to a public address, and ${host} is none`;
  }
  if (!isOwnWebPort(port) && isLiteral && isOwnAddress(host, ownAddresses)) {
    return `must lead to port 80 or 443 of this machine itself, and not to ${port}`;
  }
  // A name may stand for an address that is named with this port.
  if (!isLiteral && list.namesPort(port)) return null;
  if (onlyHttps && !isHttps(url)) return 'must begin with https:// and name no port but 443';
  if (isWebPort(port)) return null;
  return `must lead to port 80, 443, or 1024 and above, and not to ${port}`;
}

const isHttps = (url: URL): boolean => url.protocol === 'https:' && portOf(url) === 443;

/** What a guard goes by. */
interface Rules {
  list: AllowList;
  onlyListed: boolean;
  onlyHttps: boolean;
  ownAddresses: readonly string[];
}

/** One address that is not public makes the host refused: which one a connection would take is chance. */
function assertReachable(address: string, url: URL, { list, onlyListed, onlyHttps, ownAddresses }: Rules): void {
  const port = portOf(url);
  if (list.namesAddress(address, port)) return;
  const cause = new Error(`refused: ${url.host} is at ${address}`);
  const refuse = (sentence: string) => new AppError('source_unavailable', `${url.hostname} ${sentence}`, { cause });
  if (onlyListed) throw refuse('is not among the hosts that may be reached from here.');
  if (!isPublicAddress(address)) throw refuse('has no public address, and this installation does not allow it.');
  if (onlyHttps && !isHttps(url)) throw refuse('is reached from here by https:// on port 443 alone.');
  if (!isWebPort(port)) throw refuse(`can not be reached on port ${port}: only on 80, 443, and 1024 and above.`);
  if (!isOwnWebPort(port) && isOwnAddress(address, ownAddresses)) {
    throw refuse(`is this machine itself, where only the ports 80 and 443 are reached, and not ${port}.`);
  }
}

/** The system's resolver can't be stopped; its answer is just not waited for. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
