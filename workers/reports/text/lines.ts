import type { Run } from './inline.ts';

/** How wide `text` is in the style of `run`, in points. */
export type Measure = (text: string, run: Omit<Run, 'text'>) => number;

/** A run placed on a line; `x` counts from the line's start. */
export interface Piece extends Run {
  x: number;
}

export interface Line {
  pieces: Piece[];
  width: number;
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
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Composes accents and drops what has no width and no meaning on paper: control, bidi and joining characters. */
export function cleanText(text: string): string {
  return text
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]|\ufe0e|\ufe0f/gu, (character) =>
      character === '\n' ? '\n' : character === '\t' ? ' ' : '',
    );
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
      } else if (/^\s/.test(part)) {
        space = { ...run, text: ' ' };
        glued = false;
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

const sameStyle = (a: Run, b: Run): boolean => a.bold === b.bold && a.italic === b.italic && a.link === b.link;

function addToLine(line: Line, { width, ...run }: Run & { width: number }): void {
  const last = line.pieces.at(-1);
  if (last && sameStyle(last, run)) last.text += run.text;
  else line.pieces.push({ ...run, x: line.width });
  line.width += width;
}

/**
 * Breaks runs into lines no wider than `width` points: at spaces, after hyphens and slashes between letters, and
 * inside a word only when it is wider than a whole line. Always answers at least one line.
 */
export function breakLines(runs: Run[], width: number, measure: Measure): Line[] {
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
