import { createRequire } from 'node:module';
import sharp from 'sharp';
import { lazy } from '../../../../src/lazy.ts';
import type { Pixels } from '../../picture/pixels.ts';

const require = createRequire(import.meta.url);
const font = (name: string): string => require.resolve(`@expo-google-fonts/${name}`);

/** Source Sans 3: Latin, Greek and Cyrillic. */
const MAIN = font('source-sans-3/400Regular/SourceSans3_400Regular.ttf');
/** For the scripts that it lacks; what these lack too is looked for among the fonts of the system. */
const OTHERS = [
  font('noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'),
  font('noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'),
];

/** How words are set. */
export interface Setting {
  /** In pixels, from line to line somewhat more. */
  size: number;
  /** #rgb or #rrggbb. */
  colour: string;
  align: 'left' | 'centre' | 'right';
  /** In pixels; a line that is longer is broken. */
  width?: number;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Pango reads markup: what a caller wrote is none, and what no line of text can hold is left out. */
const toMarkup = (words: string): string =>
  words
    .trim()
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029\v\f]/g, '\n')
    .replaceAll(/[^\P{Cc}\t\n]|[\ufffe\uffff]/gu, '')
    .replaceAll(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign);

/** A font file stays known once a text named it; Pango then takes from each what the ones before lack. */
const knowFonts = lazy(async () => {
  for (const fontfile of OTHERS) await sharp({ text: { text: 'a', font: 'Source Sans 3', fontfile, dpi: 72 } }).stats();
});

/**
 * Sets words, in every script that a font is there for, and returns their pixels with transparency; undefined where
 * nothing of them can be seen.
 */
export async function typeset(words: string, setting: Setting): Promise<Pixels | undefined> {
  await knowFonts();
  const { size, colour, align, width } = setting;
  const text = `<span foreground="${colour}" insert_hyphens="false">${toMarkup(words)}</span>`;
  const how = {
    font: `Source Sans 3, ${size}px`,
    fontfile: MAIN,
    align,
    wrap: 'word-char',
    dpi: 72,
    rgba: true,
  } as const;
  try {
    const pipeline = sharp({ text: { text, ...how, ...(width === undefined ? {} : { width }) } });
    const { data, info } = await pipeline.raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    if (error instanceof Error && error.message.includes('no text to render')) return undefined;
    throw error;
  }
}
