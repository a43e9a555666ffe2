import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { type FontFile, readFontFile, tryFont } from './font-file.ts';

/** Where systems keep their fonts. */
const SYSTEM_FOLDERS = [
  '/usr/local/share/fonts',
  '/usr/share/fonts',
  join(homedir(), '.local/share/fonts'),
  '/Library/Fonts',
  '/System/Library/Fonts',
];
const FONT_NAME = /\.(?:ttf|otf|ttc|otc)$/i;
const MOST_FILES = 5000;

/** How little a file suits running text, by its name: plain upright sans serif fonts come first. */
function rank(path: string): number {
  const name = basename(path);
  let points = /^noto\s?sans/i.test(name) ? 0 : 2;
  if (!/sans/i.test(name)) points += 1;
  if (/serif|mono|nastaliq|kufi|math|music|symbol/i.test(name)) points += 4;
  if (/bold|black|heavy|light|thin|medium|condensed|narrow|italic|oblique/i.test(name)) points += 8;
  return points;
}

function listFolder(folder: string): string[] {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = names.filter((name) => FONT_NAME.test(name)).slice(0, MOST_FILES);
    return files.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1)).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** One entry of the setting: a folder, a file, or `file#name` for one font of a collection. */
function openEntry(entry: string): FontFile[] {
  const [path = '', name] = entry.split('#');
  if (FONT_NAME.test(path)) return readFontFile(path).filter((font) => name === undefined || font.name === name);
  return listFolder(path).flatMap(readFontFile);
}

/** Entries of REPORT_FONTS that lead to no font that can be used. */
export const findFontless = (entries: string[]): string[] => entries.filter((entry) => openEntry(entry).length === 0);

/** Regions by which a CJK font's name says whose characters it draws, as Noto Sans CJK JP does. */
function regionOf(lang: string): RegExp | undefined {
  const { language, script, region } = new Intl.Locale(lang).maximize();
  if (language === 'ja') return /JP/i;
  if (language === 'ko') return /KR/i;
  if (language === 'zh') return region === 'HK' ? /HK/i : script === 'Hant' ? /TC|TW/i : /SC|CN/i;
  return undefined;
}

/** Fonts beside the bundled ones, found when a text first needs them. */
export interface InstalledFonts {
  /** A font with all of these characters: of those set up by name first, then of the system's. */
  find(codePoints: number[], lang: string): FontFile | undefined;
  /** The bold cut beside a font, where there is one. */
  boldOf(font: FontFile): FontFile | undefined;
}

/** Looks through the fonts that `entries` name (the setting REPORT_FONTS), and the system's. Files are opened one by one, until one has the character. */
export function createInstalledFonts(entries: string[]): InstalledFonts {
  const opened = new Map<string, FontFile[]>();
  const open = (entry: string): FontFile[] => {
    const fonts = opened.get(entry) ?? openEntry(entry);
    opened.set(entry, fonts);
    return fonts;
  };
  let systemFiles: string[] | undefined;
  const sound = new Map<FontFile, boolean>();
  const isSound = (font: FontFile, codePoints: number[]): boolean => {
    const answer = sound.get(font) ?? tryFont(font, codePoints) !== undefined;
    sound.set(font, answer);
    return answer;
  };
  const findIn = (fonts: FontFile[], codePoints: number[], region: RegExp | undefined): FontFile | undefined => {
    const fitting = fonts.filter((font) => font.covers(codePoints) && isSound(font, codePoints));
    return fitting.find(({ name }) => region?.test(name.replace(/mono/i, ''))) ?? fitting[0];
  };
  return {
    find(codePoints, lang) {
      systemFiles ??= SYSTEM_FOLDERS.flatMap(listFolder).sort((a, b) => rank(a) - rank(b));
      const region = regionOf(lang);
      for (const entry of [...entries, ...systemFiles]) {
        const font = findIn(open(entry), codePoints, region);
        if (font) return font;
      }
      return undefined;
    },
    boldOf({ path, name }) {
      const bold = /regular/i.test(path) ? path.replace(/regular/i, 'Bold') : path.replace(/(\.\w+)$/, '-Bold$1');
      const family = name.split('-')[0];
      return open(bold).find((font) => font.name.split('-')[0] === family && isSound(font, [0x20]));
    },
  };
}
