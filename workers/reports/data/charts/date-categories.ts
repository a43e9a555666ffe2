import { type DateUnit, periodsBetween, readPeriod } from '../../dates/period.ts';
import { type DateLanguage, writeDates } from '../../dates/write-dates.ts';
import { type ChartBlock, type InputChart, MAX_POINTS } from '../../input/chart.ts';
import { readWrittenDate } from '../values/written-date.ts';
import { timeOf } from './chart-dates.ts';

/** `2026-10-31`, `2026-10-31T14:30`. */
const ISO_DATE = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?$/;
const DAY_LENGTH = 10;

interface Category {
  time: number;
  unit: DateUnit;
}

/** A category that is a date as ISO has it, or a month, a quarter or a week; years alone are names. */
function readCategory(name: string): Category | undefined {
  const period = readPeriod(name);
  if (period) return period.period === 'year' ? undefined : { time: period.start, unit: period.period };
  const iso = ISO_DATE.test(name) ? readWrittenDate(name, 'en')?.DMY : undefined;
  return iso === undefined ? undefined : { time: timeOf(iso), unit: iso.length === DAY_LENGTH ? 'date' : 'time' };
}

/** All categories as dates of one sort; undefined where one is none, or comes twice. */
function readCategories(names: readonly string[]): { unit: DateUnit; times: number[] } | undefined {
  const read = names.map(readCategory);
  const unit = read[0]?.unit;
  const times = read.flatMap((one) => (one && one.unit === unit ? [one.time] : []));
  if (unit === undefined || new Set(times).size < names.length) return undefined;
  return { unit, times };
}

/** The periods from the first to the last, where they are not too many; else those that there are. */
function fill(times: readonly number[], unit: DateUnit): number[] {
  const sorted = times.toSorted((one, other) => one - other);
  if (unit === 'date' || unit === 'time') return sorted;
  const all = periodsBetween(sorted[0] ?? 0, sorted.at(-1) ?? 0, unit);
  return all.length > MAX_POINTS ? sorted : all;
}

/** A chart that came with its numbers, its categories on an axis of dates where all of them are dates. */
export function dateCategories(chart: InputChart, language: DateLanguage): InputChart {
  const { categories, series } = chart;
  const read = categories && readCategories(categories);
  if (!read || !series) return chart;
  const { unit } = read;
  if (chart.chart === 'pie') return { ...chart, categories: writeDates(read.times, unit, language) };
  const times = fill(read.times, unit);
  const placeOf = new Map(read.times.map((time, index) => [time, index]));
  const dated: ChartBlock = {
    ...chart,
    categories: writeDates(times, unit, language),
    dates: { unit, times },
    series: series.map((one) => ({ ...one, values: times.map((time) => one.values[placeOf.get(time) ?? -1] ?? null) })),
  };
  return dated;
}
