import { createRequire } from 'node:module';
import { bundledFont, type FontFile } from './font-file.ts';

/** The fonts of a text, by how it is cut. */
export interface FontFamily {
  regular: FontFile;
  italic: FontFile;
  bold: FontFile;
  boldItalic: FontFile;
}

const require = createRequire(import.meta.url);
const open = (name: string): FontFile => bundledFont(require.resolve(`@expo-google-fonts/${name}`));

/** Source Sans 3 (SIL Open Font License): Latin, Greek and Cyrillic, with digits of one width. */
export const MAIN: FontFamily = {
  regular: open('source-sans-3/400Regular/SourceSans3_400Regular.ttf'),
  italic: open('source-sans-3/400Regular_Italic/SourceSans3_400Regular_Italic.ttf'),
  bold: open('source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf'),
  boldItalic: open('source-sans-3/600SemiBold_Italic/SourceSans3_600SemiBold_Italic.ttf'),
};

/** Source Code Pro (SIL Open Font License): the same design with letters of one width. */
export const CODE: FontFamily = {
  regular: open('source-code-pro/400Regular/SourceCodePro_400Regular.ttf'),
  italic: open('source-code-pro/400Regular_Italic/SourceCodePro_400Regular_Italic.ttf'),
  bold: open('source-code-pro/600SemiBold/SourceCodePro_600SemiBold.ttf'),
  boldItalic: open('source-code-pro/600SemiBold_Italic/SourceCodePro_600SemiBold_Italic.ttf'),
};

/** Noto Sans (SIL Open Font License) for the scripts that Source Sans lacks. */
export const OTHERS = [
  {
    regular: open('noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular.ttf'),
    bold: open('noto-sans-hebrew/600SemiBold/NotoSansHebrew_600SemiBold.ttf'),
  },
  {
    regular: open('noto-sans-arabic/400Regular/NotoSansArabic_400Regular.ttf'),
    bold: open('noto-sans-arabic/600SemiBold/NotoSansArabic_600SemiBold.ttf'),
  },
];

/** The families that a brand may name wherever the product runs, by their names. */
export const NAMED_FAMILIES: ReadonlyMap<string, FontFamily> = new Map([
  ['Source Sans 3', MAIN],
  ['Source Code Pro', CODE],
]);
