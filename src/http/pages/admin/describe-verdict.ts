import { formatTime } from '../../../kinds/formats.ts';
import type { Level } from '../../../verdict/codes.ts';
import type { Verdict } from '../../../verdict/judge.ts';

/** A moment, RFC 3339 and for people. */
export interface Moment {
  time: string;
  text: string;
}

/** The first line of the operators' page, and what is below it, every text ready. */
export interface VerdictView {
  level: Level;
  /** The level as a word. */
  word: string;
  text: string;
  items: { level: Level; word: string; text: string; fix: string; since: Moment }[];
}

const WORDS: Readonly<Record<Level, string>> = { green: 'All is well', amber: 'To look at', red: 'Trouble' };

/** Makes the text of a moment. */
export const momentOf = (time: string): Moment => ({ time, text: formatTime(time) });

/** Describes the verdict for the page. */
export const describeVerdict = ({ level, text, items }: Verdict): VerdictView => ({
  level,
  word: WORDS[level],
  text,
  items: items.map((item) => ({
    ...{ level: item.level, word: WORDS[item.level], text: item.text, fix: item.fix },
    since: momentOf(item.since),
  })),
});
