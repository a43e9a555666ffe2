import { isUnspaced, splitUnspaced } from './break-points.ts';
import type { Run } from './inline.ts';
import type { Measure } from './measure.ts';

/** What a line break can't divide; its pieces differ in style. */
export interface Word {
  pieces: (Run & { width: number })[];
  width: number;
  /** The style of the space before it, undefined where a break is allowed without a space. */
  space: Run | undefined;
  newLine: boolean;
}

// Spaces, but not the no-break ones that Intl puts into numbers.
const SPLIT = /(\n|[ \t\u2000-\u2006\u2008-\u200a\u3000]+|(?<=\p{L})[-\u2010\u2013\u2014/]+(?=\p{L}))/u;
const SPACE = /^[ \t\u2000-\u2006\u2008-\u200a\u3000]/;
const HYPHENS = /^[-\u2010\u2013\u2014/]+$/;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Puts words together from the parts of a text. */
class WordList {
  readonly words: Word[] = [];
  readonly #measure: Measure;
  #space: Run | undefined;
  #newLine = false;
  /** Whether what comes next belongs to the word before it. */
  #isGlued = false;

  constructor(measure: Measure) {
    this.#measure = measure;
  }

  /** Adds a part as SPLIT makes them: a line end, spaces, hyphens between letters, or what is between them. */
  add(run: Run, part: string): void {
    if (part === '\n') this.#endLine();
    else if (SPACE.test(part)) this.#addSpace(run);
    else if (isUnspaced(part)) this.#addUnspaced(run, part);
    else {
      this.#append(run, part);
      if (HYPHENS.test(part)) this.#isGlued = false;
    }
  }

  #endLine(): void {
    const newLine = this.#newLine;
    if (newLine || this.words.length === 0) this.words.push({ pieces: [], width: 0, space: undefined, newLine });
    this.#newLine = true;
    this.#isGlued = false;
  }

  #addSpace(run: Run): void {
    this.#space = { ...run, text: ' ' };
    this.#isGlued = false;
  }

  #addUnspaced(run: Run, part: string): void {
    for (const [index, piece] of splitUnspaced(part).entries()) {
      if (index > 0) this.#isGlued = false;
      this.#append(run, piece);
    }
  }

  #append(run: Run, text: string): void {
    const piece = { ...run, text, width: this.#measure(text, run) };
    const last = this.words.at(-1);
    if (this.#isGlued && last) {
      last.pieces.push(piece);
      last.width += piece.width;
    } else {
      this.words.push({ pieces: [piece], width: piece.width, space: this.#space, newLine: this.#newLine });
    }
    this.#space = undefined;
    this.#newLine = false;
    this.#isGlued = true;
  }
}

/** Parts runs into words, each with the space or the line end before it. */
export function toWords(runs: Run[], measure: Measure): Word[] {
  const list = new WordList(measure);
  for (const run of runs) {
    for (const part of run.text.split(SPLIT)) if (part !== '') list.add(run, part);
  }
  return list.words;
}

/** Cuts a word that is wider than a line into pieces that are not; single characters are never cut. */
export function* cutWord(word: Word, width: number, measure: Measure): Iterable<Word> {
  let part: Word = { ...word, pieces: [], width: 0 };
  for (const piece of word.pieces) {
    let text = '';
    let textWidth = 0;
    for (const { segment } of graphemes.segment(piece.text)) {
      const segmentWidth = measure(segment, piece);
      if (part.width + textWidth + segmentWidth > width && part.width + textWidth > 0) {
        if (text) part.pieces.push({ ...piece, text, width: textWidth });
        yield { ...part, width: part.width + textWidth };
        part = { pieces: [], width: 0, space: undefined, newLine: false };
        text = '';
        textWidth = 0;
      }
      text += segment;
      textWidth += segmentWidth;
    }
    part.pieces.push({ ...piece, text, width: textWidth });
    part.width += textWidth;
  }
  yield part;
}

/** Returns the width of the widest thing in `runs` that a line break can't divide, in points. */
export function longestWord(runs: Run[], measure: Measure): number {
  return toWords(runs, measure).reduce((widest, word) => Math.max(widest, word.width), 0);
}
