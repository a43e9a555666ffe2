import { z } from 'zod';

// One sentence a field, whichever of its rules was broken; the field's name is put before it where it is shown.

/** A whole number within bounds. */
export const wholeNumber = (min: number, max: number) => {
  const sentence = `must be a whole number from ${min} to ${max}`;
  return z.int(sentence).min(min, sentence).max(max, sentence);
};

/** A number within bounds. */
export const amount = (min: number, max: number) => {
  const sentence = `must be a number from ${min} to ${max}`;
  return z.number(sentence).min(min, sentence).max(max, sentence);
};

/** Yes or no. */
export const flag = z.boolean('must be true or false');

/** One of some words. */
export const choice = <const Words extends readonly string[]>(words: Words) =>
  z.enum(words, `must be one of: ${words.join(', ')}`);

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
export const fileName = z
  .string('must be the name of a file')
  .min(1, 'must be the name of a file')
  .max(200, 'must have at most 200 characters');
