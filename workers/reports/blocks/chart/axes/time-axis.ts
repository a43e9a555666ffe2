import { scaleUtc } from 'd3-scale';
import {
  countBetween,
  DAY_MS,
  type DateUnit,
  firstDayOf,
  type Period,
  periodsBetween,
  startOf,
} from '../../../dates/period.ts';
import type { ChartBlock, ChartDates } from '../../../input/chart.ts';
import type { MeasureLabel } from './category-axis.ts';

/** Writes dates below the axis, as exactly as the unit is. */
export type WriteDates = (times: readonly number[], unit: DateUnit) => string[];

/** The axis of a chart's categories, counted in places that are all equally wide. */
export interface Places {
  count: number;
  /** The place of each category. */
  at: number[];
  /** The place of a moment, perhaps between two. */
  placeOf(time: number): number;
}

/** Places narrower than this part of the axis are no narrower to be seen. */
const MOST_PLACES = 2000;

const isPeriod = (unit: DateUnit): unit is Period => unit !== 'date' && unit !== 'time';

/** The shortest time between two of them. */
const closest = (times: readonly number[]): number =>
  times
    .slice(1)
    .reduce((least, time, index) => Math.min(least, time - (times[index] ?? time)), Number.POSITIVE_INFINITY);

/** Sets dates on an axis, as far from one another as they are: periods side by side, days and moments by the clock. */
export function placeDates({ unit, times }: ChartDates): Places {
  const first = times[0] ?? 0;
  const span = (times.at(-1) ?? first) - first;
  const step = Math.max(Math.min(closest(times), span || DAY_MS), span / MOST_PLACES);
  const placeOf = (time: number) => (isPeriod(unit) ? countBetween(first, time, unit) : (time - first) / step);
  const at = times.map(placeOf);
  return { count: Math.max(1, Math.round((at.at(-1) ?? 0) + 1)), at, placeOf };
}

/** The places of a chart's categories: side by side, or of dates where these are. */
export const placesOf = ({ dates, categories }: ChartBlock): Places =>
  dates ? placeDates(dates) : { count: categories.length, at: [...categories.keys()], placeOf: (category) => category };

/** What is written below an axis of dates: at which place, and what. */
export interface DateLabel {
  place: number;
  text: string;
}

/** Dates that may be written below an axis, and how exactly. */
interface Ticks {
  times: number[];
  unit: DateUnit;
}

const MOST_DAYS = 3700;
const NTH_HOURS = [2, 3, 4, 6, 12];
const NTH_DAYS = [2, 3, 5];
const MOST_HOURS = 24 * 14;
const NTH_WEEKS = [1, 2, 4];
const NTH_MONTHS = [1, 2, 3, 6];
const NTH_YEARS = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000];
const MOMENTS = [12, 10, 8, 6, 4, 3, 2];

const nth = (times: readonly number[], count: number): number[] => times.filter((_, index) => index % count === 0);

/** Every second, third... day, the first days of weeks, from the first date on. */
function dayTicks(first: number, last: number, firstDay: number): number[][] {
  if (last - first > MOST_DAYS * DAY_MS) return [];
  const days = periodsBetween(startOf(first, 'day', firstDay), last, 'day');
  const weeks = periodsBetween(startOf(first, 'week', firstDay), last, 'week');
  return [...NTH_DAYS.map((count) => nth(days, count)), ...NTH_WEEKS.map((count) => nth(weeks, count))];
}

/** The first days of months and of years that can be divided by two, three... */
function monthTicks(first: number, last: number): number[][] {
  const years = periodsBetween(startOf(first, 'year', 1), last, 'year');
  const isNth = (count: number) => (time: number) => new Date(time).getUTCFullYear() % count === 0;
  const months = periodsBetween(startOf(first, 'month', 1), last, 'month');
  return [
    ...NTH_MONTHS.map((count) => months.filter((time) => new Date(time).getUTCMonth() % count === 0)),
    ...NTH_YEARS.map((count) => years.filter(isNth(count))),
  ];
}

/** All that may be written, from the most to the least. */
function listTicks({ unit, times }: ChartDates, firstDay: number): Ticks[] {
  const [first = 0] = times;
  const last = times.at(-1) ?? first;
  const written = unit === 'day' ? 'date' : unit;
  const moments =
    unit === 'time' ? MOMENTS.map((count) => scaleUtc([first, last], [0, 1]).ticks(count).map(Number)) : [];
  const days = unit === 'week' ? [2, 3, 4, 6, 8, 13, 26, 52].map((count) => nth(times, count)) : [];
  if (unit === 'hour' && times.length <= MOST_HOURS) {
    const isNth = (count: number) => (time: number) => new Date(time).getUTCHours() % count === 0;
    days.push(...NTH_HOURS.map((count) => times.filter(isNth(count))));
  }
  if (unit === 'hour') days.push(periodsBetween(startOf(first, 'day', firstDay), last, 'day'));
  if (unit === 'hour' || unit === 'day' || unit === 'date' || unit === 'time')
    days.push(...dayTicks(first, last, firstDay));
  const isExact = unit === 'month' || unit === 'quarter' || unit === 'year';
  const all = [...moments, ...days, ...(unit === 'week' ? [] : monthTicks(first, last))];
  const ticks = all.map((some) => ({
    unit: isExact ? unit : written,
    times: some.filter((time) => time >= first && time <= last),
  }));
  return [{ unit, times }, ...ticks, { unit, times: [first] }];
}

/** What the texts below an axis are set with. */
export interface TickSetting {
  measure: MeasureLabel;
  writeDates: WriteDates;
  locale: string;
  /** The width of a place, and what is free at the left and the right of the axis. */
  step: number;
  before: number;
  after: number;
}

const SPACE = 7;

function setTicks({ unit, times }: Ticks, places: Places, setting: TickSetting): DateLabel[] | undefined {
  const { measure, step, before, after } = setting;
  const width = places.count * step;
  const texts = setting.writeDates(times, unit);
  let end = Number.NEGATIVE_INFINITY;
  const labels: DateLabel[] = [];
  for (const [index, time] of times.entries()) {
    const text = texts[index] ?? '';
    const place = places.placeOf(time);
    const half = measure(text) / 2;
    const x = (place + 0.5) * step;
    if (x - half < -before || x + half > width + after) continue;
    if (x - half < end + SPACE) return undefined;
    end = x + half;
    labels.push({ place, text });
  }
  return labels.length === 0 ? undefined : labels;
}

/** The dates below an axis, on one line: as many as have room without touching, at even distances of the calendar. */
export function planDateLabels(dates: ChartDates, places: Places, setting: TickSetting): DateLabel[] {
  for (const ticks of listTicks(dates, firstDayOf(setting.locale))) {
    const labels = setTicks(ticks, places, setting);
    if (labels) return labels;
  }
  return [];
}
