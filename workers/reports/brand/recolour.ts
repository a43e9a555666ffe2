import type { BrandColours } from '../../../src/brands/brand.ts';
import { PALETTE } from '../blocks/chart/palette.ts';
import { COLORS } from '../layout/style.ts';

/** Gives the colour in which something is drawn that the house draws in this one. */
export type Recolour = (colour: string) => string;

/** Colours of series that differ by less than this are taken for one another. */
const LEAST_DIFFERENCE = 120;

/** How far two colours are apart, about as the eye has it (weighted by red): 0 to 765. */
function difference(one: string, other: string): number {
  const [a, b] = [one, other].map((colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)));
  const [r1 = 0, g1 = 0, b1 = 0] = a ?? [];
  const [r2 = 0, g2 = 0, b2 = 0] = b ?? [];
  const red = (r1 + r2) / 2;
  return Math.sqrt((2 + red / 256) * (r1 - r2) ** 2 + 4 * (g1 - g2) ** 2 + (2 + (255 - red) / 256) * (b1 - b2) ** 2);
}

/**
 * Creates what puts a brand's colours in the place of the house's. Its accent is the first colour of charts too; a series
 * that would look like it has the house's accent then.
 */
export function createRecolour({ accent, text, muted }: BrandColours): Recolour {
  const colours = new Map<string, string>();
  if (text !== undefined) colours.set(COLORS.ink, text);
  if (muted !== undefined) colours.set(COLORS.muted, muted);
  if (accent !== undefined) {
    const [, ...others] = PALETTE;
    const [nearest] = others.toSorted((one, other) => difference(one, accent) - difference(other, accent));
    if (nearest && difference(nearest, accent) < LEAST_DIFFERENCE) colours.set(nearest, COLORS.accent);
    colours.set(COLORS.accent, accent);
  }
  return colours.size === 0 ? (colour) => colour : (colour) => colours.get(colour) ?? colour;
}
