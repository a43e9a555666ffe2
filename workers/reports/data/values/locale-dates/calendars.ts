/** A day as a calendar counts it. */
export interface CalendarDay {
  year: number;
  month: number;
  day: number;
}

const DAY_MS = 86_400_000;
/** A guess is better by each step; more of them would not find the day either. */
const MOST_STEPS = 40;
/** Years of other calendars that people mean are of these. */
const YEARS = [1700, 2300] as const;

const partsOf = (format: Intl.DateTimeFormat, time: number): CalendarDay => {
  const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
  return { year: parts['year'] ?? Number.NaN, month: parts['month'] ?? Number.NaN, day: parts['day'] ?? Number.NaN };
};

/** Returns the calendar that a locale tells dates by. */
export const calendarOf = (locale: string): string => new Intl.DateTimeFormat(locale).resolvedOptions().calendar;

/**
 * Returns the day of our own calendar that a day of another one is, as Intl counts them; undefined where there is none,
 * and for years that nobody means.
 */
export function toGregorian(asked: CalendarDay, calendar: string): CalendarDay | undefined {
  const format = new Intl.DateTimeFormat(`en-u-ca-${calendar}-nu-latn`, {
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', timeZone: 'UTC' },
  });
  let time = Date.UTC(2000, 0, 1);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { year, month, day } = partsOf(format, time);
    const days = (asked.year - year) * 355 + (asked.month - month) * 29 + (asked.day - day);
    if (!Number.isFinite(days)) return undefined;
    if (days === 0 && asked.month === month && asked.day === day) break;
    time += (days === 0 ? 1 : days) * DAY_MS;
    if (Math.abs(time) > 8e15) return undefined;
  }
  const found = partsOf(format, time);
  if (found.year !== asked.year || found.month !== asked.month || found.day !== asked.day) return undefined;
  const date = new Date(time);
  const year = date.getUTCFullYear();
  if (year < YEARS[0] || year > YEARS[1]) return undefined;
  return { year, month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
