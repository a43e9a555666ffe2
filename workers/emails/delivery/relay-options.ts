import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SMTPPoolOptions } from 'nodemailer/lib/smtp-pool';
import { parseMailbox } from '../../../src/fields/mail-address.ts';
import type { EmailsConfig } from '../settings.ts';

const CONNECT_TIMEOUT_MS = 15_000;
/** Below what relays usually allow an idle client, so that they don't hang up while we send the next mail. */
const IDLE_TIMEOUT_MS = 20_000;

/** The longest that one try may take to find out whether the relay is there (ms). */
export const PROBE_MS = 2 * CONNECT_TIMEOUT_MS;

/** What an access token is got with, and renewed (RFC 6749, 6). */
export interface OAuth2Login {
  type: 'OAuth2';
  user: string;
  clientId: string;
  clientSecret?: string;
  refreshToken: string;
  accessUrl: string;
}

export type RelayConfig = Pick<
  EmailsConfig,
  | 'SMTP_URL'
  | 'SMTP_STARTTLS'
  | 'SMTP_CA_FILE'
  | 'SMTP_CONNECTIONS'
  | 'EMAILS_TIMEOUT_SECONDS'
  | 'PUBLIC_URL'
  | 'EMAILS_FROM'
> & {
  /** In the place of a password in the URL. */
  oauth2?: OAuth2Login;
};

/** Names the relay as `host:port`, without credentials; the inbox, where there is none, has a name too. */
export function relayName({ SMTP_URL }: Pick<RelayConfig, 'SMTP_URL'>): string {
  if (!SMTP_URL) return 'inbox';
  const { hostname, port, protocol } = new URL(SMTP_URL);
  return `${hostname}:${port || (protocol === 'smtps:' ? 465 : 587)}`;
}

/** Whether nothing leaves the machine, where somebody could listen. */
function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || (isIP(host) === 4 ? host.startsWith('127.') : host === '::1');
}

/**
 * Whether a connection that STARTTLS does not secure is given up. `auto` insists where a password would cross the
 * network: somebody in between can simply take the offer of STARTTLS out of the server's answer.
 */
export function requiresTls({
  SMTP_URL,
  SMTP_STARTTLS,
  oauth2,
}: Pick<RelayConfig, 'SMTP_URL' | 'SMTP_STARTTLS' | 'oauth2'>): boolean {
  if (!SMTP_URL || SMTP_STARTTLS !== 'auto') return SMTP_STARTTLS === 'required';
  const { password, hostname } = new URL(SMTP_URL);
  return (password !== '' || oauth2 !== undefined) && !isLoopback(hostname);
}

/** Whether relays take a name for that of a host: a domain of at least two parts, and no address. */
const isHostName = (name: string): boolean => /^(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*$/i.test(name) && isIP(name) === 0;

/**
 * Chooses the name that we greet relays with: `?name=` of SMTP_URL, else the host of PUBLIC_URL, else the domain of
 * EMAILS_FROM. Some relays take no mail from who greets as `[127.0.0.1]`, which is what a container would say of itself.
 * Null for none of them.
 */
export function greetingName({
  SMTP_URL,
  PUBLIC_URL,
  EMAILS_FROM,
}: Pick<RelayConfig, 'SMTP_URL' | 'PUBLIC_URL' | 'EMAILS_FROM'>) {
  const given = SMTP_URL === undefined ? null : new URL(SMTP_URL).searchParams.get('name');
  if (given) return given;
  const { address } = parseMailbox(EMAILS_FROM);
  const names = [
    PUBLIC_URL === undefined ? '' : new URL(PUBLIC_URL).hostname,
    address.slice(address.lastIndexOf('@') + 1),
  ];
  return names.find(isHostName) ?? null;
}

/** Makes nodemailer's options for the pool of connections to the relay; those in the URL's query (`?name=...`) win. */
export function relayOptions(config: RelayConfig & { SMTP_URL: string }): SMTPPoolOptions & { pool: true } {
  const name = greetingName(config);
  return {
    pool: true,
    maxConnections: config.SMTP_CONNECTIONS,
    maxMessages: 1000, // a new connection costs a tenth of a second
    maxRequeues: 0, // the queue decides about another attempt, and counts it
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: config.EMAILS_TIMEOUT_SECONDS * 800, // before the run times out, so that the cause is known
    idleTimeout: IDLE_TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(name === null ? {} : { name }),
    ...(config.SMTP_CA_FILE ? { tls: { ca: readFileSync(config.SMTP_CA_FILE, 'utf8') } } : {}),
    url: config.SMTP_URL,
    ...(config.oauth2 ? { auth: config.oauth2 } : {}),
    requireTLS: requiresTls(config),
    ...(config.SMTP_STARTTLS === 'off' ? { ignoreTLS: true } : {}),
  };
}
