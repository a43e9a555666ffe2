import type { ImageFormat } from '../formats/image-format.ts';
import { type ImagesResult, madeOf, type MadeRendition as Rendition } from './images-result.ts';

/** Browsers take the first format they know: the smallest comes first, one that all of them show last, as the `img`. */
const ORDER: readonly ImageFormat[] = ['avif', 'webp', 'gif', 'png', 'jpeg'];
/** What stands for `alt` where the request said nothing: a picture for everybody has one, and an empty one is easily missed. */
const ALT_PROMPT = '[describe the picture here]';
/** Shares of width and height that differ by no more are the same picture, whose sides were rounded to whole pixels. */
const SAME_SHAPE = 0.02;

/**
 * Writes a `<picture>` element, as HTML to be pasted: for each format a list of the renditions that show the same
 * picture at different widths. Without `alt` a prompt stands for it. `urlOf` returns a result file's address. Undefined when browsers show none of the
 * renditions.
 */
export function writePictureElement(
  { placeholder, alt = ALT_PROMPT, ...result }: Pick<ImagesResult, 'renditions' | 'placeholder' | 'alt'>,
  urlOf: (file: string) => string,
): string | undefined {
  const shown = chooseShape(madeOf(result).filter(({ format }) => ORDER.includes(format)));
  const byFormat = ORDER.map((format) => distinctWidths(shown.filter((one) => one.format === format)));
  const groups = byFormat.filter((group) => group.length > 0);
  const fallback = groups.pop();
  const largest = fallback?.at(-1);
  if (!fallback || !largest) return undefined;
  const sources = groups.map((group) => `  <source type="image/${group[0]?.format}" ${sourceSet(group, urlOf)}>`);
  const several = fallback.length > 1 ? [sourceSet(fallback, urlOf)] : [];
  const img = [
    `src="${escapeHtml(urlOf(largest.file))}"`,
    ...several,
    `width="${largest.width}" height="${largest.height}" alt="${escapeHtml(alt)}" loading="lazy" decoding="async"`,
    ...(placeholder ? [`data-thumbhash="${escapeHtml(placeholder)}"`] : []),
  ];
  return ['<picture>', ...sources, `  <img ${img.join(' ')}>`, '</picture>'].join('\n');
}

/** Chooses the renditions of the most frequent shape: a browser may exchange any of these for another. */
function chooseShape(renditions: Rendition[]): Rendition[] {
  const alike = (one: Rendition) => renditions.filter((other) => haveSameShape(one, other));
  return renditions.map(alike).reduce((best, next) => (next.length > best.length ? next : best), []);
}

/** Whether two pictures differ in size alone. */
export function haveSameShape(one: { width: number; height: number }, other: { width: number; height: number }) {
  const [first, second] = [one.width / one.height, other.width / other.height];
  return Math.abs(first - second) <= SAME_SHAPE * Math.max(first, second);
}

/** By width; of two with the same the smaller file. */
function distinctWidths(group: Rendition[]): Rendition[] {
  const sorted = group.toSorted((one, other) => one.width - other.width || one.bytes - other.bytes);
  return sorted.filter(({ width }, index) => width !== sorted[index - 1]?.width);
}

/** Writes `srcset`, and for several widths `sizes`: shown as wide as the window, at most at its own width. */
function sourceSet(group: Rendition[], urlOf: (file: string) => string): string {
  const [only, ...others] = group;
  if (only && others.length === 0) return `srcset="${escapeHtml(urlOf(only.file))}"`;
  const candidates = group.map(({ file, width }) => `${escapeHtml(urlOf(file))} ${width}w`);
  const most = group.at(-1)?.width;
  return `srcset="${candidates.join(', ')}" sizes="(min-width: ${most}px) ${most}px, 100vw"`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
