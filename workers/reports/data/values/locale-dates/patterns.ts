import { plainDigits } from '../digits.ts';
import { type CalendarDay, calendarOf, toGregorian } from './calendars.ts';

/** Reads a text with its digits made plain, as a locale writes dates; what is behind the date is left to the caller. */
export type LocaleDateReader = (text: string) => (CalendarDay & { rest: string }) | undefined;

/** One form in which a locale writes dates, and what its months are called in it. */
interface Form {
  shape: RegExp;
  months: ReadonlyMap<string, number>;
  calendar: string;
}

const STYLES = ['medium', 'long', 'full', 'short'] as const;
const DAYS = [1, 5, 22];
const NUMBERED = /^\d{1,2}$/;

const plain = (text: string): string => plainDigits(`|${text}|`).slice(1, -1).replaceAll(/ +/g, ' ');
const nameOf = (text: string): string => plain(text).toLowerCase().replace(/\.$/, '');
const quote = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);

/** What stands between the parts: spaces may be missing, and points at the end. */
const literal = (text: string): string => quote(plain(text)).replaceAll(' ', ' ?').replace(/\\\.$/, String.raw`\.?`);

const SLOTS: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {
  day: String.raw`(?<day>\d{1,2})`,
  year: String.raw`(?<year>\d{4})`,
  weekday: String.raw`\p{L}[\p{L}\p{M}.’' -]{0,20}?`,
};

/** A form as the parts of one date show it; undefined for what has no day, month and year. */
function shapeOf(parts: Intl.DateTimeFormatPart[]): { source: string; name: string } | undefined {
  let name = '';
  const sources = parts.map(({ type, value }) => {
    if (type !== 'month') return SLOTS[type] ?? literal(value);
    name = nameOf(value);
    return '(?<month>MONTH)';
  });
  const source = sources.join('');
  const isWhole = source.includes('(?<day>') && source.includes('(?<year>') && name !== '';
  // A year of two digits, or one of a cycle, tells no date.
  const year = parts.find(({ type }) => type === 'year')?.value ?? '';
  return isWhole && plain(year).length === 4 ? { source, name } : undefined;
}

/** The forms in which a locale writes dates of a calendar. */
function listForms(locale: string, calendar: string): Form[] {
  const forms = new Map<string, Map<string, number>>();
  for (const dateStyle of STYLES) {
    const format = new Intl.DateTimeFormat(locale, { dateStyle, calendar, timeZone: 'UTC' });
    const months = new Intl.DateTimeFormat(`en-u-ca-${calendar}-nu-latn`, { month: 'numeric', timeZone: 'UTC' });
    for (let month = 0; month < 12; month += 1) {
      for (const day of DAYS) {
        const time = Date.UTC(2026, month, day);
        const shape = shapeOf(format.formatToParts(time));
        if (!shape) continue;
        const names = forms.get(shape.source) ?? new Map<string, number>();
        forms.set(shape.source, names.set(shape.name, Number.parseInt(months.format(time), 10)));
      }
    }
  }
  return [...forms].map(([source, months]) => {
    const names = [...months.keys()].toSorted((one, other) => other.length - one.length);
    const isNumbered = names.every((name) => NUMBERED.test(name));
    const choice = isNumbered ? String.raw`\d{1,2}` : `(?:${names.map(quote).join('|')})\\.?`;
    const shape = new RegExp(`^${source.replace('MONTH', choice)}(?![\\p{L}\\p{M}\\d])(?<rest>.*)$`, 'iu');
    return { shape, months, calendar };
  });
}

function readForm({ shape, months, calendar }: Form, text: string): ReturnType<LocaleDateReader> {
  const groups = shape.exec(text)?.groups;
  if (!groups) return undefined;
  const { year = '', month = '', day = '', rest = '' } = groups;
  const number = NUMBERED.test(month) ? Number(month) : months.get(nameOf(month));
  if (number === undefined) return undefined;
  const asked = { year: Number(year), month: number, day: Number(day) };
  const found = calendar === 'gregory' ? asked : toGregorian(asked, calendar);
  return found && { ...found, rest };
}

/**
 * Creates a reader of dates as Intl writes them in a locale, in its own calendar and in ours: with the words and marks
 * that are around day, month and year there. `isKnown` says which of them are read anyhow, so that nobody looks twice.
 */
export function createLocaleDates(
  locale: string,
  isKnown: (text: string, day: CalendarDay) => boolean,
): LocaleDateReader {
  const own = calendarOf(locale);
  const calendars = own === 'gregory' ? [own] : [own, 'gregory'];
  const forms = calendars.flatMap((calendar) => {
    const areKnown = STYLES.every((dateStyle) => {
      const format = new Intl.DateTimeFormat(locale, { dateStyle, calendar, timeZone: 'UTC' });
      return Array.from({ length: 12 }, (_, month) => month).every((month) =>
        isKnown(format.format(Date.UTC(2026, month, 5)), { year: 2026, month: month + 1, day: 5 }),
      );
    });
    return areKnown ? [] : listForms(locale, calendar);
  });
  return (text) => {
    for (const form of forms) {
      const found = readForm(form, text);
      if (found) return found;
    }
    return undefined;
  };
}
