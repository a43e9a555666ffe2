import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { type FontFile, isSound, readFontFile } from './font-file.ts';

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

const listSystem = (): string[] => SYSTEM_FOLDERS.flatMap(listFolder).sort((a, b) => rank(a) - rank(b));

/** The files of an entry: of a folder all in it, by their rank; of a file itself. */
const listEntry = (entry: string): string[] =>
  FONT_NAME.test(entry.split('#')[0] ?? '') ? [entry] : listFolder(entry);

/** The font files that the entries of REPORTS_FONTS lead to. */
export const filesOf = (entries: string[]): string[] => entries.flatMap(listEntry);

/** The fonts of a file; of `file.ttc#Name` the one of that name. */
export function openFile(file: string): FontFile[] {
  const [path = '', name] = file.split('#');
  return readFontFile(path).filter((font) => name === undefined || font.name === name);
}

/** Entries of REPORTS_FONTS that lead to no font that can be used. */
export const findFontless = (entries: string[]): string[] =>
  entries.filter((entry) => !listEntry(entry).some((file) => openFile(file).length > 0));

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

/**
 * Looks through the fonts that `entries` name (the setting REPORTS_FONTS), and then the system's. Files are opened one
 * by one, until one has the character.
 */
export function createInstalledFonts(entries: string[]): InstalledFonts {
  let files: string[] | undefined;
  const opened = new Map<string, FontFile[]>();
  const open = (file: string): FontFile[] => {
    const fonts = opened.get(file) ?? openFile(file);
    opened.set(file, fonts);
    return fonts;
  };
  const judged = new Map<FontFile, boolean>();
  const isUsable = (font: FontFile): boolean => {
    const answer = judged.get(font) ?? isSound(font);
    judged.set(font, answer);
    return answer;
  };
  return {
    find(codePoints, lang) {
      files ??= [...filesOf(entries), ...listSystem()];
      const region = regionOf(lang);
      for (const file of files) {
        const fitting = open(file).filter((font) => font.covers(codePoints));
        const regional = fitting.filter(({ name }) => region?.test(name) && !/mono/i.test(name));
        const font = [...regional, ...fitting].find(isUsable);
        if (font) return font;
      }
      return undefined;
    },
    boldOf({ path, name }) {
      const bold = /regular/i.test(path) ? path.replace(/regular/i, 'Bold') : path.replace(/(\.\w+)$/, '-Bold$1');
      const family = name.split('-')[0];
      return open(bold).find((font) => font.name.split('-')[0] === family && isUsable(font));
    },
  };
}
