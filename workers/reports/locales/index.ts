import { ar } from './languages/ar.ts';
import { bg } from './languages/bg.ts';
import { cs } from './languages/cs.ts';
import { da } from './languages/da.ts';
import { de } from './languages/de.ts';
import { deCH } from './languages/de-CH.ts';
import { el } from './languages/el.ts';
import { en } from './languages/en.ts';
import { es } from './languages/es.ts';
import { et } from './languages/et.ts';
import { fi } from './languages/fi.ts';
import { fr } from './languages/fr.ts';
import { he } from './languages/he.ts';
import { hr } from './languages/hr.ts';
import { hu } from './languages/hu.ts';
import { is } from './languages/is.ts';
import { it } from './languages/it.ts';
import { ja } from './languages/ja.ts';
import { ko } from './languages/ko.ts';
import { lt } from './languages/lt.ts';
import { lv } from './languages/lv.ts';
import { nb } from './languages/nb.ts';
import { nl } from './languages/nl.ts';
import { nn } from './languages/nn.ts';
import { pl } from './languages/pl.ts';
import { pt } from './languages/pt.ts';
import { ptBR } from './languages/pt-BR.ts';
import { ro } from './languages/ro.ts';
import { sk } from './languages/sk.ts';
import { sl } from './languages/sl.ts';
import { sv } from './languages/sv.ts';
import { tr } from './languages/tr.ts';
import { uk } from './languages/uk.ts';
import { zhHans } from './languages/zh-Hans.ts';
import { zhHant } from './languages/zh-Hant.ts';
import type { Messages } from './messages.ts';

/**
 * By language; each has a file of its own. One that differs by script or country has a further file under that name. A
 * file may leave words out, which are English then.
 */
const LANGUAGES: Readonly<Record<string, Partial<Messages>>> = {
  ar,
  bg,
  cs,
  da,
  de,
  el,
  en,
  es,
  et,
  fi,
  fr,
  he,
  hr,
  hu,
  is,
  it,
  ja,
  ko,
  lt,
  lv,
  nb,
  nl,
  nn,
  pl,
  pt,
  'pt-BR': ptBR,
  'de-CH': deCH,
  ro,
  sk,
  sl,
  sv,
  tr,
  uk,
  'zh-Hans': zhHans,
  'zh-Hant': zhHant,
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
 * Returns the tag of the language whose words a locale has: with its country, or its way of writing, where words differ
 * by that.
 */
export function languageOf(locale: string): string {
  const { language, region } = new Intl.Locale(locale).maximize();
  if (!LANGUAGE_NAMES.some((name) => name.startsWith(`${language}-`))) return language;
  const own = namesOf(locale).find((name) => Object.hasOwn(LANGUAGES, name));
  return own === undefined || own === language ? `${language}-${region}` : own;
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
