import { namesOf } from '../words/words.ts';
import { WORDS } from './languages/languages.ts';
import type { UnsubscribeWords } from './languages/unsubscribe-words.ts';

const ENGLISH = 'en';
/** What people and their browsers call a language that has another name here. */
const ALIASES: Readonly<Record<string, string>> = { no: 'nb' };

/** Chooses the language of the page: the first of those wanted that there are words in, `nn-NO` being `nn` and `zh-TW` `zh-Hant`; else English. */
export function chooseLanguage(wanted: readonly (string | null | undefined)[]): string {
  for (const one of wanted) {
    const names = namesOf(one?.trim() ?? '').map((name) => ALIASES[name] ?? name);
    const language = names.find((name) => Object.hasOwn(WORDS, name));
    if (language !== undefined) return language;
  }
  return ENGLISH;
}

/** Reads the languages of an Accept-Language header, the most wanted first. */
export function readLanguages(header: string | undefined): string[] {
  const entries = (header ?? '').slice(0, 500).split(',');
  const weighed = entries.map((entry) => {
    const [language = '', ...rest] = entry.split(';');
    const weight = rest.map((part) => /^\s*q=([\d.]+)\s*$/.exec(part)?.[1]).find((q) => q !== undefined);
    return { language: language.trim(), weight: Number(weight ?? 1) };
  });
  return weighed
    .filter(({ language, weight }) => language !== '' && weight > 0)
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ language }) => language);
}

/** Returns the words of a language; English where there are none. */
export const wordsOf = (language: string): UnsubscribeWords =>
  (Object.hasOwn(WORDS, language) ? WORDS[language] : undefined) ?? (WORDS[ENGLISH] as UnsubscribeWords);
