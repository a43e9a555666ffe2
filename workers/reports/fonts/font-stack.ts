import { type Direction, directionOf } from '../text/bidi.ts';
import type { Run } from '../text/inline.ts';
import type { Measure } from '../text/measure.ts';
import { findFamily } from './families.ts';
import type { Font, PlacedGlyph } from './font.ts';
import { forgetFontFiles } from './font-file.ts';
import { createFontSet, type FontSet } from './font-set.ts';

/** A part of a text that is drawn in one font; its width is in thousandths of the size. */
export interface TextUnit {
  font: Font;
  text: string;
  width: number;
  /** In the order they are read. None for simple text, see SimpleText. */
  glyphs?: PlacedGlyph[];
  /** No font has it: a box is drawn. */
  isMissing?: boolean;
}

type Style = Omit<Run, 'text'>;

/** Letters of one width look larger than others; so small are those above and below the line. */
const CODE_SCALE = 0.93;
const SHIFTED_SCALE = 0.66;

/** The fonts of a document, each for the characters that those before it lack: texts are measured and drawn in them. */
export interface FontStack {
  /** The direction of the document's language. */
  direction: Direction;
  /** The width of the text as it is printed. */
  width(text: string, run: Style, size: number): number;
  /** The text in the order it is read, parted by font. */
  shape(text: string, run: Style): TextUnit[];
}

/** How large a run is drawn, as a part of the size of its line. */
export const scaleOf = ({ code, shift }: Style): number => (code ? CODE_SCALE : 1) * (shift ? SHIFTED_SCALE : 1);

/** Returns what measures texts in one size, for breaking them into lines. */
export function measureWith(fontStack: FontStack, size: number, bold = false): Measure {
  const measure: Measure = (text, run) => fontStack.width(text, bold ? { ...run, bold } : run, size);
  measure.direction = fontStack.direction;
  return measure;
}

const BOX = 0x25a1;
/** Without a picture of their own: joiners, direction marks, variation selectors. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Each character with a picture, and those without that are beside it. */
const VISIBLE_PARTS =
  /\p{Default_Ignorable_Code_Point}*\P{Default_Ignorable_Code_Point}\p{Default_Ignorable_Code_Point}*/gu;
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u2066-\u2069]/g;
/** So many shaped words are kept, and none that is longer than this: they take up to 20 MB. */
const MOST_WORDS = 5000;
const LONGEST_KEPT = 40;
/** A longer word is shaped in parts: it takes more than a line anyway, and shaping takes more than linear time. */
const LONGEST_SHAPED = 200;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

const toCodePoints = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);
const sum = (glyphs: PlacedGlyph[]): number => glyphs.reduce((width, { advance }) => width + advance, 0);

/** A box that is copied and searched as the characters it stands for. */
function boxUnit(text: string, font: Font): TextUnit {
  const [box] = font.shape(String.fromCodePoint(BOX), 'ltr');
  const glyphs = box ? [{ ...box, codePoints: toCodePoints(text) }] : [];
  return { font, text: text.replace(INVISIBLE, ''), width: sum(glyphs), glyphs, isMissing: true };
}

/** What has no picture of its own, such as a filler of Hangul, is copied and searched, and takes no room. */
function unseenUnit(text: string, font: Font): TextUnit {
  const [space] = font.shape(' ', 'ltr');
  const glyphs = space ? [{ ...space, advance: 0, codePoints: toCodePoints(text) }] : [];
  return { font, text, width: 0, glyphs };
}

/** What is drawn for a character that no font has, where another one says the same. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  // Signs of full width, as Intl writes amounts in Japanese.
  ...{ '￥': '¥', '￡': '£', '￠': '¢', '￦': '₩', '％': '%', '＋': '+', '－': '-', '，': ',', '．': '.', '：': ':' },
  // Spaces, hyphens and minus signs of a width of their own.
  ...{ '\u202f': '\u00a0', '\u2007': '\u00a0', '\u2009': ' ', '\u2010': '-', '\u2011': '-', '\u2212': '-' },
  // Marks between digits.
  ...{ '٬': '’', '٫': ',', '٪': '%', '؉': '‰', '\u02bc': '’' },
};

const MISSING = 0;

function shapeUnit(text: string, font: Font, isRightToLeft: boolean): TextUnit {
  const width = isRightToLeft ? undefined : font.simple.width(text);
  if (width !== undefined) return { font, text, width };
  const glyphs = font.shape(text, isRightToLeft ? 'rtl' : 'ltr');
  return { font, text, width: sum(glyphs), glyphs };
}

/** Shapes a part of a word that is in one font. What it turns out to lack becomes a box, and no more than that. */
function shapePart(text: string, font: Font, isRightToLeft: boolean, main: Font): TextUnit[] {
  const unit = shapeUnit(text, font, isRightToLeft);
  if (!unit.glyphs?.some(({ id }) => id === MISSING)) return [unit];
  const clusters = Array.from(graphemes.segment(text), ({ segment }) => segment);
  const parts = clusters.length > 1 ? clusters : Array.from(text);
  if (parts.length < 2) return [text.replace(INVISIBLE, '') === '' ? unseenUnit(text, main) : boxUnit(text, main)];
  return parts.flatMap((part) => shapePart(part, font, isRightToLeft, main));
}

/** Parts a word that is too long to be shaped as a whole, between what people see as characters where it can. */
function* partLongWord(word: string): Iterable<string> {
  if (word.length <= LONGEST_SHAPED) {
    yield word;
    return;
  }
  let part = '';
  for (const { segment } of graphemes.segment(word)) {
    // A letter below thousands of marks is one character to people.
    for (const piece of segment.length > LONGEST_KEPT ? segment : [segment]) {
      if (part.length + piece.length > LONGEST_KEPT) {
        if (part !== '') yield part;
        part = '';
      }
      part += piece;
    }
  }
  yield part;
}

/** Creates a font stack over `fonts`; `lang` decides between fonts that draw Chinese characters in different ways. */
export function createFontStack(fonts: FontSet, lang: string): FontStack {
  const words = new Map<string, TextUnit[]>();

  const findFont = (cluster: string, run: Style): Font | undefined =>
    fonts.find(toCodePoints(cluster.replace(INVISIBLE, '')), run, lang);

  /** Parts a word by the font that has each cluster; of a cluster that no font has as a whole, each character. */
  function* partByFont(text: string, run: Style): Iterable<{ text: string; font: Font | undefined }> {
    for (const { segment } of graphemes.segment(text)) {
      const font = findFont(segment, run);
      const characters = segment.match(VISIBLE_PARTS) ?? [];
      const other = font ? undefined : SUBSTITUTES[segment];
      if (other !== undefined) yield { text: other, font: findFont(other, run) };
      else if (font || characters.length < 2) yield { text: segment, font };
      else for (const character of characters) yield { text: character, font: findFont(character, run) };
    }
  }

  const shapeWord = (word: string, run: Style): TextUnit[] => {
    const parts: { text: string; font: Font | undefined }[] = [];
    for (const part of partByFont(word, run)) {
      const last = parts.at(-1);
      if (last?.font && last.font === part.font) last.text += part.text;
      else parts.push({ ...part });
    }
    const isRightToLeft = ((run.level ?? 0) & 1) === 1;
    const main = fonts.main(run);
    return parts.flatMap(({ text, font }) =>
      font ? shapePart(text, font, isRightToLeft, main) : [boxUnit(text, main)],
    );
  };

  const shapeCached = (word: string, run: Style): TextUnit[] => {
    if (word.length > LONGEST_KEPT) return shapeWord(word, run);
    const key = `${run.bold ? 'b' : ''}${run.italic ? 'i' : ''}${run.code ? 'c' : ''}${run.heading ? 'h' : ''}${(run.level ?? 0) & 1} ${word}`;
    let units = words.get(key);
    if (!units) {
      units = shapeWord(word, run);
      if (words.size >= MOST_WORDS) words.clear();
      words.set(key, units);
    }
    return units;
  };

  const shape: FontStack['shape'] = (text, run) => {
    const font = fonts.main(run);
    const width = ((run.level ?? 0) & 1) === 1 ? undefined : font.simple.width(text);
    if (width !== undefined) return [{ font, text, width }];
    // Word by word, so that a line is as wide as its words were measured.
    const units: TextUnit[] = [];
    for (const word of text.replace(DIRECTION_MARKS, '').split(/( +)/)) {
      for (const part of word === '' ? [] : partLongWord(word)) units.push(...shapeCached(part, run));
    }
    return units;
  };

  return {
    direction: directionOf(lang),
    shape,
    width(text, run, size) {
      const simple = fonts.main(run).simple.width(text);
      const width = simple ?? shape(text, run).reduce((total, unit) => total + unit.width, 0);
      return (width * size * scaleOf(run)) / 1000;
    },
  };
}

const sets = new Map<string, LoadedFonts>();
/** Each brand with fonts has a set of its own. */
const MOST_SETS = 10;

interface LoadedFonts {
  fonts: FontSet;
  missing: FontNames;
}

/** The families that a brand asks for, by name. */
export interface FontNames {
  heading?: string | undefined;
  body?: string | undefined;
}

function loadFonts(entries: string[], names: FontNames): LoadedFonts {
  const find = (name: string | undefined) => (name === undefined ? undefined : findFamily(name, entries));
  const [heading, body] = [find(names.heading), find(names.body)];
  const missing = {
    ...(names.heading !== undefined && !heading && { heading: names.heading }),
    ...(names.body !== undefined && !body && { body: names.body }),
  };
  return { fonts: createFontSet(entries, { heading: heading ?? body, body }), missing };
}

/**
 * Loads the font stack for a report in the language `lang`. `entries` are those of the setting REPORTS_FONTS; a thread
 * keeps what it opened. `missing` has those of `names` that no font has: in their place are those of the house.
 */
export function loadFontStack(
  entries: string[],
  lang: string,
  names: FontNames = {},
): { fontStack: FontStack; missing: FontNames } {
  const key = JSON.stringify([entries, names.heading, names.body]);
  const loaded = sets.get(key) ?? loadFonts(entries, names);
  if (sets.size >= MOST_SETS && !sets.has(key)) sets.clear();
  sets.set(key, loaded);
  return { fontStack: createFontStack(loaded.fonts, lang), missing: loaded.missing };
}

/**
 * Forgets all fonts that this thread has opened: what a report asked of them stays in memory, and room that one report
 * took must not lack another.
 */
export function forgetFonts(): void {
  sets.clear();
  forgetFontFiles();
}
