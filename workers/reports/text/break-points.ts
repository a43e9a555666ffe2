import LineBreaker from 'linebreak';

/** Scripts without spaces between words, with their punctuation. */
const UNSPACED = new RegExp(
  String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]` +
    String.raw`|[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`,
  'u',
);
/** Those of them whose words only a dictionary finds: UAX 14 leaves them to one. */
const DICTIONARY = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** Korean has spaces between words: it isn't broken inside of them, beside Chinese characters neither. */
const KOREAN = /^\p{Script=Hangul}{2}$/u;
/**
 * Before an opening and behind a closing quotation mark among Chinese characters. Since Unicode 16 lines may break
 * there (LB19a), which the library is too old for.
 */
const QUOTED = new RegExp(
  String.raw`(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、！？；：」』）])(?=[“‘]\p{Script=Han})` +
    String.raw`|(?<=\p{Script=Han}[”’])(?=\p{Script=Han})`,
  'u',
);

const words = new Intl.Segmenter('th', { granularity: 'word' });

/** Returns whether a line may break inside a text without a space there. */
export const isUnspaced = (text: string): boolean => UNSPACED.test(text);

/** Parts a text between words of Thai, Lao, Khmer and Burmese. */
function splitByDictionary(text: string): string[] {
  const parts: string[] = [];
  let last = '';
  for (const { segment } of words.segment(text)) {
    if (DICTIONARY.test(last) && DICTIONARY.test(segment)) parts.push(segment);
    else parts.push(`${parts.pop() ?? ''}${segment}`);
    last = segment;
  }
  return parts;
}

/**
 * Parts a text without spaces where lines may break: between ideographs, as UAX 14 has it, and between the words of
 * Thai, Lao, Khmer and Burmese. (Rules of our own took ten times as long, see bench/reports/text.ts.)
 */
export function splitUnspaced(text: string): string[] {
  const parts: string[] = [];
  const breaker = new LineBreaker(text);
  let start = 0;
  for (let end = breaker.nextBreak(); end; end = breaker.nextBreak()) {
    if (KOREAN.test(text.slice(end.position - 1, end.position + 1))) continue;
    const part = text.slice(start, end.position);
    // One by one: a call takes no more than some 100,000 arguments.
    for (const piece of DICTIONARY.test(part) ? splitByDictionary(part) : part.split(QUOTED)) parts.push(piece);
    start = end.position;
  }
  return parts;
}
