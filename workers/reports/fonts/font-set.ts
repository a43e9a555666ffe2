import { createRequire } from 'node:module';
import type { Font } from './font.ts';
import { bundledFont, type FontFile } from './font-file.ts';
import { createInstalledFonts } from './installed.ts';

/** How a text is cut. */
export interface Cut {
  bold?: boolean | undefined;
  italic?: boolean | undefined;
  /** Letters of one width. */
  code?: boolean | undefined;
}

const require = createRequire(import.meta.url);
const open = (name: string): FontFile => bundledFont(require.resolve(`@expo-google-fonts/${name}`));

/** Source Sans 3 (SIL Open Font License): Latin, Greek and Cyrillic, with digits of one width. */
const MAIN = {
  regular: open('source-sans-3/400Regular/SourceSans3_400Regular.ttf'),
  italic: open('source-sans-3/400Regular_Italic/SourceSans3_400Regular_Italic.ttf'),
  bold: open('source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf'),
  boldItalic: open('source-sans-3/600SemiBold_Italic/SourceSans3_600SemiBold_Italic.ttf'),
};

/** Source Code Pro (SIL Open Font License): the same design with letters of one width. */
const CODE = {
  regular: open('source-code-pro/400Regular/SourceCodePro_400Regular.ttf'),
  italic: open('source-code-pro/400Regular_Italic/SourceCodePro_400Regular_Italic.ttf'),
  bold: open('source-code-pro/600SemiBold/SourceCodePro_600SemiBold.ttf'),
  boldItalic: open('source-code-pro/600SemiBold_Italic/SourceCodePro_600SemiBold_Italic.ttf'),
};

/** Noto Sans (SIL Open Font License) for the scripts that Source Sans lacks. */
const OTHERS = [
  {
    regular: open('noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'),
    bold: open('noto-sans-hebrew/600SemiBold/NotoSansHebrew_600SemiBold.ttf'),
  },
  {
    regular: open('noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'),
    bold: open('noto-sans-arabic/600SemiBold/NotoSansArabic_600SemiBold.ttf'),
  },
];

/** The fonts that a thread draws with. */
export interface FontSet {
  /** The font that all begins with, whatever the text. */
  main(cut: Cut): Font;
  /** A font with all of these characters; undefined where none has them. */
  find(codePoints: number[], cut: Cut, lang: string): Font | undefined;
}

function mainFont({ bold, italic, code }: Cut): Font {
  const family = code ? CODE : MAIN;
  if (bold) return (italic ? family.boldItalic : family.bold).load();
  return (italic ? family.italic : family.regular).load();
}

/** So many answers are kept: a text asks for the same characters again and again. */
const MOST_ANSWERS = 20_000;

/** The bundled fonts, then those of the setting REPORTS_FONTS, then the system's. */
export function createFontSet(entries: string[]): FontSet {
  const installed = createInstalledFonts(entries);
  const search: FontSet['find'] = (codePoints, cut, lang) => {
    const main = mainFont(cut);
    if (main.covers(codePoints)) return main;
    if (cut.code) return search(codePoints, { ...cut, code: false }, lang);
    for (const { regular, bold } of OTHERS) {
      const font = cut.bold ? bold : regular;
      if (font.covers(codePoints)) return font.load();
    }
    const font = installed.find(codePoints, lang);
    const bold = font && cut.bold ? installed.boldOf(font) : undefined;
    return (bold?.covers(codePoints) ? bold : font)?.load();
  };
  const answers = new Map<string, Font | undefined>();
  return {
    main: mainFont,
    find(codePoints, cut, lang) {
      const key = `${cut.bold ? 'b' : ''}${cut.italic ? 'i' : ''}${cut.code ? 'c' : ''} ${lang} ${codePoints.join(' ')}`;
      if (!answers.has(key)) {
        if (answers.size >= MOST_ANSWERS) answers.clear();
        answers.set(key, search(codePoints, cut, lang));
      }
      return answers.get(key);
    },
  };
}
