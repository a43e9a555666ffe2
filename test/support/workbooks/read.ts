import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataWarning } from '../../../workers/reports/data/read/data-warning.ts';
import { type FileSetting, readRows } from '../../../workers/reports/data/read/read-rows.ts';
import { isDecimal, toNumeric } from '../../../workers/reports/text/decimal.ts';

/** What a data file has, as the reports' reader gives it. */
export interface ReadTable {
  keys: string[];
  rows: unknown[][];
  lines: number[];
  warnings: DataWarning[];
  bytes: number;
}

/** A value in short: a number as one, a date as `day 2026-10-31`; texts and others as they are. */
export function showValue(value: unknown): unknown {
  if (isDecimal(value)) return Number(toNumeric(value));
  return typeof value === 'object' && value !== null ? `day ${(value as { iso?: string }).iso}` : value;
}

/** Reads a data file of this content, as a report does. */
export async function readTable(
  folder: string,
  content: Uint8Array,
  setting: Partial<FileSetting> & { keys?: string[] } = {},
): Promise<ReadTable> {
  const path = join(folder, 'data');
  writeFileSync(path, content);
  const { keys: wanted, ...rest } = setting;
  const read: ReadTable = { keys: [], rows: [], lines: [], warnings: [], bytes: 0 };
  const facts = await readRows(
    { path, name: 'the file "sales"' },
    wanted,
    { options: {}, locale: 'nb-NO', ...rest },
    {
      begin(found) {
        read.keys = found;
      },
      grow: () => {},
      row(values, line) {
        read.rows.push(values.map(showValue));
        read.lines.push(line);
      },
      bytes(count) {
        read.bytes += count;
      },
    },
  );
  read.warnings = facts.warnings;
  return read;
}
