import { readableOn } from '../../../src/brands/contrast.ts';
import type { Highlight } from '../data/shape/highlight-rows.ts';
import { NAMED_COLOURS, type NamedColour } from '../input/highlight.ts';

/** The colours of a cell, as #rrggbb; without a text's colour it is that of all. */
export interface HighlightColours {
  color?: string;
  fill?: string;
}

const isNamed = (colour: string): colour is NamedColour => Object.hasOwn(NAMED_COLOURS, colour);
/** A colour as #RRGGBB: so written it is none of the house's, which a brand has others in the place of. */
const colourOf = (colour: string, use: 'text' | 'background'): string =>
  isNamed(colour) ? NAMED_COLOURS[colour][use] : colour.toUpperCase();

/** Returns the colours of a cell that looks otherwise; on `paper`, unless it has its own. A text is made darker or lighter until it can be read. */
export function coloursOf({ colour, background }: Highlight, paper: string): HighlightColours {
  const fill = background === undefined ? undefined : colourOf(background, 'background');
  const wanted = colour === undefined ? undefined : colourOf(colour, 'text');
  if (fill === undefined && wanted === undefined) return {};
  return { ...(fill !== undefined && { fill }), color: readableOn(fill ?? paper, wanted) };
}
