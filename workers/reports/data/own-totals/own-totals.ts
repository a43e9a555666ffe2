import type { TableBlock } from '../../input/blocks.ts';
import { isInline, type SourceOptions } from '../../input/table.ts';
import { chooseColumns } from '../analyse/choose-columns.ts';
import { createColumnReader, type ReadingSetting } from '../analyse/column-reader.ts';
import { totalOf } from '../analyse/column-total.ts';
import { columnName, type DataRows } from '../data-rows.ts';
import { placeOf } from '../read/header-row.ts';
import { computedColumns } from '../shape/computed-columns.ts';
import { findTotals, type OwnTotals, type SummedColumn } from './find-totals.ts';

/** A column whose numbers tell whether a row is one of totals, and what the request says of how it is read. */
export interface AskedColumn {
  key: string;
  decimal?: '.' | ',' | undefined;
}

function settingOf(key: string, options: SourceOptions, locale: string): ReadingSetting {
  const named = { name: key, pointer: '', isStrict: false };
  return { ...options, locale, named, isSummed: true };
}

function openColumns(asked: readonly AskedColumn[], rows: DataRows, options: SourceOptions, locale: string) {
  return asked.flatMap(({ key, decimal }): SummedColumn[] => {
    const place = placeOf(rows.keys, key);
    if (place < 0 || !rows.evidence.numbers(place)) return [];
    const { number } = createColumnReader({ key, decimal }, place, rows, settingOf(key, options, locale));
    return [{ place, read: number }];
  });
}

/** The columns of a table that have totals; of those that are computed the ones that they are made of. */
function summedColumns(table: TableBlock, rows: DataRows, options: SourceOptions, locale: string): AskedColumn[] {
  const { all } = chooseColumns(table, rows);
  const own = all.filter((column) => {
    const index = placeOf(rows.keys, column.key);
    if (column.value !== undefined || index < 0 || !rows.evidence.numbers(index)) return false;
    const reader = createColumnReader(column, index, rows, settingOf(column.key, options, locale));
    const { total } = totalOf(table, column, { reader, index, name: columnName(rows, column.key) }, rows);
    return total !== undefined && total !== 'count';
  });
  if (own.length > 0) return own;
  const made = computedColumns(all).filter(
    ({ column: { key } }) => table.sums || Object.hasOwn(table.totals ?? {}, key),
  );
  return [...new Set(made.flatMap(({ operands }) => operands))].map((key) => ({ key }));
}

const known = new WeakMap<DataRows, Map<string, DataRows>>();

/** The same rows with what was found; blocks that add up the same columns share them. */
function withTotals(rows: DataRows, asked: readonly AskedColumn[], find: () => OwnTotals): DataRows {
  const found = known.get(rows) ?? new Map<string, DataRows>();
  known.set(rows, found);
  const key = JSON.stringify(asked.map((column) => [column.key, column.decimal]));
  const before = found.get(key);
  if (before) return before;
  const ownTotals = find();
  const isBare = ownTotals.found.length + ownTotals.others.length === 0;
  const marked = isBare ? rows : { ...rows, ownTotals };
  found.set(key, marked);
  return marked;
}

/** Rows with their own totals marked, where some are called so and a table adds them up. Throws BadData. */
export function markOfTable(table: TableBlock, rows: DataRows, locale: string): DataRows {
  if (rows.called.size === 0 || (!table.sums && Object.keys(table.totals ?? {}).length === 0)) return rows;
  const options = isInline(table.rows) ? {} : table.rows;
  const asked = summedColumns(table, rows, options, locale);
  return markTotals(rows, asked, options, locale);
}

/** Rows with their own totals marked, where some are called so and these columns are added up. */
export function markTotals(
  rows: DataRows,
  asked: readonly AskedColumn[],
  options: SourceOptions,
  locale: string,
): DataRows {
  const { called, count } = rows;
  if (called.size === 0) return rows;
  const columns = openColumns(asked, rows, options, locale);
  return withTotals(rows, asked, () => findTotals({ rows: rows.rows, count, called, columns }));
}
