import { orderVisually } from '../../workers/reports/text/bidi.ts';
import { splitUnspaced } from '../../workers/reports/text/break-points.ts';
import { median } from '../figures.ts';

/**
 * How long the libraries take that lines of text are broken and put in order with, beside rules of our own, which they
 * took the place of: for each text the median of ROUNDS rounds, in which both alternate.
 */
const ROUNDS = 9;
const REPEATS = 1000;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const words = new Intl.Segmenter('th', { granularity: 'word' });
const IDEOGRAPHIC = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
const DICTIONARY = /[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const NO_START = /^[)\]}!%,.:;?’”‥…、。々〉》」』】〕ぁぃぅぇぉっゃゅょァィゥェォッャュョ・ー！％），．：；？］｝]/;
const NO_END = /[([{‘“$£¥€〈《「『【〔＄（［｛]$/;

/** Where lines may break, by lists of characters that none begins or ends with. */
function splitByLists(text: string): string[] {
  const parts: string[] = [];
  let last = '';
  for (const { segment } of words.segment(text)) {
    const isIdeographic = IDEOGRAPHIC.test(segment);
    for (const piece of isIdeographic ? Array.from(graphemes.segment(segment), (part) => part.segment) : [segment]) {
      const isFree = IDEOGRAPHIC.test(last) || IDEOGRAPHIC.test(piece) || (DICTIONARY.test(last) && !isIdeographic);
      const mayBreak = isFree && !NO_START.test(piece) && !NO_END.test(last);
      if (parts.length > 0 && !mayBreak) parts.push(`${parts.pop()}${piece}`);
      else parts.push(piece);
      last = piece;
    }
  }
  return parts;
}

interface Piece {
  level: number;
}

/** Rule L2 of UAX 9, word for word. */
function orderByLevels(pieces: Piece[]): Piece[] {
  const ordered = [...pieces];
  const levelOf = (index: number) => ordered[index]?.level ?? 0;
  for (let level = Math.max(0, ...pieces.map((piece) => piece.level)); level > 0; level -= 1) {
    for (let start = 0; start < ordered.length; start += 1) {
      let end = start;
      while (end < ordered.length && levelOf(end) >= level) end += 1;
      ordered.splice(start, end - start, ...ordered.slice(start, end).reverse());
      start = Math.max(start, end - 1);
    }
  }
  return ordered;
}

/** Prints how many microseconds both take, and how many times the library is as fast. */
function compare<Input>(name: string, input: Input, ours: (input: Input) => unknown, library: typeof ours): void {
  const measure = (run: typeof ours): number => {
    const begun = performance.now();
    for (let repeat = 0; repeat < REPEATS; repeat += 1) run(input);
    return ((performance.now() - begun) * 1000) / REPEATS;
  };
  const rounds = Array.from({ length: ROUNDS }, () => ({ own: measure(ours), theirs: measure(library) }));
  const [own, theirs] = [median(rounds.map((round) => round.own)), median(rounds.map((round) => round.theirs))];
  const ratio = median(rounds.map((round) => round.own / round.theirs));
  const figures = [own, theirs].map((figure) => figure.toFixed(2).padStart(9));
  console.log(name.padEnd(32), ...figures, `  ${ratio.toFixed(2)} times as fast`);
}

const levels = (...list: number[]): Piece[] => list.map((level) => ({ level }));
console.log('microseconds                     our rules   library');
for (const [name, text] of [
  ['break Japanese, 148 characters', '天地玄黄，宇宙洪荒。「これ」はPDFです（2026年）カタカナー'.repeat(4)],
  ['break Thai, 138 characters', 'ภาษาไทยง่ายมากและสวยงาม'.repeat(6)],
  ['break a short name', '株式会社'],
] as const) {
  compare(name, text, splitByLists, splitUnspaced);
}
compare('order 3 pieces of a line', levels(1, 2, 1), orderByLevels, orderVisually);
compare('order 11 pieces of a line', levels(1, 2, 1, 0, 2, 3, 2, 1, 0, 0, 1), orderByLevels, orderVisually);
