import { z } from 'zod';
import { textField } from '../../../src/fields/fields.ts';

const COLOUR_NAMES =
  'transparent white silver gray black red maroon yellow olive lime green aqua teal blue navy fuchsia purple orange';
const colourNames = COLOUR_NAMES.replaceAll(' ', ', ');
const colourSentence = `must be a colour: #rgb, #rgba, #rrggbb, #rrggbbaa or one of ${colourNames}`;

/** A colour as CSS writes it; in an address `#` begins the fragment, so it is taken without that too. */
export const colour = z
  .string(colourSentence)
  .regex(
    new RegExp(`^(#?([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})|${COLOUR_NAMES.replaceAll(' ', '|')})$`),
    colourSentence,
  );

/** Returns the colour with its number sign, as sharp takes it. */
export const toColour = (given: string): string =>
  given.replace(/^#?(?=([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$)/i, '#');

/** The name of a form field, or of a result file. */
export const fileName = textField(200);
