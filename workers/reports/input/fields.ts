import type { z } from 'zod';
import { choiceField, formField, objectField } from '../../../src/fields/fields.ts';
import { isLength } from '../../../src/fields/length.ts';
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

/** Paper, its orientation, and the margin on all four sides. */
export const pageField = objectField({
  size: choiceField('A3', 'A4', 'A5', 'Letter', 'Legal').default('A4'),
  orientation: choiceField('portrait', 'landscape').default('portrait'),
  margin: formField((text) => isLength(text, 5, 50), 'must be a length from 5mm to 50mm, such as "20mm"').default(
    '20mm',
  ),
}).prefault({});

export type PageSetting = z.infer<typeof pageField>;
