import type { Column } from '../../input/columns.ts';
import type { Decimal } from '../../text/decimal.ts';
import { type ColumnReader, createColumnReader } from '../analyse/column-reader.ts';
import { createUnread, type NamedColumn, type Unread, warnOfUnread } from '../analyse/unread.ts';
import { columnName, type DataRows, findPlace } from '../data-rows.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { placeOf } from '../read/header-row.ts';

/** A table or a chart whose rows are looked at: its columns, and what holds for all of its file. */
export interface ReaderSetting {
  rows: DataRows;
  columns: readonly Column[];
  options: { decimal?: '.' | ',' | undefined; dateFormat?: string | undefined };
  locale: string;
  /** Where the request has it. */
  pointer: string;
  isStrict: boolean;
  /** Whether rows may lack a column: those inside the request may. */
  isInline: boolean;
}

/** The values of a column, read as what the column is. */
export interface ValueReader {
  place: number;
  kind: 'number' | 'date' | 'text';
  number(value: unknown): Decimal | undefined;
  date(value: unknown): string | undefined;
  name: NamedColumn;
  /** The cells that could not be read, where that matters. */
  unread: Unread;
  warnings: DataWarning[];
}

function kindOf({ isNumber, isDate }: ColumnReader): ValueReader['kind'] {
  if (isDate) return 'date';
  return isNumber ? 'number' : 'text';
}

/** Opens the column that conditions, orders and expressions call `key`. Throws BadData for one that no row has. */
export function openValueReader(key: string, setting: ReaderSetting, needs?: 'number'): ValueReader {
  const { rows, columns, options, locale, pointer, isStrict, isInline } = setting;
  const declared = columns.find((column) => column.key === key);
  const place = isInline ? placeOf(rows.keys, key) : findPlace(rows, key);
  const name = { name: `Column "${columnName(rows, key)}"`, pointer, isStrict };
  const isComputed = declared?.value !== undefined;
  const format = declared?.format ?? 'auto';
  const column: Column = { ...declared, key, format, ...(isComputed && { type: 'number' }) };
  const own = { ...options, locale, named: name, isSummed: needs === 'number' };
  const reader = createColumnReader(column, place, rows, own);
  const { number, date, warnings } = reader;
  return { place, kind: kindOf(reader), number, date, name, unread: createUnread(), warnings };
}

/** The warnings of a column that was read; `outcome` says what became of cells that could not be. Throws BadData of a strict report. */
export function warnOfReader({ kind, name, unread, warnings }: ValueReader, outcome: string): DataWarning[] {
  const what = kind === 'date' ? 'date' : 'number';
  return [...warnings, ...(unread.count > 0 ? warnOfUnread(unread, name, { what, outcome }) : [])];
}
