import {
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolTriangle2,
} from 'd3-shape';

/**
 * Six colours, searched for the largest difference between any two as people with normal sight, deuteranopia,
 * protanopia and tritanopia see them (at least 31 in CIE 1976 L*a*b*, simulated after Machado 2009). Each has a
 * contrast of 3:1 or more with white paper (WCAG 2, 1.4.11), and neighbours differ by 15 or more in lightness, so that
 * they can be distinguished in grey.
 */
export const PALETTE = ['#1f4e79', '#e66a1a', '#8233cc', '#0f9f96', '#3a1d22', '#915a38'] as const;

const DASHES = [[], [6, 2.5], [1.5, 2], [8, 2, 1.5, 2], [3.5, 3.5], [10, 4]] as const;
const MARKERS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolTriangle2, symbolStar] as const;

/** How a series or a slice differs from the others: never by colour alone. */
export interface SeriesLook {
  color: string;
  /** The seventh and later ones have the colours of the first, with white lines over them. */
  hatched: boolean;
  dash: readonly number[];
  /** The marker of a point, as a path around (0, 0). */
  marker: string;
  /** A colour for text on it, with a contrast of 4.5:1 or more; none on lines. */
  inkOn: string | null;
}

/** Text on these colours is dark. */
const LIGHT = new Set<string>(['#e66a1a', '#0f9f96']);

/** The look of the series with that index, from 0. */
export function lookOf(index: number): SeriesLook {
  const place = index % PALETTE.length;
  const hatched = index >= PALETTE.length;
  const color = PALETTE[place] ?? PALETTE[0];
  const marker = symbol(MARKERS[(place + (hatched ? 1 : 0)) % MARKERS.length], 20).digits(2)() ?? '';
  const inkOn = LIGHT.has(color) ? '#12181f' : '#ffffff';
  return { color, hatched, dash: DASHES[place] ?? [], marker, inkOn: hatched ? null : inkOn };
}
