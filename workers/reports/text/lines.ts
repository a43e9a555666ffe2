import { type Direction, embedRuns, findDirection, hasRightToLeft, orderVisually } from './bidi.ts';
import { isUnspaced, splitUnspaced } from './break-points.ts';
import type { Run } from './inline.ts';

/** How wide `text` is in the style of `run`, in points. */
export interface Measure {
  (text: string, run: Omit<Run, 'text'>): number;
  /** The direction of the document that is measured for; `ltr` where it is not told. */
  direction?: Direction;
}

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

interface Word {
  pieces: (Run & { width: number })[];
  width: number;
  /** The style of the space before it, undefined where a break is allowed without a space. */
  space: Run | undefined;
  newLine: boolean;
}

// Spaces, but not the no-break ones that Intl puts into numbers.
const SPLIT = /(\n|[ \t\u2000-\u2006\u2008-\u200a\u3000]+|(?<=\p{L})[-\u2010\u2013\u2014/]+(?=\p{L}))/u;
const SPACE = /^[ \t\u2000-\u2006\u2008-\u200a\u3000]/;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Texts that are clean as they are: most of them. */
const CLEAN = /^[\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff]*$/;
/** Behind these a joiner decides how letters look: Arabic, Indic and other joining scripts, and pictures. */
const JOINED =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Thaana}\p{M}\p{Extended_Pictographic}\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff]$/u;
/** Marks and isolates of direction, which say how neutral characters are to be read; overrides are not among them. */
const DIRECTIONS = /[\u061c\u200e\u200f\u2066-\u2069]/;

/**
 * Composes accents and drops what has no width and no meaning on paper: control characters, overrides of direction,
 * joiners where nothing joins.
 */
export function cleanText(text: string): string {
  if (CLEAN.test(text)) return text;
  return text
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]|\ufe0e|\ufe0f/gu, (character, at: number, whole: string) => {
      if (character === '\n' || DIRECTIONS.test(character)) return character;
      if (character === '\t') return ' ';
      const joins = character === '\u200c' || character === '\u200d';
      return joins && JOINED.test(whole.slice(Math.max(0, at - 2), at)) ? character : '';
    });
}

function toWords(runs: Run[], measure: Measure): Word[] {
  const words: Word[] = [];
  let space: Run | undefined;
  let newLine = false;
  let glued = false;
  const append = (run: Run, text: string) => {
    const piece = { ...run, text, width: measure(text, run) };
    const last = words.at(-1);
    if (glued && last) {
      last.pieces.push(piece);
      last.width += piece.width;
    } else words.push({ pieces: [piece], width: piece.width, space, newLine });
    space = undefined;
    newLine = false;
    glued = true;
  };
  for (const run of runs) {
    for (const part of run.text.split(SPLIT)) {
      if (part === '') continue;
      if (part === '\n') {
        if (newLine || words.length === 0) words.push({ pieces: [], width: 0, space: undefined, newLine });
        newLine = true;
        glued = false;
      } else if (SPACE.test(part)) {
        space = { ...run, text: ' ' };
        glued = false;
      } else if (isUnspaced(part)) {
        for (const [index, piece] of splitUnspaced(part).entries()) {
          if (index > 0) glued = false;
          append(run, piece);
        }
      } else {
        append(run, part);
        if (/^[-\u2010\u2013\u2014/]+$/.test(part)) glued = false;
      }
    }
  }
  return words;
}

/** Cuts a word that is wider than a line into pieces that are not; single characters are never cut. */
function* cutWord(word: Word, width: number, measure: Measure): Iterable<Word> {
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

const sameStyle = (a: Run, b: Run): boolean =>
  a.bold === b.bold && a.italic === b.italic && a.link === b.link && a.level === b.level;

function addToLine(line: Line, { width, ...run }: Run & { width: number }): void {
  const last = line.pieces.at(-1);
  if (last && sameStyle(last, run)) last.text += run.text;
  else line.pieces.push({ ...run, x: line.width });
  line.width += width;
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

/**
 * Breaks runs into lines no wider than `width` points: at spaces, after hyphens and slashes between letters, between
 * the words of scripts without spaces, and inside a word only when it is wider than a whole line. Always answers at
 * least one line. Right-to-left text is put into its order on each line.
 */
export function breakLines(runs: Run[], width: number, measure: Measure): Line[] {
  const { direction: document = 'ltr' } = measure;
  const isMixed = document === 'rtl' || runs.some(({ text }) => hasRightToLeft(text));
  return isMixed ? breakMixed(runs, width, measure, document) : fillLines(runs, width, measure);
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

function fillLines(runs: Run[], width: number, measure: Measure): Line[] {
  const [only] = runs;
  if (runs.length === 1 && only && !only.text.includes('\n')) {
    const whole = measure(only.text, only);
    if (whole <= width) return [{ pieces: [{ ...only, x: 0 }], width: whole }];
  }
  let line: Line = { pieces: [], width: 0 };
  const lines = [line];
  for (const long of toWords(runs, measure)) {
    for (const word of long.width > width ? cutWord(long, width, measure) : [long]) {
      const spaceWidth = word.space && line.pieces.length > 0 ? measure(' ', word.space) : 0;
      const isFull = line.width + spaceWidth + word.width > width + 0.001;
      if ((isFull && line.pieces.length > 0) || word.newLine) {
        if (word.space || word.newLine) line.endsInSpace = true;
        line = { pieces: [], width: 0 };
        lines.push(line);
      } else if (spaceWidth > 0 && word.space) addToLine(line, { ...word.space, width: spaceWidth });
      for (const piece of word.pieces) addToLine(line, piece);
    }
  }
  return lines;
}

/** The widest thing in `runs` that a line break can't divide, in points. */
export function longestWord(runs: Run[], measure: Measure): number {
  return toWords(runs, measure).reduce((widest, word) => Math.max(widest, word.width), 0);
}

/** The text, or as much of its start as has room in `width` points with an ellipsis behind it. */
export function shorten(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const parts = Array.from(graphemes.segment(text), ({ segment }) => segment);
  let [shortest, tooLong] = [0, parts.length];
  while (tooLong - shortest > 1) {
    const middle = (shortest + tooLong) >> 1;
    if (measure(`${parts.slice(0, middle).join('').trimEnd()}…`) <= width) shortest = middle;
    else tooLong = middle;
  }
  return `${parts.slice(0, shortest).join('').trimEnd()}…`;
}
