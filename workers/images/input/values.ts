import { createRequire } from 'node:module';
import { z } from 'zod';
import { textField } from '../../../src/fields/fields.ts';
import { lazy } from '../../../src/lazy.ts';

// sharp's own reader of colours: 15 ms to load, so it waits for the first colour that is not written in hexadecimal.
const loadColours = lazy(() => createRequire(import.meta.url)('@img/colour') as typeof import('@img/colour').default);

const HEX = /^#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
/** No way to write a colour is longer. */
const LONGEST_COLOUR = 64;
const colourSentence =
  'must be a colour as in CSS: #rgb, #rgba, #rrggbb, #rrggbbaa, a name like rebeccapurple, or rgb(102 51 153 / 50%)';

/** A colour as CSS writes it; in an address `#` begins the fragment, so it is taken without that too. */
export const colour = z
  .string(colourSentence)
  .refine((given) => HEX.test(given) || parseColour(given) !== undefined, colourSentence);

/** Returns the colour as sharp takes it: in hexadecimal, with its number sign. */
export function toColour(given: string): string {
  const [, digits] = HEX.exec(given) ?? [];
  return digits === undefined ? (parseColour(given) ?? given) : `#${digits}`;
}

/** Reads a colour's name or function; undefined for what is none. */
function parseColour(given: string): string | undefined {
  if (given.length > LONGEST_COLOUR) return undefined;
  try {
    return loadColours()(given.trim().toLowerCase()).hexa().toLowerCase().replace(/ff$/, '');
  } catch {
    return undefined;
  }
}

/** The name of a form field, or of a result file. */
export const fileName = textField(200);
