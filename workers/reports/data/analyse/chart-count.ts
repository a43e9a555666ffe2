import { type ChartBlock, type CountedChart, MAX_CATEGORIES } from '../../input/chart.ts';
import type { Messages } from '../../locales/messages.ts';
import { type Decimal, toFloat } from '../../text/decimal.ts';
import { type Accumulator, createAccumulator } from './accumulator.ts';

/** Most different categories that are counted, before the small ones are put together. */
const MOST_COUNTED = 50_000;
/** Slices of a pie, and bars, unless the request says how many. */
const DEFAULT_LIMIT = { pie: 8, bar: 30, stackedBar: 30, line: MAX_CATEGORIES, area: MAX_CATEGORIES } as const;
const PERIOD_LENGTH = { day: 10, month: 7, year: 4 } as const;

/** Counts rows into a chart. */
export interface ChartCount {
  /** Takes a row: its category, and a number for each series. False when there are too many categories. */
  add(category: string, numbers: readonly (Decimal | undefined)[]): boolean;
  /** The chart with what was counted; undefined when there are more categories than it can show. */
  finish(): ChartBlock | undefined;
}

export interface CountSetting {
  locale: string;
  messages: Messages;
}

const ONE: Decimal = { digits: 1n, scale: 0 };

interface Group {
  name: string;
  accumulators: Accumulator[];
}

/** The keys of the columns that a chart's numbers are in; none where it counts the rows themselves. */
export const valueKeys = ({ value }: CountedChart): string[] => (value === undefined ? [] : [value].flat());

/** The day, month or year of an ISO date. */
export const periodOf = (iso: string, by: NonNullable<CountedChart['by']>): string => iso.slice(0, PERIOD_LENGTH[by]);

/** Writes 2026-10-05 and 2026-10 by the locale, days without the year where all are of one; other texts stay. */
function writePeriods(periods: string[], locale: string): string[] {
  const isOneYear = new Set(periods.map((period) => period.slice(0, 4))).size === 1;
  const year = isOneYear ? {} : { year: 'numeric' as const };
  const day = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', ...year, timeZone: 'UTC' });
  const month = new Intl.DateTimeFormat(locale, { month: 'short', year: 'numeric', timeZone: 'UTC' });
  return periods.map((period) => {
    const time = Date.parse(period);
    if (period.length < 7 || !isPeriod(period) || Number.isNaN(time)) return period;
    return (period.length === 7 ? month : day).format(time);
  });
}

const isPeriod = (name: string): boolean => /^\d{4}(-\d\d){0,2}$/.test(name);

const floatOf = (number: Decimal | undefined): number => (number ? toFloat(number) : 0);

const sumOf = ({ accumulators }: Group): number =>
  accumulators.reduce((sum, accumulator) => sum + Math.abs(floatOf(accumulator.result('sum'))), 0);

/** The sum of what was counted; undefined where no cell had a number. */
const sumOrNone = (accumulator: Accumulator | undefined): Decimal | undefined =>
  accumulator?.result('min') === undefined ? undefined : accumulator.result('sum');

/** The largest groups, and one for all others at the end. */
function putTogether(groups: Group[], limit: number, other: Group): Group[] {
  const bySize = groups.toSorted((one, another) => sumOf(another) - sumOf(one));
  const kept = new Set(bySize.slice(0, limit - 1));
  for (const { accumulators } of bySize.slice(limit - 1)) {
    for (const [index, accumulator] of accumulators.entries())
      other.accumulators[index]?.add(sumOrNone(accumulator), false);
  }
  return [...groups.filter((group) => kept.has(group)), other];
}

/** Dates in their order, slices of a pie by size, all else in the order in which the rows name them. */
function sortGroups(groups: Group[], isPie: boolean): Group[] {
  if (groups.every(({ name }) => isPeriod(name))) {
    return groups.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }
  return isPie ? groups.toSorted((one, other) => sumOf(other) - sumOf(one)) : groups;
}

/**
 * A count of rows for one chart. Of more categories than its limit the largest are kept and the others become one,
 * but not along a line, which goes on through every point.
 */
export function createChartCount(chart: CountedChart, { locale, messages }: CountSetting): ChartCount {
  const keys = valueKeys(chart);
  const names = keys.length === 0 ? [messages.entries] : keys;
  const openGroup = (name: string): Group => ({ name, accumulators: names.map(createAccumulator) });
  const groups = new Map<string, Group>();
  return {
    add(name, values) {
      let group = groups.get(name);
      if (!group) {
        if (groups.size >= MOST_COUNTED) return false;
        group = openGroup(name);
        groups.set(name, group);
      }
      const numbers = keys.length === 0 ? [ONE] : values;
      for (const [index, number] of numbers.entries()) group.accumulators[index]?.add(number, number === undefined);
      return true;
    },
    finish() {
      const sorted = sortGroups([...groups.values()], chart.chart === 'pie');
      const isSequence = chart.chart === 'line' || chart.chart === 'area';
      if (isSequence && sorted.length > (chart.limit ?? MAX_CATEGORIES)) return undefined;
      const limit = chart.limit ?? DEFAULT_LIMIT[chart.chart];
      const shown = sorted.length > limit ? putTogether(sorted, limit, openGroup(messages.other)) : sorted;
      const series = names.map((name, index) => ({
        name: names.length > 1 ? name : '',
        values: shown.map(({ accumulators }) => {
          const sum = sumOrNone(accumulators[index]);
          return sum ? toFloat(sum) : null;
        }),
      }));
      const { rows, category, value, by, limit: asked, decimal, dateFormat, ...look } = chart;
      const periods = shown.map(({ name }) => name);
      const isDated = periods.length > 1 && periods.every(isPeriod);
      return { ...look, categories: writePeriods(periods, locale), series, ...(isDated && { isSequence: true }) };
    },
  };
}
