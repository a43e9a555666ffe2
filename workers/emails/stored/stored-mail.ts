import { z } from 'zod';
import { flagField, textField } from '../../../src/fields/fields.ts';
import { MAX_SUBJECT_LENGTH } from '../input/limits.ts';

/** The parts of a mail that a template makes. */
export const PARTS = ['subject', 'html', 'text'] as const;

/** Most characters of a part: a template has 100,000 bytes in all. */
const MAX_PART = 100_000;

/** A template of mails, as it is stored. */
export const storedMail = z
  .strictObject({
    subject: textField(MAX_SUBJECT_LENGTH).optional(),
    html: textField(MAX_PART).optional(),
    text: textField(MAX_PART).optional(),
    inlineCss: flagField.optional(),
  })
  .refine(({ html, text }) => html !== undefined || text !== undefined, {
    message: 'must be given, or `html`',
    path: ['text'],
  });
