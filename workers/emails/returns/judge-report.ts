import { readReply } from '../delivery/answers/reply.ts';
import { judge } from '../delivery/answers/verdict.ts';
import type { AnswerClass, Suppresses } from '../delivery/answers/verdict-table.ts';
import type { ReportedRecipient } from './report/mail-report.ts';

/** What a server's report means for its recipient. */
export interface JudgedReport {
  code: number | null;
  status: string | null;
  /** The server's words. */
  response: string;
  class: AnswerClass;
  suppresses: Suppresses | null;
}

const REPLY = /(?:^|[^\d.])([245]\d\d)[ -]/;
const OWN_STATUS = /^\d{3}[ -]#?[245]\.\d{1,3}\.\d{1,3}\b/;
/** A status that says no more than its class. */
const BARE = /^[245]\.0\.0$/;
/** Statuses and words that are about the message. */
const OF_MESSAGE =
  /^[45]\.(?:3\.4|[67]\.)|\bspam\b|virus|(?:content|message|mail|size) .{0,20}(?:rejected|refused|blocked|denied|too (?:large|big))/i;

/**
 * Judges what was said of a recipient by the table of verdicts, as an answer to RCPT TO: a report names a recipient. What
 * gives no code is judged by its status alone, and by its words. Pure.
 */
export function judgeReport({ status, diagnostic }: Pick<ReportedRecipient, 'status' | 'diagnostic'>): JudgedReport {
  const words = (diagnostic ?? '').replace(/\s+/g, ' ').trim();
  const at = REPLY.exec(words);
  const own = at ? words.slice(words.indexOf(at[1] as string, at.index)) : null;
  const temporary = status?.startsWith('4') ?? false;
  const reply = own ?? `${temporary ? 450 : 550} ${words}`.trim();
  const isBare = status === null || BARE.test(status) || OWN_STATUS.test(reply);
  const full = isBare ? reply : `${reply.slice(0, 3)} ${status}${reply.slice(3).replace(/^-/, ' ')}`;
  const read = readReply('rcpt', full);
  const atRcpt = judge(read);
  // A report does not say at which command it was: what is about the message was said behind its dot.
  const isOfMessage = !atRcpt.suppresses && atRcpt.class === 'recipient' && OF_MESSAGE.test(`${read.status} ${words}`);
  const verdict = isOfMessage ? judge(readReply('dot', full)) : atRcpt;
  return {
    code: own === null ? null : read.code,
    status: read.status ?? status,
    response: words || (status === null ? 'The report does not say why.' : `Status ${status}.`),
    class: verdict.class,
    // A server that gave up after days of 4xx has not said that nobody is there.
    suppresses: temporary ? null : verdict.suppresses,
  };
}
