import { z } from 'zod';
import { hintedChoiceField, numberField, wholeNumberField } from '../../../src/fields/fields.ts';
import { type DefaultsOf, fillDefaults, optionalFields } from './defaults.ts';
import { GRAVITY_HINTS } from './hints.ts';
import { colour, toColour } from './values.ts';
import { GRAVITIES, MAX_MARGIN } from './watermark.ts';

const MAX_CHARACTERS = 500;
const MAX_SIZE = 2000;

const textSentence = `must be a text of 1 to ${MAX_CHARACTERS} characters, not of spaces alone`;
const sizeSentence = `must be a share of the picture's width like "5%", or a whole number of pixels from 4 to ${MAX_SIZE}`;
const share = z.string(sizeSentence).regex(/^(100|[1-9]\d?(\.\d{1,3})?|0\.\d{1,3})%$/, sizeSentence);
/** Something that leaves ink, as far as can be told without a font. */
const VISIBLE = /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

const options = {
  size: z.union([wholeNumberField(4, MAX_SIZE), share], sizeSentence).meta({
    description: 'Of its letters: pixels, or a share of the width. Where the text does not fit it is smaller.',
  }),
  colour: colour.meta({ description: 'Of its letters, as in CSS.' }),
  position: hintedChoiceField(GRAVITIES, GRAVITY_HINTS).meta({ description: 'Where it stands.' }),
  opacity: numberField(0, 1).meta({ description: '0 (not to be seen) to 1.' }),
  margin: wholeNumberField(0, MAX_MARGIN).meta({ description: 'Pixels between it and the edges.' }),
};

/** What the processor gets for a text's option that was left out. */
const TEXT_DEFAULTS = {
  size: '5%',
  colour: 'white',
  position: 'southeast',
  opacity: 1,
  margin: 16,
} as const satisfies DefaultsOf<typeof options>;

const isWords = (given: string): boolean => given.length <= MAX_CHARACTERS && VISIBLE.test(given);

/** Words that are written over a rendition: alone, or with where and how. */
export const text = z
  .preprocess(
    (given) => (typeof given === 'string' && isWords(given) ? { text: given } : given),
    z.strictObject(
      {
        text: z.string(textSentence).refine(isWords, textSentence),
        ...optionalFields(options, TEXT_DEFAULTS),
      },
      { error: ({ input }) => (typeof input === 'string' ? textSentence : 'must be a text, or an object with text') },
    ),
  )
  .meta({
    description:
      'Words written over it, in any script: `{"text": "© Kari", "size": "5%", "colour": "white"}`, or the text alone, ' +
      '`"© Kari"`. Lines break where you break them, and where they would be too long.',
  });

/** Returns a text with every default filled in. */
export function withTextDefaults(given: z.output<typeof text>) {
  const filled = fillDefaults(given, TEXT_DEFAULTS);
  return { ...filled, colour: toColour(filled.colour) };
}

/** A text with its defaults. `size` is a share of the rendition's width ("5%") or in pixels, `margin` in pixels. */
export type TextOverlay = ReturnType<typeof withTextDefaults>;
