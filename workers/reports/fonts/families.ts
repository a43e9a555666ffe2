import { type FontFamily, NAMED_FAMILIES } from './bundled.ts';
import { type FontFile, isSound } from './font-file.ts';
import { filesOf, openFile } from './installed.ts';

const REGULAR = 400;
/** As heavy as the house's own bold, or heavier. */
const BOLD = { least: 600, best: 700 } as const;

/** Names are the same whatever their capitals and spaces. */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]+/g, '');

/** The font whose weight is nearest; of two the lighter one. */
function nearest(fonts: FontFile[], weight: number): FontFile | undefined {
  const far = ({ cut }: FontFile) => Math.abs((cut?.weight ?? REGULAR) - weight);
  return fonts.toSorted((one, other) => far(one) - far(other) || (one.cut?.weight ?? 0) - (other.cut?.weight ?? 0))[0];
}

/** Makes a family of the fonts that there are of it: without an italic or bold one, the upright or regular one stands for it. */
function toFamily(fonts: FontFile[]): FontFamily | undefined {
  const [upright, italic] = [false, true].map((leans) => fonts.filter(({ cut }) => cut?.isItalic === leans));
  const bolds = (some: FontFile[] = []) => some.filter(({ cut }) => (cut?.weight ?? REGULAR) >= BOLD.least);
  const regular = nearest(upright?.length ? upright : fonts, REGULAR);
  if (!regular) return undefined;
  const leaning = nearest(italic ?? [], REGULAR) ?? regular;
  const bold = nearest(bolds(upright), BOLD.best) ?? regular;
  return { regular, italic: leaning, bold, boldItalic: nearest(bolds(italic), BOLD.best) ?? bold };
}

/** Finds a family by its name: a bundled one, or of the files that REPORTS_FONTS names; undefined where there is none. */
export function findFamily(name: string, entries: string[]): FontFamily | undefined {
  const asked = fold(name);
  for (const [bundled, family] of NAMED_FAMILIES) if (fold(bundled) === asked) return family;
  const isOfIt = ({ cut }: FontFile) => cut?.families.some((family) => fold(family) === asked) === true;
  const fonts = filesOf(entries).flatMap(openFile).filter(isOfIt);
  return toFamily(fonts.filter(isSound));
}
