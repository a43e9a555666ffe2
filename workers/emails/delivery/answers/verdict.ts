import type { Reply } from './reply.ts';
import { type AnswerClass, type Suppresses, VERDICTS, type VerdictRow } from './verdict-table.ts';

/** What an answer means. */
export interface Verdict {
  class: AnswerClass;
  /** Whether it is the last word: of a recipient or the content, and never of the sender, the relay or a rate. */
  isFinal: boolean;
  suppresses: Suppresses | null;
  cure: string | null;
  /** The row of the table that says so. */
  row: VerdictRow;
}

/** What holds where no row fits, such as a code that is none. */
const ANY_OTHER: VerdictRow = { meaning: 'no answer of a mail server', stages: [], class: 'relay', said: [] };

/** Classes of answers that say no to more than one mail: the mail waits, whatever the code. */
const OF_ALL_MAILS: ReadonlySet<AnswerClass> = new Set(['sender', 'relay', 'rate']);

/** Whether answers of that class are about more than the one mail. */
export const isOfAllMails = (about: AnswerClass): boolean => OF_ALL_MAILS.has(about);

/** Judges a refusal (4xx or 5xx) by the table. Pure. */
export function judge(reply: Reply): Verdict {
  const row = VERDICTS.find((one) => fits(one, reply)) ?? ANY_OTHER;
  const isFinal = reply.code >= 500 && !isOfAllMails(row.class);
  return {
    class: row.class,
    isFinal,
    suppresses: isFinal ? (row.suppresses ?? null) : null,
    cure: row.cure ?? null,
    row,
  };
}

const fits = ({ stages, code, status, words, namesSender }: VerdictRow, reply: Reply): boolean =>
  stages.includes(reply.stage) &&
  (code?.test(String(reply.code)) ?? true) &&
  (status?.test(reply.status ?? '') ?? true) &&
  (words?.test(reply.words) ?? true) &&
  (!namesSender || reply.namesSender);
