import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { findAllowFault, isAddressEntry } from '../fetch/allow-list.ts';
import { findUrlFault } from '../fetch/url-shape.ts';
import { wholeNumberText } from '../fields/fields.ts';
import { AddressError, parseMailbox } from '../fields/mail-address.ts';
import { AddressFault, parseAddress } from './redis-address.ts';

// What a setting may be: each reads the text of an environment variable. Sentences begin with "must": the setting's
// name is put before them.

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time like 90s, 30m, 24h or 7d, in milliseconds; a bare number counts seconds. */
export const duration = z
  .string()
  .regex(/^[1-9]\d{0,7}[smhd]?$/, 'must be a time like 90s, 30m, 24h or 7d')
  .transform(
    (text) => Number.parseInt(text, 10) * UNIT_MS[(text.at(-1) ?? 's') as keyof typeof UNIT_MS] || Number(text) * 1000,
  );

const SIZE_UNITS = { KB: 1e3, MB: 1e6, GB: 1e9 } as const;

/** A size like 500KB, 16MB or 2GB, in bytes; a bare number counts bytes. */
export const byteSize = z
  .string()
  .regex(/^\d{1,12}(KB|MB|GB)?$/, 'must be a size like 500KB, 16MB or 2GB')
  .transform((text) => Number.parseInt(text, 10) * (SIZE_UNITS[text.slice(-2) as keyof typeof SIZE_UNITS] ?? 1));

/** A TCP port. */
export const port = wholeNumberText(1, 65535);

/** 0 or 1, as a boolean. */
export const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1');

/** A URL of one of these protocols (`http:`). */
export const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** Where Redis is: one server, its socket, sentinels that know it, or a cluster. */
export const redisUrl = z.string().superRefine((text, context) => {
  try {
    parseAddress(text);
  } catch (error) {
    if (!(error instanceof AddressFault)) throw error;
    context.addIssue(error.message);
  }
});

/** The address of something on the web, without user and password. */
export const webUrl = z.string().superRefine((text, context) => {
  const fault = findUrlFault(text);
  if (fault) context.addIssue(fault);
});

/** Texts separated by commas; empty ones are left out. */
export const commaList = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Secrets that are in use beside the newest one, at most: each is tried with every signed text. */
const MAX_FORMER_SECRETS = 3;

/** A secret, and behind it the ones before that still count. */
export const secrets = commaList
  .refine((given) => given.length <= 1 + MAX_FORMER_SECRETS, {
    message: `must be one secret and at most ${MAX_FORMER_SECRETS} former ones`,
  })
  .refine((given) => given.length > 0 && given.every(({ length }) => length >= 32), {
    message: 'must have at least 32 characters, and so must each former secret behind a comma',
  })
  .transform(([newest = '', ...before]): [string, ...string[]] => [newest, ...before]);

/** Addresses of this machine that none of its interfaces has (a cloud's public address), or ranges of them. */
export const addressList = commaList.superRefine((entries, context) => {
  for (const entry of entries) {
    if (!isAddressEntry(entry)) context.addIssue(`"${entry}" is no address or range, like 203.0.113.7`);
  }
});

/** Hosts and ranges that may be reached although they are not public. */
export const allowList = commaList.superRefine((entries, context) => {
  for (const entry of entries) {
    const issue = findAllowFault(entry);
    if (issue) context.addIssue(issue);
  }
});

/** Names of address ranges that Express knows beside addresses. */
const PROXY_RANGES = ['loopback', 'linklocal', 'uniquelocal'];
const PROXY_FAULT =
  'must be how many proxies are passed (1), or their addresses and ranges, such as 10.0.0.0/8 or loopback';

/** The proxies that are believed: how many are passed, or their addresses; Express' `trust proxy`, but for `true`. */
export const proxies = z.string().transform((text, context): number | string[] => {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const entries = commaList.parse(text);
  const isKnown = (entry: string) =>
    PROXY_RANGES.includes(entry) || isIP(entry) !== 0 || (ipaddr.isValidCIDR(entry) && !entry.endsWith('/0'));
  if (entries.length === 0 || !entries.every(isKnown)) context.addIssue(PROXY_FAULT);
  return entries;
});

/** One mail address, with or without a name. */
export const mailbox = z.string().superRefine((text, context) => {
  try {
    parseMailbox(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.addIssue(error.message);
  }
});

const MOST_MAILBOXES = 10;

/** Some mail addresses, separated by commas. */
export const mailboxes = commaList
  .refine((given) => given.length > 0 && given.length <= MOST_MAILBOXES, {
    message: `must be one mail address, or up to ${MOST_MAILBOXES} with commas between them`,
  })
  .superRefine((given, context) => {
    for (const text of given) {
      for (const { message } of mailbox.safeParse(text).error?.issues ?? []) context.addIssue(`"${text}" ${message}`);
    }
  });

/** So many in so many seconds. */
export interface Rate {
  count: number;
  seconds: number;
}

/** A number of mails and the seconds they are spread over: `20/60`. */
export const rate = z
  .string()
  .regex(/^[1-9]\d{0,5}\/[1-9]\d{0,4}$/, 'must be a number of mails and seconds, like 20/60')
  .transform((text): Rate => {
    const [count = 0, seconds = 0] = text.split('/').map(Number);
    return { count, seconds };
  });

/** A domain name with a dot in it. */
export const domain = z.string().regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name like example.no');
