/** What rows with a date are counted by, from the small to the large. */
export const PERIODS = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** What the dates of a chart are: periods, each with the next one after it; days as they come; moments. */
export type DateUnit = Period | 'date' | 'time';

/** Periods of a calendar that are written as such. */
type CalendarPeriod = Exclude<Period, 'hour' | 'day'>;

/** A date, and how much of a calendar it names. */
export interface WrittenPeriod {
  period: CalendarPeriod;
  /** Its first day at midnight, in milliseconds of a clock in UTC. */
  start: number;
}

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Periods that are all equally long. */
const LENGTHS = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS } as const;
const MONTHS: Record<'month' | 'quarter' | 'year', number> = { month: 1, quarter: 3, year: 12 };
/** `2026-10`, `2026-Q4`, `2026-W44`, `2026`. */
const WRITTEN = /^(?<year>[1-9]\d{3})(?:-(?<month>0[1-9]|1[0-2])|-?[Qq](?<quarter>[1-4])|-?[Ww](?<week>\d\d))?$/;
/** 4 January is in the first ISO week of its year. */
const IN_FIRST_WEEK = 4;

/** The start of a month, counted from 0; more than twelve are of later years. */
const monthStart = (year: number, month: number): number => Date.UTC(year, month, 1);

const isMonths = (period: Period): period is keyof typeof MONTHS => period in MONTHS;

/** Reads a month, a quarter, an ISO week or a year; undefined for what is none. */
export function readPeriod(text: string): WrittenPeriod | undefined {
  const groups = WRITTEN.exec(text.trim())?.groups;
  if (!groups) return undefined;
  const year = Number(groups['year']);
  const { month, quarter, week } = groups;
  if (month) return { period: 'month', start: monthStart(year, Number(month) - 1) };
  if (quarter) return { period: 'quarter', start: monthStart(year, (Number(quarter) - 1) * 3) };
  if (!week) return { period: 'year', start: monthStart(year, 0) };
  const number = Number(week);
  const first = startOf(Date.UTC(year, 0, IN_FIRST_WEEK), 'week', 1);
  const start = first + (number - 1) * 7 * DAY_MS;
  // The Thursday of a week is in the week's year.
  const isOfYear = new Date(start + 3 * DAY_MS).getUTCFullYear() === year;
  return number >= 1 && isOfYear ? { period: 'week', start } : undefined;
}

/** Where the period begins that a moment is in; weeks begin with `firstDay`: 1 is Monday, 7 Sunday. */
export function startOf(time: number, period: Period, firstDay: number): number {
  if (period === 'hour') return Math.floor(time / HOUR_MS) * HOUR_MS;
  const day = Math.floor(time / DAY_MS) * DAY_MS;
  const date = new Date(day);
  if (period === 'day') return day;
  if (period === 'week') return day - ((date.getUTCDay() - firstDay + 7) % 7) * DAY_MS;
  const month = date.getUTCMonth();
  return monthStart(date.getUTCFullYear(), month - (month % MONTHS[period]));
}

/** How many periods lie between the starts of two. */
export function countBetween(from: number, to: number, period: Period): number {
  if (!isMonths(period)) return (to - from) / LENGTHS[period];
  const [first, last] = [new Date(from), new Date(to)];
  const months = (last.getUTCFullYear() - first.getUTCFullYear()) * 12 + last.getUTCMonth() - first.getUTCMonth();
  return months / MONTHS[period];
}

/** The starts of all periods from one to another, both included. */
export function periodsBetween(from: number, to: number, period: Period): number[] {
  const count = Math.floor(countBetween(from, to, period)) + 1;
  const first = new Date(from);
  return Array.from({ length: count }, (_, index) =>
    isMonths(period)
      ? monthStart(first.getUTCFullYear(), first.getUTCMonth() + index * MONTHS[period])
      : from + index * LENGTHS[period],
  );
}

/** The day with which weeks begin in a locale: 1 is Monday, 7 Sunday. */
export function firstDayOf(locale: string): number {
  const { getWeekInfo } = new Intl.Locale(locale) as { getWeekInfo?(): { firstDay: number } };
  return getWeekInfo?.call(new Intl.Locale(locale)).firstDay ?? 1;
}
