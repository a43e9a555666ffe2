import { MAX_DIAGNOSTIC, MAX_RECIPIENTS, type ReportedRecipient } from './mail-report.ts';
import { jobsIn, returnPathsIn } from './names.ts';
import { isAddress } from './report-fields.ts';

/** More of a text is not looked at: what is said of recipients stands at its beginning. */
const MAX_LINES = 2000;
const MAX_LINE = 2000;
/** Where the returned mail begins in the text of a bounce. */
const RETURNED =
  /^--.*(?:copy of (?:the|your) message|(?:original|returned) message)|^---+ ?(?:this is a copy|the following is)|^(?:possibly truncated )?original message follows/i;
/** A line that names a failed recipient alone, as qmail, Exim and their kin write it. */
const NAMED = /^\s{0,8}(?:> )?["'<]{0,2}([^\s<>"']{1,320}@[^\s<>"':;]{1,255})[">']{0,2}[:.]?\s*$/;
/** What tells that a line which names an address among others speaks of a mail that failed. */
const FAILED =
  /\b(?:unknown|no such|not (?:found|listed|delivered|accepted)|(?:can|could) ?not be delivered|undeliverable|undelivered|rejected|refused|deferred|failed|disabled|full|quota)\b/i;
/** What stands above recipients that are named without a domain. */
const HEADING =
  /\b(?:undeliverable|not (?:be )?delivered|unable to deliver)\b.{0,60}\b(?:following|recipients?)\b.{0,40}:\s*$/i;
/** An answer of a server in the words around it. */
const ANSWER = /(?:^|[^\d.-])([45]\d\d(?:[ -]#?[45]\.\d{1,3}\.\d{1,3})?[ -].*)$/;
const STATUS = /(?:^|[^\d.])#?([45]\.\d{1,3}\.\d{1,3})(?![\d.])/;
/** What servers write of a mail that they go on trying. */
const DELAYED =
  /\b(?:will be (?:retried|tried again)|not yet been delivered|delayed|do not need to (?:resend|do anything)|still undelivered|will keep trying)\b/i;

/**
 * Reads a bounce that is text for people: recipients that stand alone on a line, each with what is said below, or else those
 * that a line names which speaks of a failure. `named` are those that a header lists (Exim's X-Failed-Recipients).
 */
export function readPlainBounce(text: string, named: readonly string[]): ReportedRecipient[] {
  const all = text.split(/\r\n|\r|\n/, MAX_LINES).map((line) => line.slice(0, MAX_LINE));
  const end = all.findIndex((line) => RETURNED.test(line));
  const lines = end < 0 ? all : all.slice(0, end);
  const action = lines.some((line) => DELAYED.test(line)) ? 'delayed' : 'failed';
  const found = findNamed(lines);
  for (const address of named) if (!found.has(address.toLowerCase())) found.set(address.toLowerCase(), []);
  const silent = [...found.values()].every((said) => said.length === 0) ? (findAnswer(lines) ?? '') : '';
  const read = [...found]
    .map(([address, said]) => describe(address, said.join(' ') || silent, action))
    .filter(({ diagnostic, final }) => diagnostic !== null || named.includes(final ?? ''));
  return read.length > 0 ? read : readMentions(lines).map(([address, said]) => describe(address, said, action));
}

/** Finds the recipients that stand alone on a line, with the lines that follow. */
function findNamed(lines: readonly string[]): Map<string, string[]> {
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
  return found;
}

/** The first line that has an answer of a server, where nothing is said of a recipient beside its name. */
const findAnswer = (lines: readonly string[]): string | undefined => lines.find((line) => ANSWER.test(line));

/**
 * Finds the recipients that lines name which speak of a failure, each with that line; where none has a domain, what stands
 * below the heading is said of whom the mail went to.
 */
function readMentions(lines: readonly string[]): [address: string | null, said: string][] {
  const found = new Map<string, string>();
  for (const line of lines) {
    const address = ANSWER.test(line) || FAILED.test(line) ? addressIn(line) : undefined;
    if (address !== undefined && !found.has(address) && found.size < MAX_RECIPIENTS) found.set(address, line.trim());
  }
  if (found.size > 0) return [...found];
  const heading = lines.findIndex((line) => HEADING.test(line));
  const below = heading < 0 ? undefined : lines.slice(heading + 1).find((line) => line.trim() !== '');
  return below === undefined ? [] : [[null, below.trim()]];
}

/** The first address of a line that is no name of ours for the mail. */
const addressIn = (line: string): string | undefined =>
  line
    .split(/[\s<>"'(),:;[\]]+/)
    .map((word) => word.replace(/\.{1,3}$/, '').toLowerCase())
    .find((word) => isAddress(word) && returnPathsIn([word]).length + jobsIn([word]).length === 0);

function describe(address: string | null, said: string, action: ReportedRecipient['action']): ReportedRecipient {
  const words = said.slice(0, MAX_DIAGNOSTIC);
  return {
    ...{ original: null, final: address, action },
    status: STATUS.exec(words)?.[1] ?? null,
    diagnostic: ANSWER.exec(words)?.[1] ?? (words || null),
  };
}
