import type { Encoding } from '../../../input/table.ts';
import { ALPHABETS, type Alphabet, IDEOGRAPHS } from './letters.ts';

/** Signs that stand beside letters and numbers in any language. */
const SIGNS = /[€£¥§°©®™±²³µ·•–—‘’‚“”„«»‹›…№½¼¾\u00a0¡¿ºª]/u;
/** So much of what is not ASCII tells enough, and no word is longer. */
const MOST_RUN_BYTES = 4000;
const MOST_PAIR_BYTES = 8000;
const LONGEST_RUN = 40;
/** Less than this part of what is not ASCII is no reading at all. */
const LEAST = 0.5;
/** What the locale, and the commonest encoding, are worth where letters don't tell. */
const LOCALE_BONUS = 0.04;
/** Of languages with scripts of their own: what the locale, common letters, words that none has, and capitals
 * alone are worth. */
const SCRIPT_BONUS = 0.05;
const COMMON_LETTERS_BONUS = 0.1;
const NEVER_MALUS = 0.3;
const CAPITALS_MALUS = 0.05;
const COMMON_BONUS = 0.02;

const decode = (encoding: string, bytes: Uint8Array): string => new TextDecoder(encoding).decode(bytes);

/** Runs of letters around bytes that are no ASCII, with what stands right beside them. */
function collectRuns(bytes: Uint8Array): Uint8Array[] {
  const runs: Uint8Array[] = [];
  let left = MOST_RUN_BYTES;
  const isWord = (byte = 0): boolean =>
    byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
  for (let at = 0; at < bytes.length && left > 0; at += 1) {
    if ((bytes[at] ?? 0) < 0x80) continue;
    let from = at;
    while (from > 0 && at - from < LONGEST_RUN && isWord(bytes[from - 1])) from -= 1;
    let to = at;
    while (to < bytes.length && to - at < LONGEST_RUN && isWord(bytes[to])) to += 1;
    left -= to - from;
    runs.push(bytes.subarray(from, to));
    at = to;
  }
  return runs;
}

/** What a character is, whatever stands beside it. */
interface Sort {
  isLetter: boolean;
  isForeign: boolean;
  isUpper: boolean;
  isLower: boolean;
  isSign: boolean;
}

const sorts = new Map<string, Sort>();

/** Returns what a character is; each is looked at once. Bytes make few different ones. */
function sortOf(character: string): Sort {
  const before = sorts.get(character);
  if (before) return before;
  const isLetter = /\p{L}/u.test(character);
  const sort = {
    isLetter,
    isForeign: isLetter && !/[\p{Script=Latin}\p{Script=Common}]/u.test(character),
    isUpper: /\p{Lu}/u.test(character),
    isLower: /\p{Ll}/u.test(character),
    isSign: SIGNS.test(character),
  };
  sorts.set(character, sort);
  return sort;
}

const isAscii = (character: string): boolean => character < '\u0080';

/** What a character beyond ASCII is worth as a letter of these: -1 for one that can hardly be right, to 1. */
function judgeCharacter(character: string, letters: Set<string>, before: string, after: string): number {
  const sort = sortOf(character);
  const [left, right] = [sortOf(before), sortOf(after)];
  // Nobody mixes the letters of two scripts in a word.
  if (sort.isForeign && ((left.isLetter && isAscii(before)) || (right.isLetter && isAscii(after)))) return -1;
  if (letters.has(character.toLowerCase()) || letters.has(character)) {
    // A capital behind a small letter is hardly one.
    if (sort.isUpper && left.isLower) return -0.5;
    return left.isLetter || right.isLetter ? 1 : 0.8;
  }
  if (!sort.isSign) return sort.isLetter ? 0 : -0.5;
  // Micrograms and their like.
  if (character === 'µ') return left.isLetter ? 0 : 1;
  return left.isLetter && right.isLetter && !/[’·]/.test(character) ? -1 : 0.9;
}

/** How well words are those of a script of its own, beside other such scripts. */
function judgeScript(words: readonly string[], { common = '', never }: Alphabet): number {
  const small = words.map((word) => word.toLowerCase());
  const characters = [...small.join('')].filter((character) => !isAscii(character));
  const often = characters.filter((character) => common.includes(character)).length / (characters.length || 1);
  const odd = never ? small.filter((word) => never.test(word)).length / (words.length || 1) : 0;
  const loud = words.filter((word, index) => word !== small[index] && word === word.toUpperCase()).length;
  return often * COMMON_LETTERS_BONUS - odd * NEVER_MALUS - (loud / (words.length || 1)) * CAPITALS_MALUS;
}

/** The part of characters beyond ASCII that a reading explains: letters of one language, signs where signs stand. */
function shareExplained(words: readonly string[], letters: Set<string>): number {
  let [explained, all] = [0, 0];
  for (const word of words) {
    const characters = [...word];
    for (const [index, character] of characters.entries()) {
      if (character < '\u0080') continue;
      all += 1;
      explained += judgeCharacter(character, letters, characters[index - 1] ?? '', characters[index + 1] ?? '');
    }
  }
  return all === 0 ? 0 : explained / all;
}

interface Judged {
  encoding: Encoding;
  score: number;
  /** What counts beside others with a script of their own alone. */
  script: number;
}

const better = (best: Judged | undefined, one: Judged): Judged =>
  best === undefined || one.score + one.script > best.score + best.script + 1e-9 ? one : best;

/** Which single bytes a text is most likely written in; a score of 0 where no alphabet explains it. */
function judgeSingleBytes(runs: readonly Uint8Array[], language: string): Judged {
  let latin: Judged = { encoding: 'windows-1252', score: 0, script: 0 };
  let other: Judged | undefined;
  const decoded = new Map<Encoding, string[]>();
  for (const alphabet of ALPHABETS) {
    const known = new Set(alphabet.letters);
    const isLocale = alphabet.languages.split(' ').includes(language);
    for (const [rank, encoding] of alphabet.encodings.entries()) {
      const words = decoded.get(encoding) ?? runs.map((run) => decode(encoding, run));
      decoded.set(encoding, words);
      const score = shareExplained(words, known) - rank * 0.01;
      if (alphabet.common === undefined) {
        const usual = encoding === 'windows-1252' ? COMMON_BONUS : 0;
        latin = better(latin, { encoding, score: score + usual + (isLocale ? LOCALE_BONUS : 0), script: 0 });
      } else {
        const script = judgeScript(words, alphabet) + (isLocale ? SCRIPT_BONUS : 0);
        other = better(other, { encoding, score, script });
      }
    }
  }
  return other && other.score > latin.score + 1e-9 ? other : latin;
}

const HALF_WIDTH = /[\uff61-\uff9f]/;
const WESTERN = /[a-z\d]/i;
const IDEOGRAPH = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** How well a text of characters of several bytes is explained by one of their encodings, 0 to 1. */
function judgePairs(bytes: Uint8Array, encoding: Encoding, common: RegExp): number {
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return 0;
  }
  let [known, letters, lonely, all] = [0, 0, 0, 0];
  const characters = [...text];
  for (const [index, character] of characters.entries()) {
    if (isAscii(character)) continue;
    all += 1;
    // Characters of private use are what other encodings look like.
    if (/[\ue000-\uf8ff]/u.test(character)) return 0;
    if (common.test(character)) known += 1;
    if (IDEOGRAPH.test(character)) letters += 1;
    const [before = '', after = ''] = [characters[index - 1], characters[index + 1]];
    // Kana of half the width stand beside one another, never beside a letter or digit of the West.
    const isBeside = WESTERN.test(before) || WESTERN.test(after);
    if ((isAscii(before) && isAscii(after)) || (isBeside && HALF_WIDTH.test(character))) lonely += 1;
  }
  // Letters of the West beside ASCII make pairs that stand alone.
  return all === 0 || lonely > all / 3 || letters < all * 0.8 ? 0 : 0.6 + (0.4 * known) / all;
}

/** Cuts off a character that may not be all there. */
const wholeLines = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.lastIndexOf(0x0a);
  return end > 0 ? bytes.subarray(0, end + 1) : bytes;
};

/** Judges by its letters which encoding a text is in that is no UTF-8; where they don't tell, by the report's locale. */
export function judgeEncoding(sample: Uint8Array, locale: string): Encoding {
  const language = new Intl.Locale(locale).language;
  const single = judgeSingleBytes(collectRuns(sample), language);
  const lines = wholeLines(sample.subarray(0, MOST_PAIR_BYTES));
  let best: Pick<Judged, 'encoding' | 'score'> = single.score < LEAST ? { encoding: 'windows-1252', score: 0 } : single;
  for (const [encoding, common] of Object.entries(IDEOGRAPHS) as [Encoding, RegExp][]) {
    const score = judgePairs(lines, encoding, common);
    if (score > best.score) best = { encoding, score };
  }
  return best.encoding;
}
