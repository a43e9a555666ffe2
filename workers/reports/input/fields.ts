import type { z } from 'zod';
import { choiceField, formField, objectField } from '../../../src/fields/fields.ts';
import { isTimeZone } from '../dates/time-zone.ts';

/** Most characters of a paragraph, a list item or a table cell. */
export const MAX_TEXT = 20_000;

/** Most characters of a column's key. */
export const MAX_KEY = 100;

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

/** The time zone whose wall clock tells moments. */
export const timeZoneField = formField(isTimeZone, 'must be the name of a time zone, such as "Europe/Oslo" or "UTC"');

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
