import { join } from 'node:path';
import { isInline } from '../../input/table.ts';
import type { Block } from '../../model.ts';
import type { RowsBlock, RowsOf } from '../analyse/read-sources.ts';
import { type DataRows, encodeValue, RawRows } from '../data-rows.ts';
import { tellTotals } from '../own-totals/tell-totals.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { createRowStore } from '../row-store.ts';
import { createEvidence, type Evidence } from '../values/evidence.ts';
import { createRowComputer, type RowComputer } from './compute-row.ts';
import { computedColumns, orderComputed } from './computed-columns.ts';
import { type Collators, createCollators, openTest, type Test } from './condition.ts';
import type { Shape } from './named-keys.ts';
import { RowSorter } from './sort-rows.ts';
import { openValueReader, type ReaderSetting, type ValueReader, warnOfReader } from './value-reader.ts';

/** What rows are filtered, computed and sorted with. */
export interface ShapeSetting {
  /** A folder for what doesn't fit into memory; without it everything does. */
  folder?: string | undefined;
  locale: string;
  isStrict: boolean;
  /** Where the request has each block. */
  pointers: ReadonlyMap<Block, string>;
}

const shapeOf = (block: RowsBlock): Shape => (block.type === 'table' ? block : { filter: block.filter });

/** Whether a block has other rows than its source. */
const isShaped = ({ filter, sort, columns }: Shape): boolean =>
  [filter, sort].some((list) => list !== undefined && list.length > 0) ||
  columns?.some(({ value }) => value !== undefined) === true;

/** Rows with further columns, whose evidence is gathered as they are computed. */
function widen(source: DataRows, computed: readonly string[], locale: string) {
  const keys = [...source.keys];
  const places = new Map<string, number>();
  for (const key of computed) {
    // A computed column stands for one of the same name.
    const at = keys.indexOf(key);
    places.set(key, at < 0 ? keys.push(key) - 1 : at);
  }
  const needs = computed.map((key) => ({ key, what: 'number' }) as const);
  const own = createEvidence(computed, needs, locale);
  const ownPlace = new Map(computed.map((key, index) => [places.get(key), index]));
  const evidence: Evidence = {
    see: (values) => own.see(computed.map((key) => values[places.get(key) ?? -1])),
    grow: () => {},
    numbers(index) {
      const place = ownPlace.get(index);
      return place === undefined ? source.evidence.numbers(index) : own.numbers(place);
    },
    dates: (index, format) => (ownPlace.has(index) ? undefined : source.evidence.dates(index, format)),
  };
  return { rows: { ...source, keys, evidence }, places };
}

/** The tests of a filter: those of columns that are read, and those of computed ones. */
interface Filter {
  early: Test[];
  late: Test[];
  readers: ValueReader[];
}

function openFilter(
  { filter = [] }: Shape,
  computed: ReadonlyMap<string, number>,
  open: (key: string) => ValueReader,
  setting: { collators: Collators; locale: string },
): Filter {
  const opened: Filter = { early: [], late: [], readers: [] };
  for (const condition of filter) {
    const reader = open(condition.key);
    opened.readers.push(reader);
    opened[computed.has(condition.key) ? 'late' : 'early'].push(openTest(condition, reader, setting));
  }
  return opened;
}

const LEFT_OUT = 'Rows with what is none are left out by "filter".';

/** What rows go through, one by one. */
interface Passage extends Pick<Filter, 'early' | 'late'> {
  computer: RowComputer | undefined;
  evidence: Evidence;
  target: { add(texts: string[]): void };
  /** Whether rows of totals go too: what is chosen, or in another order, is not what they are the sums of. */
  isChosen: boolean;
}

/** What came through. */
interface Passed {
  count: number;
  /** The rows that are called totals and are none, by their numbers before. */
  others: ReadonlySet<number>;
}

/** Passes all rows. */
function passRows(source: DataRows, { early, late, computer, evidence, target, isChosen }: Passage): Passed {
  const { rows: totals, others = [] } = source.ownTotals ?? {};
  const watched = new Set(others.map(({ row }) => row));
  const left = new Set<number>();
  let [rowNumber, count] = [0, 0];
  for (const values of source.rows()) {
    rowNumber += 1;
    const isTotal = totals?.has(rowNumber) === true;
    if (isTotal && isChosen) continue;
    if (!early.every((test) => test(values, rowNumber))) continue;
    const row = [...values];
    if (computer && !isTotal) {
      computer.fill(row, rowNumber);
      if (!late.every((test) => test(row, rowNumber))) continue;
      evidence.see(row);
    }
    if (watched.has(rowNumber)) left.add(rowNumber);
    target.add(row.map(encodeValue));
    count += 1;
  }
  return { count, others: left };
}

/** The warnings of totals among rows that are chosen or in another order. */
function tellChosen(source: DataRows, { others }: Passed): DataWarning[] {
  const { ownTotals } = source;
  if (!ownTotals) return [];
  const left = ownTotals.others.filter(({ row }) => others.has(row));
  return tellTotals({ ...source, ownTotals: { ...ownTotals, others: left } }, 'rows');
}

/** The rows that a block shows: those that its filter leaves, with their computed columns, in their order. */
function shape(block: RowsBlock, source: DataRows, number: number, setting: ShapeSetting): DataRows {
  const { folder, locale, isStrict, pointers } = setting;
  const asked = shapeOf(block);
  const { columns = [], sort = [] } = asked;
  const { ordered } = orderComputed(computedColumns(columns));
  const { rows, places } = widen(
    source,
    ordered.map(({ column }) => column.key),
    locale,
  );
  const options = isInline(block.rows) ? {} : block.rows;
  const pointer = pointers.get(block) ?? '';
  const reading: ReaderSetting = { rows, columns, options, locale, pointer, isStrict, isInline: isInline(block.rows) };
  const collators = createCollators(locale);
  const computer =
    ordered.length > 0
      ? createRowComputer(ordered, places, (key) => openValueReader(key, reading, 'number'))
      : undefined;
  const filter = openFilter(asked, places, (key) => openValueReader(key, reading), { collators, locale });
  const path = folder && join(folder, `shaped-${number}`);
  const sorted = sort.map(({ key, order }) => ({ reader: openValueReader(key, reading), order }));
  const sorter = sorted.length > 0 ? new RowSorter(sorted, collators.order, path) : undefined;
  const raw = new RawRows(createRowStore(sorter ? undefined : path));
  const isChosen = sort.length > 0 || (asked.filter ?? []).length > 0;
  const passed = passRows(source, { ...filter, computer, evidence: rows.evidence, target: sorter ?? raw, isChosen });
  const warnings: DataWarning[] = [
    ...(isChosen ? tellChosen(source, passed) : []),
    ...filter.readers.flatMap((reader) => warnOfReader(reader, LEFT_OUT)),
    ...sorted.flatMap(({ reader }) => reader.warnings),
    ...(computer?.warnings() ?? []),
  ];
  raw.flush();
  const { ownTotals, ...unmarked } = rows;
  return {
    ...(isChosen ? unmarked : rows),
    count: passed.count,
    scanned: source.scanned ?? source.count,
    rows: () => (sorter ? sorter.values() : raw.rows(true)),
    warnings: [...source.warnings, ...warnings],
  };
}

/** Rows of blocks as these ask for them: filtered, computed, sorted; others are handed on as they are. */
export function shapeRows(rowsOf: RowsOf, setting: ShapeSetting): RowsOf {
  const shaped = new Map<RowsBlock, DataRows>();
  return (block) => {
    if (!isShaped(shapeOf(block))) return rowsOf(block);
    const rows = shaped.get(block) ?? shape(block, rowsOf(block), shaped.size, setting);
    shaped.set(block, rows);
    return rows;
  };
}
