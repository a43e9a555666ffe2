import { MAX_DIAGNOSTIC, MAX_RECIPIENTS, type ReportedRecipient } from './mail-report.ts';
import { isAddress } from './report-fields.ts';

/** More of a text is not looked at: what is said of recipients stands at its beginning. */
const MAX_LINES = 2000;
const MAX_LINE = 2000;
/** Where the returned mail begins in the text of a bounce. */
const RETURNED =
  /^--.*(?:copy of (?:the|your) message|(?:original|returned) message)|^---+ ?(?:this is a copy|the following is)/i;
/** A line that names a failed recipient alone, as qmail, Exim and their kin write it. */
const NAMED = /^\s{0,8}["'<]{0,2}([^\s<>"']{1,320}@[^\s<>"':;]{1,255})[">']{0,2}[:.]?\s*$/;
/** An answer of a server in the words around it. */
const ANSWER = /(?:^|[^\d.-])([45]\d\d(?:[ -]#?[45]\.\d{1,3}\.\d{1,3})?[ -].*)$/;
const STATUS = /(?:^|[^\d.])#?([45]\.\d{1,3}\.\d{1,3})(?![\d.])/;
/** What servers write of a mail that they go on trying. */
const DELAYED =
  /\b(?:will be (?:retried|tried again)|not yet been delivered|delayed|do not need to (?:resend|do anything))\b/i;

/**
 * Reads a bounce that is text for people: recipients that stand alone on a line, each with what is said below. `named` are
 * those that a header lists (Exim's X-Failed-Recipients).
 */
export function readPlainBounce(text: string, named: readonly string[]): ReportedRecipient[] {
  const all = text.split(/\r\n|\r|\n/, MAX_LINES).map((line) => line.slice(0, MAX_LINE));
  const end = all.findIndex((line) => RETURNED.test(line));
  const lines = end < 0 ? all : all.slice(0, end);
  const action = lines.some((line) => DELAYED.test(line)) ? 'delayed' : 'failed';
  const found = new Map<string, string[]>();
  let current: string[] | null = null;
  for (const line of lines) {
    const address = NAMED.exec(line)?.[1];
    if (address !== undefined && isAddress(address)) {
      current = found.get(address.toLowerCase()) ?? [];
      if (found.size < MAX_RECIPIENTS) found.set(address.toLowerCase(), current);
    } else if (line.trim() !== '') current?.push(line.trim());
    else if (current && current.length > 0) current = null;
  }
  for (const address of named) if (!found.has(address.toLowerCase())) found.set(address.toLowerCase(), []);
  return [...found]
    .map(([address, said]) => describe(address, said.join(' '), action))
    .filter(({ diagnostic, final }) => diagnostic !== null || named.includes(final ?? ''));
}

function describe(address: string, said: string, action: ReportedRecipient['action']): ReportedRecipient {
  const words = said.slice(0, MAX_DIAGNOSTIC);
  return {
    ...{ original: null, final: address, action },
    status: STATUS.exec(words)?.[1] ?? null,
    diagnostic: ANSWER.exec(words)?.[1] ?? (words || null),
  };
}
