import type { z } from 'zod';
import { flagField, formField, listField, objectField } from '../../../src/fields/fields.ts';
import { whenField } from './conditions.ts';

const MAX_RULES = 20;

/** Colours that have a name: the text in that colour, and what stands behind text, which is pale. */
export const NAMED_COLOURS = {
  red: { text: '#b42318', background: '#fbdcd8' },
  orange: { text: '#a64b00', background: '#fde3cc' },
  yellow: { text: '#7a5b00', background: '#fff1b8' },
  green: { text: '#1b6e3c', background: '#d7f0df' },
  blue: { text: '#1f4e99', background: '#dbe7fb' },
  purple: { text: '#6b2fa0', background: '#ebdff7' },
  grey: { text: '#5a6672', background: '#e6eaee' },
} as const;
export type NamedColour = keyof typeof NAMED_COLOURS;

const isColour = (colour: string): boolean => Object.hasOwn(NAMED_COLOURS, colour) || /^#[0-9A-Fa-f]{6}$/.test(colour);
const colourField = formField(
  isColour,
  `must be ${Object.keys(NAMED_COLOURS).join(', ')}, or a colour such as "#1f4e79"`,
);

const ruleField = objectField({
  when: whenField,
  colour: colourField.optional(),
  background: colourField.optional(),
  bold: flagField.optional(),
  row: flagField.optional(),
}).refine(
  ({ colour, background, bold }) => colour !== undefined || background !== undefined || bold === true,
  'must have a colour, a background or "bold": true',
);

/** How cells of a column look that fulfil a condition; the first rule that holds is taken. */
export type HighlightRule = z.infer<typeof ruleField>;

/** The rules of a column. */
export const highlightField = listField(ruleField, 0, MAX_RULES);
