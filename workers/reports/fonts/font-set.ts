import { CODE, type FontFamily, MAIN, OTHERS } from './bundled.ts';
import type { Font } from './font.ts';
import { createInstalledFonts } from './installed.ts';

/** How a text is cut. */
export interface Cut {
  bold?: boolean | undefined;
  italic?: boolean | undefined;
  /** Letters of one width. */
  code?: boolean | undefined;
  /** Part of a heading. */
  heading?: boolean | undefined;
}

/** The families of headings and of all other text, where those are not the house's. */
export interface OwnFamilies {
  heading?: FontFamily | undefined;
  body?: FontFamily | undefined;
}

/** The fonts that a thread draws with. */
export interface FontSet {
  /** The font that all begins with, whatever the text. */
  main(cut: Cut): Font;
  /** A font with all of these characters; undefined where none has them. */
  find(codePoints: number[], cut: Cut, lang: string): Font | undefined;
}

function cutOf({ regular, italic, bold, boldItalic }: FontFamily, cut: Cut): Font {
  if (cut.bold) return (cut.italic ? boldItalic : bold).load();
  return (cut.italic ? italic : regular).load();
}

/** So many answers are kept: a text asks for the same characters again and again. */
const MOST_ANSWERS = 20_000;

/** A brand's fonts, the bundled ones, then those of the setting REPORTS_FONTS, then the system's. */
export function createFontSet(entries: string[], own: OwnFamilies = {}): FontSet {
  const mainFont = (cut: Cut): Font => cutOf(cut.code ? CODE : (own[cut.heading ? 'heading' : 'body'] ?? MAIN), cut);
  const installed = createInstalledFonts(entries);
  const search: FontSet['find'] = (codePoints, cut, lang) => {
    const main = mainFont(cut);
    if (main.covers(codePoints)) return main;
    if (cut.code) return search(codePoints, { ...cut, code: false }, lang);
    const house = cutOf(MAIN, cut);
    if (house.covers(codePoints)) return house;
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
      const key = `${cut.bold ? 'b' : ''}${cut.italic ? 'i' : ''}${cut.code ? 'c' : ''}${cut.heading ? 'h' : ''} ${lang} ${codePoints.join(' ')}`;
      if (!answers.has(key)) {
        if (answers.size >= MOST_ANSWERS) answers.clear();
        answers.set(key, search(codePoints, cut, lang));
      }
      return answers.get(key);
    },
  };
}
