import type { Report } from '../model.ts';
import type { Warning } from '../pdf/warnings.ts';

/** The code of the warning that says so. */
export const ENGLISH_WORDS = 'english_words';
const MOST_NAMED = 10;

/** The warning of a report whose own words are English, some or all, since its language has none here; at most one. */
export function tellLacking({ lang, words }: Pick<Report, 'lang' | 'words'>): Warning[] {
  const lacking = words.lacking();
  if (lacking.length === 0) return [];
  const language = new Intl.DisplayNames('en', { type: 'language' }).of(lang) ?? lang;
  const named = lacking.slice(0, MOST_NAMED).join(', ') + (lacking.length > MOST_NAMED ? ', …' : '');
  const message = `There are no words in ${language} for ${named}: they are English. "words" takes others.`;
  return [{ code: ENGLISH_WORDS, message, page: 1 }];
}
