import { da } from './languages/da.ts';
import { de } from './languages/de.ts';
import { en } from './languages/en.ts';
import { es } from './languages/es.ts';
import { fi } from './languages/fi.ts';
import { fr } from './languages/fr.ts';
import { it } from './languages/it.ts';
import { nb } from './languages/nb.ts';
import { nl } from './languages/nl.ts';
import { nn } from './languages/nn.ts';
import { pl } from './languages/pl.ts';
import { sv } from './languages/sv.ts';
import type { Messages } from './messages.ts';

/**
 * By language; each has a file of its own. One that differs by script or country has a further file under that name. A
 * file may leave words out, which are English then.
 */
const LANGUAGES: Readonly<Record<string, Partial<Messages>>> = {
  da,
  de,
  en,
  es,
  fi,
  fr,
  it,
  nb,
  nl,
  nn,
  pl,
  sv,
  no: nb,
};

/** The languages that a report has words in. */
export const LANGUAGE_NAMES: readonly string[] = Object.keys(LANGUAGES);

/** The words of one report. */
export interface ReportWords {
  messages: Messages;
  /** The words that were asked for so far and are English for lack of others. */
  lacking(): (keyof Messages)[];
}

/** Returns the names under which a language's words may be, the most special first: zh-Hant-TW, zh-Hant, zh-TW, zh. */
function namesOf(lang: string): string[] {
  const { language, script, region } = new Intl.Locale(lang).maximize();
  return [`${language}-${script}-${region}`, `${language}-${script}`, `${language}-${region}`, language];
}

/**
 * Returns the tag of the language whose words a locale has: without the country, unless words of that country, or of that
 * way of writing, are there.
 */
export function languageOf(locale: string): string {
  return namesOf(locale).find((name) => Object.hasOwn(LANGUAGES, name)) ?? new Intl.Locale(locale).language;
}

/** Finds the messages of a language tag; what its language lacks is English. */
export const messagesFor = (lang: string): Messages => openWords(lang).messages;

/** Opens the words of a report in a language; those that it brings itself come before all others. */
export function openWords(lang: string, own: Partial<Messages> = {}): ReportWords {
  const languages = namesOf(lang).flatMap((name) => (Object.hasOwn(LANGUAGES, name) ? [LANGUAGES[name]] : []));
  const known: Partial<Messages> = Object.assign({}, ...languages.reverse(), own);
  const lacking = new Set<keyof Messages>();
  const messages = { ...en, ...known };
  for (const key of Object.keys(en) as (keyof Messages)[]) {
    if (known[key] !== undefined) continue;
    const get = () => {
      lacking.add(key);
      return en[key];
    };
    Object.defineProperty(messages, key, { get, enumerable: true });
  }
  return { messages, lacking: () => [...lacking] };
}
