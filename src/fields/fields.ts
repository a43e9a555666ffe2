import { z } from 'zod';
import { boundedList } from './bounded-list.ts';
import { askForName, type Hints } from './near-name.ts';

// What a field of a request or a setting may be: one vocabulary for all kinds. Each has one sentence, whichever of its
// rules was broken. Sentences begin with "must": the field's name is put before them where they are shown.

/** 10,000; `toLocaleString` would load Intl at the start of every process, for 35 ms. */
const count = (value: number): string => String(value).replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ',');

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

/** One of some words; one that `hints` has, or that is near to one of them, is asked about: "did you mean cover?". */
export const hintedChoiceField = <const Words extends readonly [string, ...string[]]>(words: Words, hints: Hints) =>
  z.enum(words, { error: ({ input }) => `must be ${listWords(words)}${askForName(input, words, hints)}` });

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
export function listField<Entry extends z.ZodType>(entry: Entry, min: number, max: number, sentence?: string) {
  const size = min === 0 ? `at most ${count(max)}` : `${min} to ${count(max)}`;
  const message = sentence ?? `must be a list of ${size} entries`;
  return boundedList(entry, message).min(min, message).max(max, message);
}

/** One value, or a list of at most `max` of them; one that is too long is refused before its entries are looked at. */
export function oneOrListField<Entry extends z.ZodType>(
  entry: Entry,
  max: number,
  { what, sentence }: { what: string; sentence: string },
) {
  const error = ({ input }: { input?: unknown }) =>
    Array.isArray(input) && input.length > max
      ? `must have at most ${count(max)} ${what}; there are ${count(input.length)}`
      : sentence;
  return z.union([entry, listField(entry, 0, max)], { error });
}

/** An object of names and values, at most `max` of them: one with more is refused before they are looked at. */
export function recordField<Value extends z.ZodType>(
  value: Value,
  max: number,
  { what, sentence }: { what: string; sentence: string },
) {
  const bound = (given: unknown, context: z.core.$RefinementCtx): unknown => {
    if (!isPlain(given) || Object.keys(given).length <= max) return given;
    context.addIssue(`must have at most ${count(max)} ${what}`);
    return z.NEVER;
  };
  return z.preprocess(bound, z.record(z.string(), value, sentence));
}

/** An object with these fields and no others. */
export const objectField = <Fields extends z.core.$ZodLooseShape>(fields: Fields) =>
  z.strictObject(fields, 'must be an object');

/** Any JSON object of at most so many bytes, written without spaces, and nested at most so deep. */
export function jsonObjectField(maxBytes: number) {
  const message = `must be a JSON object of at most ${count(maxBytes)} bytes`;
  const bound = (given: unknown, context: z.core.$RefinementCtx): unknown => {
    const value = emptyListAsObject(given);
    if (!isPlain(value)) return value;
    const fault = findSizeFault(value, maxBytes, message);
    if (fault === undefined) return value;
    context.addIssue(fault);
    return z.NEVER;
  };
  return z.preprocess(bound, z.record(z.string(), z.unknown(), message));
}

/** The shortest member of an object, `"":1`, with its comma. */
const MEMBER_BYTES = 5;

/** What is wrong with an object's size; its values are not looked at when its names alone are too many. */
function findSizeFault(value: object, maxBytes: number, message: string): string | undefined {
  if (Object.keys(value).length * MEMBER_BYTES > maxBytes) return message;
  if (isDeeper(value, MAX_DEPTH)) return `must be nested at most ${MAX_DEPTH} deep`;
  return Buffer.byteLength(JSON.stringify(value)) <= maxBytes ? undefined : message;
}

/** Any JSON value, nested at most so deep; null is none. */
export const jsonField = z.unknown().refine((value) => !isDeeper(value, MAX_DEPTH), {
  error: () => `must be nested at most ${MAX_DEPTH} deep`,
});

/** Deeper than people nest, and far less deep than what ends a stack. */
const MAX_DEPTH = 50;

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** PHP writes an empty object as an empty list. */
const emptyListAsObject = (value: unknown): unknown => (Array.isArray(value) && value.length === 0 ? {} : value);

/** Whether lists and objects stand inside one another more than `depth` deep. */
const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1)));
