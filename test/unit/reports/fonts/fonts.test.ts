import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFont } from '../../../../workers/reports/fonts/font.ts';
import { readFontFile } from '../../../../workers/reports/fonts/font-file.ts';
import { createFontStack } from '../../../../workers/reports/fonts/font-stack.ts';
import { createInstalledFonts, findFontless } from '../../../../workers/reports/fonts/installed.ts';

const require = createRequire(import.meta.url);
const fileOf = (name: string) => readFile(require.resolve(`@expo-google-fonts/${name}.ttf`));
const ARABIC = await fileOf('noto-sans-arabic/400Regular/NotoSansArabic_400Regular');
const HEBREW = await fileOf('noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular');
const HEBREW_BOLD = await fileOf('noto-sans-hebrew/700Bold/NotoSansHebrew_700Bold');
const LATIN = await fileOf('source-sans-3/400Regular/SourceSans3_400Regular');
const [ALEF, BEH, PAUSE] = [0x5d0, 0x628, 0x6d6];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'heavylift-fonts-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** A collection of fonts: their files behind a list of where they begin, each table's place moved along. */
function collect(...fonts: Buffer[]): Buffer {
  const header = Buffer.alloc(12 + 4 * fonts.length);
  header.write('ttcf\u0000\u0001\u0000\u0000', 'latin1');
  header.writeUInt32BE(fonts.length, 8);
  let at = header.length;
  const moved = fonts.map((font, index) => {
    const copy = Buffer.from(font);
    header.writeUInt32BE(at, 12 + 4 * index);
    for (let table = 0; table < copy.readUInt16BE(4); table += 1) {
      const place = 12 + table * 16 + 8;
      copy.writeUInt32BE(copy.readUInt32BE(place) + at, place);
    }
    at += copy.length;
    return copy;
  });
  return Buffer.concat([header, ...moved]);
}

/** A copy with one table under another name. */
function rename(font: Buffer, table: string, name: string): Buffer {
  const copy = Buffer.from(font);
  copy.write(name, copy.indexOf(table, 0, 'latin1'), 'latin1');
  return copy;
}

describe('font files', () => {
  it('a font: tells its name and characters', async () => {
    const [font] = readFontFile(await put('a.ttf', HEBREW));
    expect(font?.name).toBe('NotoSansHebrew-Regular');
    expect([font?.covers([ALEF]), font?.covers([ALEF, BEH])]).toEqual([true, false]);
  });

  it('a collection: has a font for each of its parts', async () => {
    const fonts = readFontFile(await put('a.ttc', collect(LATIN, HEBREW)));
    expect(fonts.map(({ name }) => name)).toEqual(['SourceSans3-Regular', 'NotoSansHebrew-Regular']);
    expect(fonts.map((font) => font.load().covers([ALEF]))).toEqual([false, true]);
  });

  it.each([
    ['that is cut off', HEBREW.subarray(0, 200)],
    ['that is none', Buffer.from('no font at all, but some text')],
    ['that is empty', Buffer.alloc(0)],
    ['in colour', rename(HEBREW, 'GDEF', 'COLR')],
    ['without outlines', rename(HEBREW, 'glyf', 'xxxx')],
  ])('a file %s: has no usable font', async (_, content) => {
    expect(readFontFile(await put('a.ttf', content))).toEqual([]);
  });

  it('a font that must not be embedded: is not used', async () => {
    const copy = Buffer.from(HEBREW);
    const entry = copy.indexOf('OS/2', 0, 'latin1');
    copy.writeUInt16BE(2, copy.readUInt32BE(entry + 8) + 8);
    expect(readFontFile(await put('a.ttf', copy))).toEqual([]);
  });
});

describe('the fonts of the setting', () => {
  it('a folder: the font that has the character is found, whatever else lies there', async () => {
    await put('Broken.ttf', HEBREW.subarray(0, 5000));
    await put('readme.txt', Buffer.from('text'));
    await put('NotoSansArabic.ttf', ARABIC);
    const path = await put('Other.otf', HEBREW);
    expect(createInstalledFonts([folder]).find([ALEF], 'en')?.path).toBe(path);
  });

  it('a damaged font with a sound list of characters: the next one is taken', async () => {
    const damaged = Buffer.from(HEBREW);
    const entry = damaged.indexOf('loca', 0, 'latin1');
    damaged.writeUInt32BE(damaged.length + 1000, entry + 8);
    const [first, second] = [await put('a.ttf', damaged), await put('b.ttf', HEBREW)];
    expect(createInstalledFonts([first, second]).find([ALEF], 'en')?.path).toBe(second);
  });

  it('a text that asks first: changes nothing for those after it, whatever it asks for', async () => {
    const path = await put('a.ttf', ARABIC);
    const orders = [
      [[BEH, PAUSE], [BEH]],
      [[BEH], [BEH, PAUSE]],
    ];
    for (const order of orders) {
      const fonts = createInstalledFonts([path]);
      expect(order.map((codePoints) => fonts.find(codePoints, 'ar')?.path)).toEqual([path, path]);
    }
  });

  it('one font of a collection: is taken by its name', async () => {
    const path = await put('a.ttc', collect(HEBREW_BOLD, HEBREW));
    const fonts = createInstalledFonts([`${path}#NotoSansHebrew-Regular`]);
    expect(fonts.find([ALEF], 'en')?.name).toBe('NotoSansHebrew-Regular');
  });

  it('bold text: takes the bold cut that lies beside the font', async () => {
    await put('NotoSansHebrew-Bold.ttf', HEBREW_BOLD);
    const fonts = createInstalledFonts([await put('NotoSansHebrew-Regular.ttf', HEBREW)]);
    const font = fonts.find([ALEF], 'en');
    expect(font && fonts.boldOf(font)?.name).toBe('NotoSansHebrew-Bold');
  });

  it('entries that lead to no font: are told', async () => {
    const path = await put('a.ttf', HEBREW);
    const missing = [join(folder, 'b.ttf'), '/no/such/folder', `${path}#Other`];
    expect(findFontless([path, folder, ...missing])).toEqual(missing);
  });
});

describe('shaping', () => {
  const arabic = createFont(ARABIC, 'arabic');
  const latin = createFont(LATIN, 'latin');
  const hebrew = createFont(HEBREW, 'hebrew');
  const glyphsOf = (text: string) => arabic.shape(text, 'rtl').map(({ id }) => id);

  it('Arabic letters: join, so each takes the form of its place', () => {
    const forms = new Set([...glyphsOf('ب'), ...glyphsOf('ببب')].filter((id) => id !== undefined));
    expect(forms.size).toBeGreaterThanOrEqual(4);
  });

  it.each([
    ['عليكم', 'rtl', arabic],
    ['مُحَمَّد', 'rtl', arabic],
    ['می\u200cخواهم', 'rtl', arabic],
    ['لا', 'rtl', arabic],
    ['שָׁלוֹם', 'rtl', hebrew],
    ['Ệ̣fi', 'ltr', latin],
  ] as const)('%s: its glyphs in turn read as it was written', (word, direction, font) => {
    const text = word.normalize('NFC');
    expect(String.fromCodePoint(...font.shape(text, direction).flatMap(({ codePoints }) => codePoints))).toBe(text);
  });

  it('a mark that the font has no place for on its letter: is drawn, and so is its letter', () => {
    const marks = [0x615, 0x616, 0x617, 0x6d6, 0x6d7, 0x6d8, 0x6d9, 0x6da];
    for (const letter of 'بهيalم') {
      for (const mark of marks) {
        const glyphs = arabic.shape(`${letter}${String.fromCodePoint(mark)}`, 'rtl');
        const read = glyphs.flatMap(({ codePoints }) => codePoints);
        expect(read).toEqual([letter.codePointAt(0), mark]);
        expect(glyphs.some(({ id }) => id === 0)).toBe(false);
      }
    }
  });

  it('a font that turns out to lack a mark: a box stands for the mark alone', () => {
    const says = { ...hebrew, covers: () => true };
    const fonts = createFontStack({ main: () => latin, find: ([code = 0]) => (code < 0x590 ? latin : says) }, 'he');
    const units = fonts.shape('אב\u0651ג', { level: 1 });
    expect(units.map(({ text, isMissing = false }) => [text, isMissing])).toEqual([
      ['א', false],
      ['ב', false],
      ['\u0651', true],
      ['ג', false],
    ]);
  });

  it('fillers of Hangul, which no font has and nobody sees: no box stands for them, and they are copied', () => {
    const fonts = createFontStack({ main: () => latin, find: () => latin }, 'en');
    for (const filler of ['\u3164', '\uffa0', '\u115f\u1160']) {
      const units = fonts.shape(filler, {});
      expect(units.map(({ width, isMissing = false }) => [width, isMissing])).toEqual(units.map(() => [0, false]));
      const read = units.flatMap(({ glyphs = [] }) => glyphs.flatMap(({ codePoints }) => codePoints));
      expect(String.fromCodePoint(...read)).toBe(filler);
    }
  });

  it('a letter that was met as a part of another: still reads as itself', () => {
    const read = (text: string) => latin.shape(text, 'ltr').flatMap(({ codePoints }) => codePoints);
    const subset = latin.parsed.createSubset();
    for (const { id } of latin.shape('Å', 'ltr')) subset.includeGlyph(id);
    subset.encode();
    expect(read('A')).toEqual([0x41]);
  });

  it('simple text: is as wide as it is shaped, kerning included', () => {
    for (const text of ['AVATAR', 'Ту', '1,234.50', 'Ώρα', 'To']) {
      const width = latin.shape(text, 'ltr').reduce((sum, { advance }) => sum + advance, 0);
      expect(latin.simple.width(text)).toBeCloseTo(width, 3);
    }
    expect(latin.simple.width('שלום')).toBeUndefined();
    expect(latin.simple.width('e\u0301')).toBeUndefined();
  });
});
