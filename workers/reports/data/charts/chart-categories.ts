import { type DateUnit, PERIODS, type Period, readPeriod } from '../../dates/period.ts';
import type { CountedChart } from '../../input/chart.ts';
import { isInline } from '../../input/table.ts';
import { toDecimal, toNumeric } from '../../text/decimal.ts';
import type { BooleanWords } from '../../text/formats.ts';
import { warnOfDateColumn } from '../analyse/column-reader.ts';
import { createUnread, type NamedColumn, type Unread } from '../analyse/unread.ts';
import { columnName, type DataRows, findPlace } from '../data-rows.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { isYearName } from '../values/code-column.ts';
import type { DateColumn } from '../values/date-column.ts';
import { isoDay } from './chart-dates.ts';

/** How the categories of a chart are read: as dates, or as they are. */
export interface ChartCategories {
  place: number;
  /** A row's category, an ISO date or a name; undefined where it has no place among dates. */
  read(value: unknown, row: number): string | undefined;
  /** What the dates are, once all rows are read; undefined for names. */
  unit(): DateUnit | undefined;
  /** Along an axis of dates: the rows without one. */
  unread: Unread;
  named: NamedColumn;
  warnings: DataWarning[];
}

const DAY_LENGTH = 10;
const MONTH_LENGTH = 7;
const HOUR_LENGTH = 13;
/** Periods may have this part of other names among them. */
const MOST_OTHERS = 0.1;

/** A category as a text. */
function sayValue(value: unknown): string {
  if (value === null || value === undefined) return '';
  const decimal = toDecimal(value);
  return typeof value !== 'string' && decimal ? toNumeric(decimal) : String(value);
}

/** The first day of a period that is no shorter than what is counted by. */
function dayOfPeriod(text: string, by: Period): string | undefined {
  const read = readPeriod(text);
  const isFine = read && PERIODS.indexOf(read.period) <= PERIODS.indexOf(by);
  return isFine ? isoDay(read.start) : undefined;
}

/** The day that a date is counted at, or its hour: weeks may have to become months, and those quarters and years. */
function dayFor(iso: string | undefined, by: Period): string | undefined {
  if (by === 'hour') return iso && iso.length > DAY_LENGTH ? `${iso.slice(0, HOUR_LENGTH)}:00` : iso;
  if (iso === undefined || by === 'day' || by === 'week') return iso?.slice(0, DAY_LENGTH);
  return `${iso.slice(0, MONTH_LENGTH)}-01`;
}

type Reading = Pick<ChartCategories, 'read' | 'unit'>;

/** Reads dates, by period or as they are. */
function readDates(dates: DateColumn, by: Period | undefined, unread: Unread): Reading {
  let hasTimes = false;
  return {
    read(value, row) {
      const text = sayValue(value);
      const iso = text === '' ? undefined : ((by && dayOfPeriod(text, by)) ?? dates.read(value));
      unread.see(iso !== undefined, text, row);
      if (iso && iso.length > DAY_LENGTH) hasTimes = true;
      return by ? dayFor(iso, by) : iso;
    },
    unit: () => by ?? (hasTimes ? 'time' : 'date'),
  };
}

/** Reads names, which may turn out to be periods such as `2026-10`. */
function readNames(areYears: boolean, unread: Unread, words: BooleanWords): Reading {
  const seen = new Set<Period>();
  const isFew = ({ count, cells }: Unread) => count <= cells * MOST_OTHERS || (count === 1 && cells > 2);
  return {
    read(value, row) {
      const text = typeof value === 'boolean' ? words[value ? 'yes' : 'no'] : sayValue(value);
      const period = readPeriod(text)?.period;
      if (period) seen.add(period);
      unread.see(period !== undefined, text, row);
      return text;
    },
    unit() {
      const [period, ...others] = seen;
      const arePeriods = period && others.length === 0 && (period !== 'year' || areYears) && isFew(unread);
      return arePeriods ? period : undefined;
    },
  };
}

/** Decides how a chart's categories are read. Throws BadData of a strict report whose dates have two readings. */
export function openCategories(
  chart: CountedChart,
  rows: DataRows,
  named: NamedColumn,
  words: BooleanWords,
): ChartCategories {
  const { category, by } = chart;
  const place = findPlace(rows, category);
  const dateFormat = chart.dateFormat ?? (isInline(chart.rows) ? undefined : chart.rows.dateFormat);
  const column = rows.evidence.dates(place, dateFormat);
  const name = columnName(rows, category);
  const dates = by || chart.dateFormat || column?.isMostlyDates(name) ? column : undefined;
  const unread = createUnread();
  const reading = dates ? readDates(dates, by, unread) : readNames(isYearName(name), unread, words);
  return { place, unread, named, warnings: warnOfDateColumn(dates, named), ...reading };
}
