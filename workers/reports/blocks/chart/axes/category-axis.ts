import { shorten } from '../../../text/shorten.ts';

/** How wide a text is in the axis' size, in points. */
export type MeasureLabel = (text: string) => number;

/** The names below a chart, and how they stand. */
export interface CategoryLabels {
  /** `flat`: one line; `wrapped`: up to three lines; `turned`: rising to the right, ending below their place. */
  way: 'flat' | 'wrapped' | 'turned';
  /** By category; an empty list where the name is left out. */
  lines: string[][];
  /** What they take below the axis, in points. */
  height: number;
}

/** The size of names and numbers in a chart. */
export const LABEL_SIZE = 8;
export const LABEL_LEADING = 9.5;
const SPACE = 5;
const MAX_LINES = 3;
/** Longer names end in an ellipsis where they are turned. */
export const LONGEST_TURNED = 84;
/** Names that rise by 45 degrees stand this far apart, so that they don't touch. */
const TURNED_STEP = LABEL_LEADING * 1.3;
const SLOPE = Math.SQRT1_2;

/** Places this wide have more room for a word cut off than for a turned one. */
const WIDE = 60;

/** The same in any case: words that are too long, and what goes beyond the lines, end in an ellipsis. */
export function wrapAnyhow(text: string, width: number, measure: MeasureLabel, most = MAX_LINES): string[] {
  const words = text.split(/\s+/).map((word) => shorten(word, width, measure));
  const lines = wrapLines(words, width, measure);
  const [rest = '', ...more] = lines.slice(most - 1);
  if (more.length === 0) return lines;
  return [...lines.slice(0, most - 1), shorten(`${rest} ${more.join(' ')}`, width, measure)];
}

function wrapLines(words: string[], width: number, measure: MeasureLabel): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && measure(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Breaks a name at its spaces into lines of at most `width` points; undefined where that is impossible. */
function wrap(text: string, width: number, measure: MeasureLabel): string[] | undefined {
  const words = text.split(/\s+/);
  if (words.some((word) => measure(word) > width)) return undefined;
  const lines = wrapLines(words, width, measure);
  return lines.length <= MAX_LINES ? lines : undefined;
}

/** Every n-th name, on one line. */
function thin(names: string[], every: number): CategoryLabels {
  return { way: 'flat', lines: names.map((name, index) => (index % every === 0 ? [name] : [])), height: LABEL_LEADING };
}

function turn(names: string[], step: number, measure: MeasureLabel): CategoryLabels {
  const every = Math.ceil(TURNED_STEP / step);
  const lines = names.map((name, index) => (index % every === 0 ? [shorten(name, LONGEST_TURNED, measure)] : []));
  const longest = lines.reduce((max, [line = '']) => Math.max(max, measure(line)), 0);
  return { way: 'turned', lines, height: longest * SLOPE + LABEL_LEADING };
}

/**
 * Finds a way to write the names without one touching another, for places `step` points apart. On one line if they
 * fit, else broken into lines, else (`ordered`: dates, numbers, where the reader can fill the gaps) every second,
 * third... of them, else cut off where the places are wide, else turned, and left out only where not even turned
 * ones have room.
 */
export function planCategoryLabels(
  names: readonly string[],
  step: number,
  ordered: boolean,
  measure: MeasureLabel,
): CategoryLabels {
  const plain = names.map((name) => name.replaceAll(/\s+/g, ' ').trim());
  const widest = plain.reduce((max, name) => Math.max(max, measure(name)), 0);
  const room = step - SPACE;
  if (widest <= room) return thin(plain, 1);
  const wrapped = plain.map((name) => wrap(name, room, measure));
  if (wrapped.every((lines) => lines !== undefined)) {
    const most = Math.max(...wrapped.map(({ length }) => length));
    return { way: 'wrapped', lines: wrapped, height: most * LABEL_LEADING };
  }
  if (step >= WIDE && !ordered) {
    const lines = plain.map((name) => wrapAnyhow(name, room, measure));
    return { way: 'wrapped', lines, height: Math.max(...lines.map(({ length }) => length)) * LABEL_LEADING };
  }
  const every = Math.ceil((widest + SPACE) / step);
  const isWorthIt = plain.length / every >= 4;
  return ordered && isWorthIt ? thin(plain, every) : turn(plain, step, measure);
}
