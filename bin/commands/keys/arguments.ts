import { parseMailbox } from '../../../src/fields/mail-address.ts';
import { brandName } from '../../../src/http/api/brands/brand-fields.ts';
import type { Rate } from '../../../src/keys/store.ts';
import { SCOPES } from '../../../workers/index.ts';
import { CommandError, EXIT } from '../../cli/context.ts';

const NAME = /^[\w.-]{1,64}$/;
const MOST_REQUESTS = 1_000_000;
const LONGEST_WINDOW_SECONDS = 86_400;
const MOST_SENDERS = 50;
const MOST_JOBS = 10_000_000;
const MOST_WEIGHT = 1000;
const UNITS = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const;

const usageError = (message: string) => new CommandError(message, EXIT.usage);

/** Checks a key's name. */
export function readName(name: string): string {
  if (!NAME.test(name)) throw usageError(`the name "${name}" must be 1-64 of letters, digits, . _ -`);
  return name;
}

/** Reads the name of a brand, which need not be there yet. */
export function readBrand(name: string): string {
  const checked = brandName.safeParse(name);
  if (!checked.success) throw usageError(`the brand "${name}" ${checked.error.issues[0]?.message}`);
  return name;
}

/** Reads scopes, each once, in the order of the documentation. */
export function readScopes(text: string): string[] {
  const given = text.split(/[,+\s]+/).filter(Boolean);
  if (given.length === 0) throw usageError(`say what the key may do: --scopes ${SCOPES.join(',')}, or some of these`);
  const unknown = given.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown) throw usageError(`there is no scope "${unknown}"; the scopes are ${SCOPES.join(', ')}`);
  return SCOPES.filter((scope) => given.includes(scope));
}

/** Reads domains and addresses as they stand in parsed addresses: lower case, ASCII. */
export function readSenders(text: string, scopes: string[]): string[] {
  if (!scopes.includes('emails'))
    throw usageError('--from limits who mail is sent from; it goes with the scope emails');
  const given = text.split(/[,\s]+/).filter(Boolean);
  if (given.length === 0 || given.length > MOST_SENDERS) {
    throw usageError(`--from must name 1 to ${MOST_SENDERS} domains or addresses`);
  }
  return given.map((entry) => {
    const isAddress = entry.includes('@');
    try {
      const { address } = parseMailbox(isAddress ? entry : `x@${entry}`);
      return (isAddress ? address : address.slice(2)).toLowerCase();
    } catch {
      throw usageError(`"${entry}" must be a domain like example.no or an address like post@example.no`);
    }
  });
}

/** Reads a rate like 100/60. */
export function readRate(text: string): Rate {
  const [, requests, seconds] = /^(\d{1,9})\/(\d{1,9})$/.exec(text)?.map(Number) ?? [];
  if (requests === undefined || seconds === undefined) {
    throw usageError(`the rate "${text}" must be requests/seconds, for example 100/60`);
  }
  if (requests < 1 || requests > MOST_REQUESTS) throw usageError(`a rate must allow 1 to ${MOST_REQUESTS} requests`);
  if (seconds < 1 || seconds > LONGEST_WINDOW_SECONDS) {
    throw usageError(`a rate's window must be 1 to ${LONGEST_WINDOW_SECONDS} seconds`);
  }
  return { requests, seconds };
}

/** Reads how many jobs, such as 500; `least` is 0 or 1. */
export const readJobs =
  (option: string, least: number) =>
  (text: string): number => {
    const jobs = /^\d{1,8}$/.test(text) ? Number(text) : -1;
    if (jobs >= least && jobs <= MOST_JOBS) return jobs;
    throw usageError(`${option} must be a number of jobs from ${least} to ${MOST_JOBS}, not "${text}"`);
  };

/** Reads an amount of bytes like 50MB, 1.5GB or 2000. */
export const readBytes =
  (option: string) =>
  (text: string): number => {
    const [, number, unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?) ?([KMGT]?B)?$/i.exec(text) ?? [];
    if (number === undefined) throw usageError(`${option} must be an amount like 50MB, 1.5GB or 2000, not "${text}"`);
    const bytes = Math.floor(Number(number) * UNITS[(unit.toUpperCase() || 'B') as keyof typeof UNITS]);
    if (bytes <= 1000 * UNITS.TB) return bytes;
    throw usageError(`${option} must be at most 1000TB, not "${text}"`);
  };

/** Reads a weight like 1, 2 or 0.5. */
export function readWeight(text: string): number {
  const weight = /^\d{1,4}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (weight > 0 && weight <= MOST_WEIGHT) return weight;
  throw usageError(`--weight must be a number above 0 and at most ${MOST_WEIGHT}, such as 2 or 0.5, not "${text}"`);
}
