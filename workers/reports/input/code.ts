import { z } from 'zod';
import { choiceField, formField, objectField, textField } from '../../../src/fields/fields.ts';
import { parseLength } from '../../../src/fields/length.ts';
import { findCodeFault, SYMBOLOGIES } from '../codes/symbologies.ts';

/** Most bytes of the texts of all codes together: the largest codes take a tenth of a second each. */
export const MAX_CODE_BYTES = 200_000;
/** Longer than any code takes; each has its own limit. */
const MAX_CODE = 8000;

const [NARROWEST, WIDEST] = [parseLength('5mm') ?? 0, parseLength('300mm') ?? 0];

function isSize(length: string): boolean {
  const points = parseLength(length) ?? 0;
  return points >= NARROWEST - 0.01 && points <= WIDEST + 0.01;
}

/** A QR code, a bar code or another that scanners read, from its text. */
export const codeBlock = objectField({
  type: z.literal('code'),
  symbology: choiceField(...SYMBOLOGIES),
  text: textField(MAX_CODE),
  /** How wide it is, with the white around it. */
  size: formField(isSize, 'must be a length from 5mm to 300mm, such as "30mm"').optional(),
  caption: textField(500, 0).optional(),
  alt: textField(1000, 0).optional(),
}).superRefine(({ symbology, text }, context) => {
  const message = findCodeFault(symbology, text);
  if (message) context.addIssue({ code: 'custom', message, path: ['text'] });
});

export type CodeBlock = z.infer<typeof codeBlock>;
