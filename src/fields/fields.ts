import { z } from 'zod';

// What a field of a request or a setting may be: one vocabulary for all kinds. Each has one sentence, whichever of its
// rules was broken. Sentences begin with "must": the field's name is put before them where they are shown.

const count = (value: number): string => value.toLocaleString('en');

/** Words as a sentence names them: a, b or c. */
export const listWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** A text of `min` (1 where it isn't given) to `max` characters. */
export function textField(max: number, min: 0 | 1 = 1) {
  const message =
    min === 0
      ? `must be a text of at most ${count(max)} characters`
      : `must be a text of 1 to ${count(max)} characters`;
  return z.string(message).min(min, message).max(max, message);
}

/** A text without line breaks and other control characters. */
export const lineField = (max: number, min: 0 | 1 = 1) =>
  textField(max, min).regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not contain line breaks or other control characters');

/** A text in a form of its own, which `message` describes. */
export const formField = (isValid: (text: string) => boolean, message: string) =>
  z.string(message).refine(isValid, message);

/** One of some words. */
export const choiceField = <const Words extends readonly [string, ...string[]]>(...words: Words) =>
  z.enum(words, `must be ${listWords(words)}`);

/** A whole number within bounds. */
export function wholeNumberField(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

/** A whole number within bounds that comes as a text: in an address, or as a setting. */
export function wholeNumberText(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  const digits = z.string(message).regex(/^\d+$/, message);
  return digits.transform(Number).pipe(z.number().min(min, message).max(max, message));
}

/** A number within bounds. */
export function numberField(min: number, max: number) {
  const message = `must be a number from ${min} to ${max}`;
  return z.number(message).min(min, message).max(max, message);
}

/** Yes or no. */
export const flagField = z.boolean('must be true or false');

/** A date and time with its offset (RFC 3339). */
export const momentField = z.iso.datetime({
  offset: true,
  error: 'must be a date and time like 2026-10-31T08:00:00Z',
});

/** A list of `min` to `max` entries; one that is too long is refused before its entries are looked at. */
export function listField<Entry extends z.ZodType>(entry: Entry, min: number, max: number) {
  const message =
    min === 0 ? `must be a list of at most ${count(max)} entries` : `must be a list of ${min} to ${count(max)} entries`;
  return z.array(entry, message).min(min, message).max(max, message);
}

/** An object with these fields and no others. */
export const objectField = <Fields extends z.core.$ZodLooseShape>(fields: Fields) =>
  z.strictObject(fields, 'must be an object');

/** Any JSON object of at most so many bytes, written without spaces. */
export function jsonObjectField(maxBytes: number) {
  const message = `must be a JSON object of at most ${count(maxBytes)} bytes`;
  const object = z.record(z.string(), z.unknown(), message).refine((value) => isSmallJson(value, maxBytes), message);
  return z.preprocess(emptyListAsObject, object);
}

/** PHP writes an empty object as an empty list. */
const emptyListAsObject = (value: unknown): unknown => (Array.isArray(value) && value.length === 0 ? {} : value);

function isSmallJson(value: unknown, maxBytes: number): boolean {
  try {
    return Buffer.byteLength(JSON.stringify(value)) <= maxBytes;
  } catch {
    // nested so deeply that the stack ends
    return false;
  }
}
