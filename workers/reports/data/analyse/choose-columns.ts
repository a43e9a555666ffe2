import type { TableBlock } from '../../input/blocks.ts';
import { type Column, REST } from '../../input/columns.ts';
import type { DataRows } from '../data-rows.ts';
import { columnsFromNames, placeOf } from '../read/header-row.ts';

/** The columns of rows, but for those that stand empty beside or between the others. */
const usedKeys = ({ keys, unused }: DataRows): string[] =>
  unused?.size ? keys.filter((key) => !unused.has(key)) : keys;

/** Columns in which `*` has become all that the others do not name. Throws BadData for more than a table takes. */
function nameRest(columns: readonly Column[], rows: DataRows): Column[] {
  if (!columns.some(({ key }) => key === REST)) return [...columns];
  const named = new Set(columns.map(({ key }) => placeOf(rows.keys, key)));
  const rest = columnsFromNames(
    usedKeys(rows).filter((key) => !named.has(rows.keys.indexOf(key))),
    rows,
  );
  return columns.flatMap((column) => (column.key === REST ? rest.map(({ key }) => ({ ...column, key })) : [column]));
}

/** A workbook's column is what its cells are, and a computed one a number, where nothing is asked of it. */
function withJudgement(column: Column, { isSheet }: DataRows): Column {
  if (column.value !== undefined) return { ...column, type: 'number', format: column.format ?? 'auto' };
  return isSheet && column.format === undefined && column.type === undefined ? { ...column, format: 'auto' } : column;
}

/** The columns of a table: all of them, those that are printed, and one that is read for the groups alone. */
export interface ChosenColumns {
  all: Column[];
  shown: Column[];
  group: Column | undefined;
}

/** Chooses the columns of a table among those of its rows. Throws BadData for more than a table takes. */
export function chooseColumns(table: TableBlock, rows: DataRows): ChosenColumns {
  const wished = table.columns ? nameRest(table.columns, rows) : columnsFromNames(usedKeys(rows), rows);
  const all = wished.map((column) => withJudgement(column, rows));
  const shown = all.filter(({ hidden }) => !hidden);
  return { all, shown, group: all.find(({ hidden, key }) => hidden && key === table.groupBy) };
}
