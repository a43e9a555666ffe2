import { z } from 'zod';

// Every sentence begins with "must": the field's name is put before it where it is shown.

/** Most characters of a paragraph, a list item or a table cell. */
export const MAX_TEXT = 20_000;

/** A text of `min` (1 where it isn't given) to `max` characters. */
export function textField(max: number, min: 0 | 1 = 1) {
  const limit = max.toLocaleString('en');
  const message =
    min === 0 ? `must be a text of at most ${limit} characters` : `must be a text of 1 to ${limit} characters`;
  return z.string(message).min(min, message).max(max, message);
}

/** A text in a form of its own, which `message` describes. */
export const formField = (isValid: (text: string) => boolean, message: string) =>
  z.string(message).refine(isValid, message);

/** One of some words. */
export function choiceField<const Words extends readonly [string, ...string[]]>(...words: Words) {
  return z.enum(words, `must be ${listWords(words)}`);
}

/** A list of `min` to `max` entries; one that is too long is refused before its entries are looked at. */
export function listField<Entry extends z.ZodType>(entry: Entry, min: number, max: number) {
  const limit = max.toLocaleString('en');
  const message =
    min === 0 ? `must be a list of at most ${limit} entries` : `must be a list of ${min} to ${limit} entries`;
  return z.array(entry, message).min(min, message).max(max, message);
}

/** An object with these fields and no others. */
export const objectField = <Fields extends z.core.$ZodLooseShape>(fields: Fields) =>
  z.strictObject(fields, 'must be an object');

export const flagField = z.boolean('must be true or false');

/** Words as a sentence names them: a, b or c. */
export const listWords = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** Tags already looked up: each look-up costs more than the rest of a small report's checks. */
const knownTags = new Map<string, boolean>();
const MAX_KNOWN_TAGS = 1000;

/** Returns whether `find` knows the language tag; malformed ones make it throw. `what` names the sort of look-up. */
function isTag(what: string, tag: string, find: (tag: string) => string[]): boolean {
  if (tag.length > 60) return false;
  const key = `${what} ${tag}`;
  const before = knownTags.get(key);
  if (before !== undefined) return before;
  let known = false;
  try {
    known = find(tag).length === 1;
  } catch {
    // not even the shape of a tag
  }
  if (knownTags.size < MAX_KNOWN_TAGS) knownTags.set(key, known);
  return known;
}

/** The locale that numbers and dates are written in. Unknown ones are refused: they would fall back to the host's. */
export const localeField = formField(
  (tag) => isTag('locale', tag, Intl.NumberFormat.supportedLocalesOf),
  'must be a language tag that numbers can be written in, such as en-US or nb-NO',
).default('en-US');

/** The language of the texts, for readers and for the words the report itself adds. */
export const langField = formField(
  (tag) => isTag('lang', tag, Intl.getCanonicalLocales),
  'must be a language tag, such as en or nb',
);

const POINTS = { mm: 72 / 25.4, cm: 72 / 2.54, in: 72, pt: 1 } as const;
const LENGTH = /^(\d{1,4}(?:\.\d{1,3})?)(mm|cm|in|pt)$/;

/** A length such as `20mm` in points (1/72 inch); undefined when it is none. */
export function parseLength(length: string): number | undefined {
  const [, amount, unit] = LENGTH.exec(length) ?? [];
  return amount && unit ? Number(amount) * POINTS[unit as keyof typeof POINTS] : undefined;
}

const isMargin = (value: string): boolean => {
  const points = parseLength(value) ?? 0;
  return points >= 5 * POINTS.mm - 0.01 && points <= 50 * POINTS.mm + 0.01;
};

/** Paper, its orientation, and the margin on all four sides. */
export const pageField = objectField({
  size: choiceField('A3', 'A4', 'A5', 'Letter', 'Legal').default('A4'),
  orientation: choiceField('portrait', 'landscape').default('portrait'),
  margin: formField(isMargin, 'must be a length from 5mm to 50mm, such as "20mm"').default('20mm'),
}).prefault({});

export type PageSetting = z.infer<typeof pageField>;
