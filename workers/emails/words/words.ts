import { type MailWords, WORDS } from './languages.ts';

const ALL: Readonly<Record<string, MailWords>> = WORDS;

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = /^(?:ar|arc|ckb|dv|fa|he|iw|ps|sd|ug|ur|yi)(?:[-_]|$)/i;

/** Tells the direction of a language's text. */
export const directionOf = (language: string): 'rtl' | 'ltr' => (RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr');

/** Finds the words of a language tag, the most special there are: of zh-TW those of zh-Hant. English where there are none. */
export function wordsOf(tag: string): MailWords {
  const name = namesOf(tag).find((one) => Object.hasOwn(ALL, one));
  return (name !== undefined && ALL[name]) || WORDS.en;
}

/** The names under which a language's words may be, the most special first; none of what is no tag. */
export function namesOf(tag: string): string[] {
  try {
    const { language, script, region } = new Intl.Locale(tag.replaceAll('_', '-')).maximize();
    return [`${language}-${script}`, `${language}-${region}`, language];
  } catch {
    return [];
  }
}
