/** What text needs to be read with ease (WCAG 2, 1.4.3). */
const READABLE = 4.5;
const WHITE = '#ffffff';
const BLACK = '#000000';

const channels = (colour: string): number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);

/** How light a colour is, from 0 to 1 (WCAG 2). */
function luminance(colour: string): number {
  const linear = channels(colour).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const [red = 0, green = 0, blue = 0] = linear;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast of two colours, from 1 to 21 (WCAG 2). */
export function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

const toHex = (part: number): string =>
  Math.round(part * 255)
    .toString(16)
    .padStart(2, '0');

/** A colour with a part of black or white in it. */
const mix = (colour: string, target: 0 | 1, share: number): string =>
  `#${channels(colour)
    .map((part) => toHex(part + (target - part) * share))
    .join('')}`;

/** Black or white, whichever can be read on a background; no brand has another colour in the place of these. */
const plainOn = (background: string): string =>
  contrast(background, BLACK) >= contrast(background, WHITE) ? BLACK : WHITE;

/** A colour for text on a background: the one that is wanted, made darker or lighter until it can be read with ease. */
export function readableOn(background: string, wanted?: string): string {
  const plain = plainOn(background);
  if (wanted === undefined) return plain;
  for (let share = 0; share < 1; share += 0.05) {
    const colour = mix(wanted, plain === BLACK ? 0 : 1, share);
    if (contrast(colour, background) >= READABLE) return colour;
  }
  return plain;
}
