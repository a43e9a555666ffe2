import {
  countBetween,
  type DateUnit,
  firstDayOf,
  PERIODS,
  type Period,
  periodsBetween,
  readPeriod,
  startOf,
} from '../../dates/period.ts';
import { addGroup, type Group, openGroup } from './chart-groups.ts';

/** Categories of dates, in their order. */
export interface DatedGroups {
  unit: DateUnit;
  groups: Group[];
  /** Where each of them begins: milliseconds of a clock in UTC that shows the same. */
  times: number[];
}

/** How dates are gathered. */
export interface DatesSetting {
  unit: DateUnit;
  /** The most categories: with more of them, the next larger period is taken. */
  most: number;
  /** Whether periods without a row are there too. */
  isFilled: boolean;
  locale: string;
  /** The names of the series. */
  names: readonly string[];
}

/** The next larger period than days as they come, and than moments. */
const LARGER = { time: 'hour', date: 'week' } as const;

const largerThan = (unit: DateUnit): Period | undefined =>
  unit === 'time' || unit === 'date' ? LARGER[unit] : PERIODS[PERIODS.indexOf(unit) + 1];

const isPeriod = (unit: DateUnit): unit is Period => unit !== 'date' && unit !== 'time';

/** The wall clock's time of an ISO date, as the milliseconds of a clock in UTC that shows the same. */
export const timeOf = (iso: string): number => Date.parse(iso.includes('T') ? `${iso}Z` : `${iso}T00:00:00Z`);

/** How many categories there would be. */
function countOf(times: readonly number[], { unit, isFilled, locale }: DatesSetting): number {
  if (!isPeriod(unit)) return new Set(times).size;
  const firstDay = firstDayOf(locale);
  const starts = new Set(times.map((time) => startOf(time, unit, firstDay)));
  if (!isFilled || starts.size === 0) return starts.size;
  const [first, last] = endsOf([...starts]);
  return Math.floor(countBetween(first, last, unit)) + 1;
}

const endsOf = (times: readonly number[]): [first: number, last: number] => [
  times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY),
  times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY),
];

const periodsOf = (starts: readonly number[], unit: Period): number[] =>
  starts.length === 0 ? [] : periodsBetween(...endsOf(starts), unit);

function gather(groups: readonly Group[], { unit, isFilled, locale, names }: DatesSetting): DatedGroups {
  const firstDay = firstDayOf(locale);
  const byTime = new Map<number, Group>();
  for (const group of groups) {
    const time = timeOf(group.name);
    const start = isPeriod(unit) ? startOf(time, unit, firstDay) : time;
    const sum = byTime.get(start) ?? openGroup(group.name, names);
    byTime.set(start, sum);
    addGroup(sum, group);
  }
  const found = [...byTime.keys()].toSorted((one, other) => one - other);
  const times = isFilled && isPeriod(unit) ? periodsOf(found, unit) : found;
  return { unit, times, groups: times.map((time) => byTime.get(time) ?? openGroup('', names)) };
}

/**
 * Gathers groups that are named by ISO dates: by the period that was asked for, or by the next larger one that is not
 * too many. Returns undefined where even the years are.
 */
export function gatherDates(groups: readonly Group[], setting: DatesSetting): DatedGroups | undefined {
  const times = groups.map(({ name }) => timeOf(name));
  for (let unit: DateUnit | undefined = setting.unit; unit; unit = largerThan(unit)) {
    const own = { ...setting, unit };
    if (countOf(times, own) <= setting.most) return gather(groups, own);
  }
  return undefined;
}

/** The ISO text of a day. */
export const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

const ISO_DATE = /^\d{4}-\d\d-\d\d/;

/** The groups that are named by ISO dates, or by periods such as `2026-10` and `2026-Q4`, which become their first days. */
export function datedGroups(groups: readonly Group[]): Group[] {
  return groups.flatMap((group) => {
    const period = readPeriod(group.name);
    if (period) return [{ ...group, name: isoDay(period.start) }];
    return ISO_DATE.test(group.name) ? [group] : [];
  });
}
