import type { DateUnit } from '../../dates/period.ts';
import { writeDates } from '../../dates/write-dates.ts';
import {
  type ChartBlock,
  type CountedChart,
  MAX_CATEGORIES,
  MAX_POINTS,
  MAX_SLICES,
  valuesOf,
} from '../../input/chart.ts';
import type { Messages } from '../../locales/messages.ts';
import type { Decimal } from '../../text/decimal.ts';
import { datedGroups, gatherDates } from './chart-dates.ts';
import { addGroup, type Group, openGroup, sizeOf, sumIn } from './chart-groups.ts';

/** Most different categories that are counted, before the small ones are put together. */
const MOST_COUNTED = 50_000;
/** Slices of a pie, and bars, unless the request says how many. */
const DEFAULT_LIMIT = { pie: 8, bar: 30, stackedBar: 30, line: MAX_CATEGORIES, area: MAX_CATEGORIES } as const;
/** The same of dates, of which none becomes "Other". */
const DATE_LIMIT = {
  pie: MAX_SLICES,
  bar: MAX_CATEGORIES,
  stackedBar: MAX_CATEGORIES,
  line: MAX_POINTS,
  area: MAX_POINTS,
} as const;

/** Counts rows into a chart. */
export interface ChartCount {
  /** Takes a row: its category, and a number for each series. False when there are too many categories. */
  add(category: string, numbers: readonly (Decimal | undefined)[]): boolean;
  /**
   * The chart with what was counted; undefined when there are more categories than it can show. With a unit those
   * categories that are ISO dates, or periods such as `2026-10`, stand on an axis of dates, and the others are left out.
   */
  finish(unit?: DateUnit): ChartBlock | undefined;
}

export interface CountSetting {
  locale: string;
  messages: Messages;
}

const ONE: Decimal = { digits: 1n, scale: 0 };

/** The keys of the columns that a chart's numbers are in; none where it counts the rows themselves. */
export const valueKeys = (chart: CountedChart): string[] => valuesOf(chart).map(({ key }) => key);

/** The most categories that a chart of dates has. */
export const dateLimit = ({ chart, limit }: Pick<CountedChart, 'chart' | 'limit'>): number =>
  limit ?? DATE_LIMIT[chart];

const isSequence = ({ chart }: Pick<CountedChart, 'chart'>): boolean => chart === 'line' || chart === 'area';

/** The largest groups, and one for all others at the end. */
function putTogether(groups: Group[], limit: number, other: Group): Group[] {
  const bySize = groups.toSorted((one, another) => sizeOf(another) - sizeOf(one));
  const kept = new Set(bySize.slice(0, limit - 1));
  for (const group of bySize.slice(limit - 1)) addGroup(other, group);
  return [...groups.filter((group) => kept.has(group)), other];
}

/** Years in their order, slices of a pie by size, all else in the order in which the rows name them. */
function sortGroups(groups: Group[], isPie: boolean): Group[] {
  if (groups.every(({ name }) => /^\d{4}$/.test(name))) {
    return groups.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  }
  return isPie ? groups.toSorted((one, other) => sizeOf(other) - sizeOf(one)) : groups;
}

/** What a chart shows of the groups, from the first category to the last. */
type Shown = Pick<ChartBlock, 'categories' | 'dates'> & { groups: Group[] };

/** Names, of which the largest are kept and the others become one, but not along a line, which goes through all. */
function showNames(
  groups: Group[],
  chart: CountedChart,
  { messages }: CountSetting,
  names: string[],
): Shown | undefined {
  const sorted = sortGroups(groups, chart.chart === 'pie');
  if (isSequence(chart) && sorted.length > (chart.limit ?? MAX_CATEGORIES)) return undefined;
  const limit = chart.limit ?? DEFAULT_LIMIT[chart.chart];
  const shown = sorted.length > limit ? putTogether(sorted, limit, openGroup(messages.other, names)) : sorted;
  return { groups: shown, categories: shown.map(({ name }) => name) };
}

/** Dates, gathered into periods; along an axis those without a row are there too. */
function showDates(
  groups: Group[],
  chart: CountedChart,
  setting: CountSetting,
  { unit, names }: { unit: DateUnit; names: string[] },
): Shown | undefined {
  const { locale } = setting;
  const isFilled = chart.chart !== 'pie';
  const dated = gatherDates(datedGroups(groups), { unit, most: dateLimit(chart), isFilled, locale, names });
  if (!dated) return undefined;
  const { times, ...gathered } = dated;
  const dates = { unit: gathered.unit, times };
  return { groups: gathered.groups, categories: writeDates(times, dates.unit, setting), dates };
}

/** A count of rows for one chart. */
export function createChartCount(chart: CountedChart, setting: CountSetting): ChartCount {
  const keys = valueKeys(chart);
  const names = keys.length === 0 ? [setting.messages.entries] : keys;
  const groups = new Map<string, Group>();
  return {
    add(name, values) {
      let group = groups.get(name);
      if (!group) {
        if (groups.size >= MOST_COUNTED) return false;
        group = openGroup(name, names);
        groups.set(name, group);
      }
      const numbers = keys.length === 0 ? [ONE] : values;
      for (const [index, number] of numbers.entries()) group.accumulators[index]?.add(number, number === undefined);
      return true;
    },
    finish(unit) {
      const all = [...groups.values()];
      const shown = unit ? showDates(all, chart, setting, { unit, names }) : showNames(all, chart, setting, names);
      if (!shown) return undefined;
      const asked = valuesOf(chart);
      const series = names.map((name, index) => ({
        name: asked[index]?.name ?? (names.length > 1 ? name : ''),
        chart: asked[index]?.chart,
        axis: asked[index]?.axis,
        values: shown.groups.map((group) => sumIn(group, index)),
      }));
      const { rows, category, value, by, limit, decimal, dateFormat, ...look } = chart;
      const { categories, dates } = shown;
      return { ...look, categories, series, ...(dates && { dates }) };
    },
  };
}
