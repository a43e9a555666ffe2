import { type Direction, embedRuns, findDirection, hasRightToLeft, orderVisually } from './bidi.ts';
import { isSameStyle, type Run } from './inline.ts';
import type { Measure } from './measure.ts';
import { cutWord, toWords, type Word } from './words.ts';

/** A run placed on a line; `x` counts from the line's left end. */
export interface Piece extends Run {
  x: number;
}

/** Pieces in the order they are read. */
export interface Line {
  pieces: Piece[];
  width: number;
  /** A right-to-left paragraph in a left-to-right document: it stands at the right. */
  isOpposed?: boolean;
  /** It ends where a space was. */
  endsInSpace?: boolean;
}

function addToLine(line: Line, { width, ...run }: Run & { width: number }): void {
  const last = line.pieces.at(-1);
  if (last && isSameStyle(last, run)) last.text += run.text;
  else line.pieces.push({ ...run, x: line.width });
  line.width += width;
}

/** Rounding may make a line wider than its words by less than this, in points. */
const TOLERANCE = 0.001;

/** Fills lines of at most `width` points with words. */
class LineFiller {
  readonly lines: Line[] = [{ pieces: [], width: 0 }];
  readonly #width: number;
  readonly #measure: Measure;

  constructor(width: number, measure: Measure) {
    this.#width = width;
    this.#measure = measure;
  }

  add(word: Word): void {
    const line = this.lines.at(-1);
    if (!line) return;
    const isEmpty = line.pieces.length === 0;
    const spaceWidth = word.space && !isEmpty ? this.#measure(' ', word.space) : 0;
    const isFull = line.width + spaceWidth + word.width > this.#width + TOLERANCE;
    if ((isFull && !isEmpty) || word.newLine) {
      if (word.space || word.newLine) line.endsInSpace = true;
      this.#addPieces(word, this.#startLine());
      return;
    }
    if (spaceWidth > 0 && word.space) addToLine(line, { ...word.space, width: spaceWidth });
    this.#addPieces(word, line);
  }

  #startLine(): Line {
    const line: Line = { pieces: [], width: 0 };
    this.lines.push(line);
    return line;
  }

  #addPieces(word: Word, line: Line): void {
    for (const piece of word.pieces) addToLine(line, piece);
  }
}

/** Returns the runs as one line where they fit into it without being parted: most cells of a table. */
function fitOneLine(runs: Run[], width: number, measure: Measure): Line | undefined {
  const [only] = runs;
  if (runs.length !== 1 || !only || only.text.includes('\n')) return undefined;
  const whole = measure(only.text, only);
  return whole <= width ? { pieces: [{ ...only, x: 0 }], width: whole } : undefined;
}

function fillLines(runs: Run[], width: number, measure: Measure): Line[] {
  const single = fitOneLine(runs, width, measure);
  if (single) return [single];
  const filler = new LineFiller(width, measure);
  for (const word of toWords(runs, measure)) {
    if (word.width <= width) filler.add(word);
    else for (const part of cutWord(word, width, measure)) filler.add(part);
  }
  return filler.lines;
}

/** Puts the pieces of a line where they stand, although they are read in another order. */
function placeVisually(line: Line, measure: Measure): void {
  let x = 0;
  for (const piece of orderVisually(line.pieces)) {
    piece.x = x;
    x += measure(piece.text, piece);
  }
  line.width = x;
}

function breakMixed(runs: Run[], width: number, measure: Measure, document: Direction): Line[] {
  const direction = findDirection(runs.map(({ text }) => text).join(''), document);
  const lines = fillLines(embedRuns(runs, direction), width, measure);
  const isOpposed = document === 'ltr' && direction === 'rtl';
  for (const line of lines) {
    placeVisually(line, measure);
    if (isOpposed) line.isOpposed = true;
  }
  return lines;
}

/**
 * Breaks runs into lines no wider than `width` points: at spaces, after hyphens and slashes between letters, between
 * the words of scripts without spaces, and inside a word only when it is wider than a whole line. Returns at least one
 * line. Right-to-left text is put into its order on each line.
 */
export function breakLines(runs: Run[], width: number, measure: Measure): Line[] {
  const { direction: document = 'ltr' } = measure;
  const isMixed = document === 'rtl' || runs.some(({ text }) => hasRightToLeft(text));
  return isMixed ? breakMixed(runs, width, measure, document) : fillLines(runs, width, measure);
}
