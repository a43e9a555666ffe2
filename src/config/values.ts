import { BlockList, isIP } from 'node:net';
import { z } from 'zod';
import { findAllowFault } from '../fetch/allow-list.ts';
import { wholeNumberText } from '../fields/fields.ts';
import { AddressError, parseMailbox } from '../fields/mail-address.ts';

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

/** A TCP port. */
export const port = wholeNumberText(1, 65535);

/** 0 or 1, as a boolean. */
export const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1');

/** A URL of one of these protocols (`http:`). */
export const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** Texts separated by commas; empty ones are left out. */
export const commaList = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Hosts and ranges that may be reached although they are not public. */
export const allowList = commaList.superRefine((entries, context) => {
  for (const entry of entries) {
    const issue = findAllowFault(entry);
    if (issue) context.addIssue(issue);
  }
});

/** Adds an address, or a range of them like 10.0.0.0/8, to a list; throws for what is neither. */
export function addRange(list: BlockList, text: string): void {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (more.length > 0 || isIP(address) === 0) throw new RangeError(text);
  if (bits === undefined) list.addAddress(address, family);
  else if (/^\d{1,3}$/.test(bits)) list.addSubnet(address, Number(bits), family);
  else throw new RangeError(text);
}

/** Addresses and ranges of them, separated by commas. */
export const addressRanges = commaList.superRefine((entries, context) => {
  for (const entry of entries) {
    try {
      addRange(new BlockList(), entry);
    } catch {
      context.addIssue(`must be addresses or ranges like 10.0.0.0/8, not "${entry}"`);
    }
  }
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
