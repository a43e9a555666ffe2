import { parseArgs } from 'node:util';
import { parseMailbox } from '../../src/fields/mail-address.ts';
import type { Rate } from '../../src/keys/store.ts';
import { SCOPES } from '../../workers/index.ts';

export const USAGE = `Usage:
  npm run keys -- create <name> --scopes ${SCOPES.join(',')} [--rate <requests>/<seconds>]
                           [--from <domain or address>,...]
  npm run keys -- list
  npm run keys -- revoke <name>
`;

const NAME = /^[\w.-]{1,64}$/;
const MOST_REQUESTS = 1_000_000;
const LONGEST_WINDOW_SECONDS = 86_400;
const MOST_SENDERS = 50;

/** What the operator can mend, in one line. */
export class Refusal extends Error {}

/** A command that was typed rightly. */
export type Command =
  | { verb: 'create'; name: string; scopes: string[]; rate: Rate | null; senders?: string[] }
  | { verb: 'revoke'; name: string }
  | { verb: 'list' }
  | { verb: 'help' };

/** The command in a process's arguments; throws Refusal. */
export function readArguments(args: string[]): Command {
  const { values, positionals } = parseWords(args);
  const [verb = 'help', name, ...rest] = positionals;
  if (rest.length > 0) throw new Refusal(`"${rest[0]}" is one word too many; join scopes by commas`);
  if (verb === 'create') {
    const scopes = readScopes(values.scopes);
    const senders = readSenders(values.from, scopes);
    return {
      verb,
      name: readName(name),
      scopes,
      rate: readRate(values.rate),
      ...(senders ? { senders } : {}),
    };
  }
  if (verb === 'revoke') return { verb, name: readName(name) };
  if (verb === 'list' || verb === 'help') return { verb };
  throw new Refusal(`there is no command "${verb}"; the commands are create, list and revoke`);
}

function parseWords(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: { scopes: { type: 'string' }, rate: { type: 'string' }, from: { type: 'string' } },
    });
  } catch (error) {
    // Node's own sentence goes on with advice that does not apply here.
    throw new Refusal((error as Error).message.split('. ')[0]);
  }
}

function readName(name: string | undefined): string {
  if (name === undefined) throw new Refusal('the name of the key is missing');
  if (!NAME.test(name)) throw new Refusal(`the name "${name}" must be 1-64 of letters, digits, . _ -`);
  return name;
}

/** Each scope once, in the order of the documentation. */
function readScopes(text = ''): string[] {
  const given = text.split(/[,+\s]+/).filter(Boolean);
  if (given.length === 0) throw new Refusal(`say what the key may do: --scopes ${SCOPES.join(',')}, or some of these`);
  const unknown = given.find((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown) throw new Refusal(`there is no scope "${unknown}"; the scopes are ${SCOPES.join(', ')}`);
  return SCOPES.filter((scope) => given.includes(scope));
}

/** Domains and addresses as they stand in parsed addresses: lower case, ASCII. */
function readSenders(text: string | undefined, scopes: string[]): string[] | null {
  if (text === undefined) return null;
  if (!scopes.includes('emails'))
    throw new Refusal('--from limits who mail is sent from; it goes with the scope emails');
  const given = text.split(/[,\s]+/).filter(Boolean);
  if (given.length === 0 || given.length > MOST_SENDERS) {
    throw new Refusal(`--from must name 1 to ${MOST_SENDERS} domains or addresses`);
  }
  return given.map((entry) => {
    const isAddress = entry.includes('@');
    try {
      const { address } = parseMailbox(isAddress ? entry : `x@${entry}`);
      return (isAddress ? address : address.slice(2)).toLowerCase();
    } catch {
      throw new Refusal(`"${entry}" must be a domain like example.no or an address like post@example.no`);
    }
  });
}

function readRate(text: string | undefined): Rate | null {
  if (text === undefined) return null;
  const [, requests, seconds] = /^(\d{1,9})\/(\d{1,9})$/.exec(text)?.map(Number) ?? [];
  if (requests === undefined || seconds === undefined) {
    throw new Refusal(`the rate "${text}" must be requests/seconds, for example 100/60`);
  }
  if (requests < 1 || requests > MOST_REQUESTS) throw new Refusal(`a rate must allow 1 to ${MOST_REQUESTS} requests`);
  if (seconds < 1 || seconds > LONGEST_WINDOW_SECONDS) {
    throw new Refusal(`a rate's window must be 1 to ${LONGEST_WINDOW_SECONDS} seconds`);
  }
  return { requests, seconds };
}
