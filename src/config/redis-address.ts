import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { listWords } from '../fields/fields.ts';

/** A port of a host. */
export interface RedisHost {
  host: string;
  port: number;
}

/** How one gets in; without a password one just connects. */
export interface RedisLogin {
  username?: string;
  password?: string;
}

/** The files of a connection by TLS, each a path; without `ca` the authorities that Node knows are believed. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
}

/** Where Redis is, as REDIS_URL says it. */
export interface RedisAddress {
  mode: 'socket' | 'single' | 'sentinel' | 'cluster';
  /** The server, the sentinels, or some nodes of the cluster; empty for a socket. */
  hosts: RedisHost[];
  /** The path of the socket. */
  path?: string;
  /** What the sentinels call the master. */
  masterName?: string;
  database: number;
  login: RedisLogin;
  sentinelLogin: RedisLogin;
  /** Null for a connection without TLS. */
  tls: TlsFiles | null;
}

/** What a text that is no address should be: a sentence that begins with "must". Says nothing of user and password. */
export class AddressFault extends Error {}

interface Scheme {
  mode: RedisAddress['mode'];
  tls: boolean;
  port: number;
}

const SCHEMES: Readonly<Record<string, Scheme>> = {
  'redis:': { mode: 'single', tls: false, port: 6379 },
  'rediss:': { mode: 'single', tls: true, port: 6379 },
  'unix:': { mode: 'socket', tls: false, port: 0 },
  'redis-sentinel:': { mode: 'sentinel', tls: false, port: 26379 },
  'rediss-sentinel:': { mode: 'sentinel', tls: true, port: 26379 },
  'redis-cluster:': { mode: 'cluster', tls: false, port: 6379 },
  'rediss-cluster:': { mode: 'cluster', tls: true, port: 6379 },
};

/** Enough for any deployment; each is asked in turn. */
const MOST_HOSTS = 32;
const MOST_DATABASE = 9999;
const TLS_PARAMETERS = ['ca', 'cert', 'key'] as const;

/** Reads an address. Throws AddressFault. */
export function parseAddress(text: string): RedisAddress {
  const [, protocol = '', rest = ''] = /^([a-z-]+:)(?:\/\/)?(.*)$/s.exec(text) ?? [];
  const scheme = SCHEMES[protocol];
  if (!scheme || (scheme.mode !== 'socket' && !text.startsWith(`${protocol}//`))) {
    throw new AddressFault(`must be a URL that begins with ${listWords(Object.keys(SCHEMES).map(withSlashes))}`);
  }
  const parts = /^(?:([^/?#]*)@)?([^/?#]*)(?:(\/[^?#]*))?(?:\?([^#]*))?$/.exec(rest);
  if (!parts) throw new AddressFault('must have no fragment: write # in a password or a path as %23');
  const [, userInfo = '', hosts = '', path = '', query = ''] = parts;
  if (scheme.mode !== 'socket' && path.includes('@')) throw new AddressFault(CUT_FAULT);
  const parameters = readParameters(query, scheme);
  const take = (name: string) => parameters.get(name) || undefined;
  return {
    mode: scheme.mode,
    login: readLogin(userInfo),
    sentinelLogin: compact({ username: take('sentinelUser'), password: take('sentinelPassword') }),
    tls: scheme.tls ? compact({ ca: take('ca'), cert: take('cert'), key: take('key') }) : null,
    ...readPlace(scheme, hosts, path),
  };
}

/** What follows the character is none of a password's by then, and may still be a part of one. */
const CUT_FAULT = 'must have each / of a user name or a password written as %2F, and each ? as %3F';

const withSlashes = (protocol: string): string => (protocol === 'unix:' ? protocol : `${protocol}//`);

/** Leaves out what is undefined. */
const compact = (record: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined));

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AddressFault('must have each % of a user name, a password or a path written as %25');
  }
}

function readLogin(userInfo: string): RedisLogin {
  const at = userInfo.indexOf(':');
  const [username, password] = at < 0 ? [userInfo, ''] : [userInfo.slice(0, at), userInfo.slice(at + 1)];
  if (username !== '' && password === '') {
    throw new AddressFault('must have a password behind its user name, as in redis://user:password@host');
  }
  return compact({ username: decode(username) || undefined, password: decode(password) || undefined });
}

function readParameters(query: string, { mode, tls }: Scheme): URLSearchParams {
  // Not of a form: a + is one.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'));
  const known = [
    ...(tls ? TLS_PARAMETERS : []),
    ...(mode === 'sentinel' ? ['sentinelUser', 'sentinelPassword'] : []),
  ] as string[];
  for (const name of parameters.keys()) {
    if (parameters.getAll(name).length > 1 && known.includes(name))
      throw new AddressFault(`must have ${name} only once`);
    if (known.includes(name)) continue;
    if (name.includes('@')) throw new AddressFault(CUT_FAULT);
    if (parameters.has('sentinelPassword')) {
      throw new AddressFault(
        `must have no parameters but ${listWords(known)}, and each & of a password written as %26`,
      );
    }
    if ((TLS_PARAMETERS as readonly string[]).includes(name)) {
      throw new AddressFault(`must begin with rediss instead of redis, for TLS, where it has a parameter "${name}"`);
    }
    const taken = known.length > 0 ? `no parameters but ${listWords(known)}` : 'no parameters';
    throw new AddressFault(`must have ${taken}; "${name.slice(0, 40)}" is none`);
  }
  if (parameters.has('cert') !== parameters.has('key')) {
    throw new AddressFault('must have the parameters cert and key together, or neither');
  }
  return parameters;
}

function readPlace(
  { mode, port }: Scheme,
  hostsText: string,
  path: string,
): Pick<RedisAddress, 'hosts' | 'path' | 'masterName' | 'database'> {
  if (mode === 'socket') {
    if (hostsText !== '' || path === '' || path === '/') {
      throw new AddressFault('must have an absolute path behind unix:, as in unix:/run/redis/redis.sock');
    }
    return { hosts: [], path: decode(path), database: 0 };
  }
  const hosts = hostsText.split(',').map((text) => readHost(text.trim(), port));
  if (hosts.length > MOST_HOSTS) throw new AddressFault(`must name at most ${MOST_HOSTS} hosts`);
  const [first = '', second = '', ...more] = path.slice(1).split('/');
  if (mode === 'single') {
    if (hosts.length > 1) {
      throw new AddressFault('must name one host; several are for redis-sentinel:// or redis-cluster://');
    }
    if (second !== '' || more.length > 0) throw new AddressFault(DATABASE_FAULT);
    return { hosts, database: readDatabase(first) };
  }
  if (mode === 'cluster') {
    if (path !== '' && path !== '/') throw new AddressFault('must have no path: a cluster has one database only');
    return { hosts, database: 0 };
  }
  if (first === '' || more.length > 0) {
    throw new AddressFault('must end with the name of the master, as in redis-sentinel://host1,host2/mymaster');
  }
  return { hosts, masterName: decode(first), database: readDatabase(second) };
}

/** Why the files of an address can't be used, one line each. */
export function checkTlsFiles(text: string | undefined): string[] {
  const tls = text === undefined ? null : parseAddress(text).tls;
  return Object.entries(tls ?? {}).flatMap(([name, path]) => {
    try {
      const pem = readFileSync(path, 'utf8');
      if (name === 'key') createPrivateKey(pem);
      else new X509Certificate(pem);
      return [];
    } catch (error) {
      return [`REDIS_URL: must name a PEM file as its parameter ${name}; ${path}: ${(error as Error).message}`];
    }
  });
}

const DATABASE_FAULT = `must end with the number of a database from 0 to ${MOST_DATABASE}, if it has one`;

function readDatabase(text: string): number {
  if (text === '') return 0;
  if (!/^\d{1,4}$/.test(text)) throw new AddressFault(DATABASE_FAULT);
  return Number(text);
}

function readHost(text: string, defaultPort: number): RedisHost {
  const [, bracketed, name, portText] = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = portText === undefined ? defaultPort : Number(portText);
  if (host === undefined || port < 1 || port > 65535) {
    throw new AddressFault('must name each host as host or host:port, with a port from 1 to 65535 and [] around IPv6');
  }
  return { host, port };
}
