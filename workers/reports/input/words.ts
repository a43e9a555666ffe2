import type { z } from 'zod';
import { lineField, objectField } from '../../../src/fields/fields.ts';
import { en } from '../locales/languages/en.ts';
import type { Messages } from '../locales/messages.ts';

/** Most characters of one of a report's words. */
const MAX_WORD = 200;

/** One word: what is filled into it (`{page}`, `{pages}`) has to have its place. */
const wordField = (english: string) =>
  lineField(MAX_WORD).superRefine((word, context) => {
    const lost = (english.match(/\{\w+\}/g) ?? []).filter((placeholder) => !word.includes(placeholder));
    if (lost.length > 0) context.addIssue({ code: 'custom', message: `must have ${lost.join(' and ')} in it` });
  });

/** The words that a report adds by itself, in place of those of its language: each by its key. */
export const wordsField = objectField(
  Object.fromEntries(
    Object.entries(en).map(([key, english]) => [key, wordField(english).optional().describe(`In English: ${english}`)]),
  ),
) as unknown as z.ZodType<Partial<Messages>>;
