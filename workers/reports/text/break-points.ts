/** Scripts without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u3000-\u303f\uff00-\uffef]/u;
/** Those that may be broken at nearly each character. */
const IDEOGRAPHIC =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\u3000-\u303f\uff00-\uffef]/u;
/** What no line begins with: closing marks, small kana, marks of repetition and length. */
const NO_START =
  /^[)\]}!%,.:;?\u00bb\u2019\u201d\u2025\u2026\u3001-\u3003\u3005\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301c\u303b\u3041\u3043\u3045\u3047\u3049\u3063\u3083\u3085\u3087\u308e\u3095\u3096\u309b-\u309e\u30a1\u30a3\u30a5\u30a7\u30a9\u30c3\u30e3\u30e5\u30e7\u30ee\u30f5\u30f6\u30fb-\u30fe\uff01\uff05\uff09\uff0c\uff0e\uff1a\uff1b\uff1f\uff3d\uff5d\uff60-\uff65]/;
/** What no line ends with: opening marks and currency signs. */
const NO_END =
  /[([{\u00ab\u2018\u201c$\u00a3\u00a5\u20ac\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\uff04\uff08\uff3b\uff5b\uff5f\uff62]$/;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const words = new Intl.Segmenter('th', { granularity: 'word' });

/** Whether a line may break inside a text without a space there. */
export const isUnspaced = (text: string): boolean => UNSPACED.test(text);

function mayBreak(before: string, after: string): boolean {
  if (NO_START.test(after) || NO_END.test(before)) return false;
  return IDEOGRAPHIC.test(before) || IDEOGRAPHIC.test(after);
}

/** Parts a text without spaces where lines may break: between ideographs, and between the words of Thai, Lao, Khmer and Burmese. */
export function splitUnspaced(text: string): string[] {
  const parts: string[] = [];
  let last = '';
  for (const { segment, isWordLike } of words.segment(text)) {
    // A dictionary also finds words in Chinese; lines break inside of these.
    const pieces = IDEOGRAPHIC.test(segment)
      ? Array.from(graphemes.segment(segment), (part) => part.segment)
      : [segment];
    for (const piece of pieces) {
      const isNewWord = isWordLike && piece === segment && UNSPACED.test(last) && UNSPACED.test(piece);
      if (parts.length > 0 && !mayBreak(last, piece) && !(isNewWord && !NO_END.test(last)))
        parts.push(`${parts.pop()}${piece}`);
      else parts.push(piece);
      last = piece;
    }
  }
  return parts;
}
