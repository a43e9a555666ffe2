import { isNumeric } from '../../text/formats.ts';
import type { PrintedRow } from '../row-store.ts';
import type { TableData } from './read-tables.ts';

/** A column as it was understood. */
export interface ShownColumn {
  key: string;
  title: string;
  type: 'text' | 'number' | 'date';
  /** What it is printed as: `currency:NOK`, `number:2`; null: as it stands. */
  format: string | null;
  /** Its first values as they are printed. */
  samples: string[];
  /** How many of its values, those that are not empty, could be read as its type. */
  read: number;
  of: number;
  /** The first of those that could not. */
  unread: string[];
}

/** A table as it was understood, before it is drawn. */
export interface ShownTable {
  columns: ShownColumn[];
  /** The first rows as they are printed. */
  rows: string[][];
  /** How many rows there are. */
  count: number;
  /** How its file was read; null where it has none, or nothing of that kind. */
  encoding: string | null;
  delimiter: string | null;
  headerRow: number | null;
  /** The sheet of a workbook that was read; null for other files. */
  sheet: string | null;
  /** The first sheets that there are. */
  sheets: string[];
}

const MOST_TABLES = 10;
const MOST_ROWS = 20;
const MOST_SHEETS = 100;
const MOST_SAMPLES = 3;
/** Enough to know a value by; all of them stay below 1 MB. */
const MOST_CHARACTERS = 80;

const shorten = (text: string): string =>
  text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS).toWellFormed()}…` : text;

/** The first rows as they are printed, without what is carried behind their columns. */
function takeRows(rows: Iterable<PrintedRow>, columns: number): string[][] {
  const taken: string[][] = [];
  for (const { kind, texts } of rows) {
    if (taken.length === MOST_ROWS) break;
    if (kind === 'row') taken.push(texts.slice(0, columns).map(shorten));
  }
  return taken;
}

function typeOf(format: string | undefined): ShownColumn['type'] {
  if (format === 'date' || format === 'datetime') return 'date';
  return isNumeric(format) ? 'number' : 'text';
}

function showTable({ columns, rows, count, unread, layout }: TableData): ShownTable {
  const first = takeRows(rows(), columns.length);
  return {
    columns: columns.map(({ key, title = key, format }, index) => {
      const { cells = 0, count: failed = 0, samples = [] } = unread[index] ?? {};
      const values = first.map((texts) => texts[index] ?? '').filter((text) => text !== '');
      return {
        ...{ key, title, type: typeOf(format), format: format ?? null },
        samples: values.slice(0, MOST_SAMPLES),
        ...{ read: cells - failed, of: cells, unread: samples },
      };
    }),
    rows: first,
    count,
    encoding: layout?.encoding ?? null,
    delimiter: layout?.delimiter ?? null,
    headerRow: layout?.headerRow ?? null,
    sheet: layout?.sheet ?? null,
    sheets: (layout?.sheets ?? []).slice(0, MOST_SHEETS),
  };
}

/** Describes the first tables of a report as they were understood. */
export const showTables = (tables: readonly TableData[]): ShownTable[] => tables.slice(0, MOST_TABLES).map(showTable);
