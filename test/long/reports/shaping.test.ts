import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createFont, type Font } from '../../../workers/reports/fonts/font.ts';
import { createFontSet } from '../../../workers/reports/fonts/font-set.ts';
import { createFontStack, type TextUnit } from '../../../workers/reports/fonts/font-stack.ts';
import { embedRuns, findDirection, hasRightToLeft } from '../../../workers/reports/text/bidi.ts';
import { createRandom, createStrings, listCharacters } from '../../support/fonts/random-strings.ts';

/** Folders with more fonts, such as those that docs/reports.md advises, unpacked; and how many strings a font gets. */
// biome-ignore lint/style/noProcessEnv: what a run by hand is told, and the environment of hb-shape
const { SHAPING_FONTS, SHAPING_COUNT = '150', SHAPING_SEED = '1', ...env } = process.env;
const FOLDERS = SHAPING_FONTS?.split(',') ?? [];
const COUNT = Number(SHAPING_COUNT);
const SEED = Number(SHAPING_SEED);

const require = createRequire(import.meta.url);
const bundled = (name: string): string => require.resolve(`@expo-google-fonts/${name}`);
const MAIN = bundled('source-sans-3/400Regular/SourceSans3_400Regular.ttf');
const listFonts = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ttf|otf|ttc)$/.test(name))
    .map((name) => join(folder, name));
const FONTS = [
  MAIN,
  bundled('source-sans-3/400Regular_Italic/SourceSans3_400Regular_Italic.ttf'),
  bundled('source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf'),
  bundled('noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'),
  bundled('noto-sans-hebrew/600SemiBold/NotoSansHebrew_600SemiBold.ttf'),
  bundled('noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'),
  bundled('noto-sans-arabic/600SemiBold/NotoSansArabic_600SemiBold.ttf'),
  ...['/usr/share/fonts', ...FOLDERS].flatMap(listFonts),
];

const open = (path: string): Font => createFont(readFileSync(path), path);
const main = open(MAIN);

/** Strings of the characters for which the font is asked: those that the main font lacks, and all marks. */
function stringsFor(font: Font): string[] {
  const isAsked = (code: number) => code > 0x20 && code !== 0xffff && (font.name === MAIN || !main.covers([code]));
  const characters = font.parsed.characterSet.filter(isAsked).sort((a, b) => a - b);
  if (characters.length === 0) return [];
  const next = createStrings(characters, createRandom(SEED), (code) => font.covers([code]));
  return Array.from({ length: COUNT }, next).filter((text) => text !== '');
}

/** The stretches of a text in one direction, as reports part it. */
const stretchesOf = (text: string) =>
  hasRightToLeft(text) ? embedRuns([{ text }], findDirection(text, 'ltr')) : [{ text, level: 0 }];

/** The glyphs of texts as HarfBuzz's own program gives them. */
function askHarfBuzz(path: string, direction: 'ltr' | 'rtl', texts: string[]): string[] {
  const options = ['--no-glyph-names', '--no-positions', '--no-clusters', `--direction=${direction}`, path];
  const input = texts.map((text) => `${text}\n`).join('');
  const settings = { ...env, LC_ALL: 'C.UTF-8' };
  return execFileSync('hb-shape', options, { input, env: settings, maxBuffer: 1e9 })
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(1, -1));
}

const hasHarfBuzz = (() => {
  try {
    return execFileSync('hb-shape', ['--version']).length > 0;
  } catch {
    return false;
  }
})();
/** `apt-get install libharfbuzz-bin`; without it these are skipped. */
const withHarfBuzz = hasHarfBuzz ? it : it.skip;

describe('shaping random strings', () => {
  withHarfBuzz('through each font: the glyphs are those of hb-shape, and they read as the string', () => {
    const others: string[] = [];
    let count = 0;
    for (const path of FONTS) {
      const font = open(path);
      const runs = stringsFor(font).flatMap(stretchesOf);
      for (const direction of ['ltr', 'rtl'] as const) {
        const texts = runs
          .filter(({ level = 0 }) => (level & 1) === (direction === 'rtl' ? 1 : 0))
          .map(({ text }) => text);
        const theirs = texts.length === 0 ? [] : askHarfBuzz(path, direction, texts);
        for (const [index, text] of texts.entries()) {
          const glyphs = font.shape(text, direction);
          expect(String.fromCodePoint(...glyphs.flatMap(({ codePoints }) => codePoints))).toBe(text);
          const ids = glyphs.map(({ id }) => id);
          const own = (direction === 'rtl' ? ids.reverse() : ids).join('|');
          if (own !== theirs[index])
            others.push(`${basename(path)} ${JSON.stringify(text)}: ${own}, not ${theirs[index]}`);
        }
        count += texts.length;
      }
    }
    process.stderr.write(`${others.length} of ${count} differ\n${others.map((line) => `  ${line}\n`).join('')}`);
    // Debian's HarfBuzz is another version: its rules for signs that belong to no letter differ.
    expect(others.length / count).toBeLessThanOrEqual(0.001);
  });

  it('of all scripts through the stack of fonts: boxes where no font has the character, whatever came before', () => {
    const set = createFontSet(FOLDERS);
    const next = createStrings(listCharacters(/[\p{L}\p{M}\p{N}\p{P}\p{S}]/u), createRandom(SEED));
    const strings = Array.from({ length: COUNT * 40 }, next);
    const shapeAll = (texts: string[]): Map<string, TextUnit[]> => {
      const stack = createFontStack(createFontSet(FOLDERS), 'en');
      return new Map(texts.map((text) => [text, stretchesOf(text).flatMap((run) => stack.shape(run.text, run))]));
    };
    const first = shapeAll(strings);
    for (const units of first.values()) {
      for (const { text, isMissing, glyphs = [] } of units) {
        const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
        if (isMissing) expect([text, set.find(codes, {}, 'en')]).toEqual([text, undefined]);
        else expect([text, glyphs.some(({ id }) => id === 0)]).toEqual([text, false]);
      }
    }
    const strip = (units: TextUnit[] = []) =>
      units.map(({ font, text, width, glyphs }) => [dirname(font.name), text, width, glyphs]);
    for (const [text, units] of shapeAll(strings.toReversed())) expect(strip(units)).toEqual(strip(first.get(text)));
  });
});
