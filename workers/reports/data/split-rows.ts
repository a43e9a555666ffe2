import { join } from 'node:path';
import { isDecimal, toNumeric } from '../text/decimal.ts';
import type { RowsBlock, RowsOf } from './analyse/read-sources.ts';
import { type DataRows, encodeValue, findPlace, RawRows } from './data-rows.ts';
import { tellTotals } from './own-totals/tell-totals.ts';
import { BadData } from './read/bad-data.ts';
import { startWith } from './read/row-file.ts';
import { createRowStores } from './row-store.ts';

/** Most reports that one is split into. */
const MOST_GROUPS = 1000;
/** Most bytes of the reports that one is split into, all together: what comes with each of them grows with their number. */
export const MAX_SPLIT_BYTES = 1_000_000_000;

/** The rows that have one value in the column by which a report is split. */
export interface RowGroup {
  name: string;
  rowsOf: RowsOf;
}

const nameOf = (value: unknown): string =>
  (isDecimal(value) ? toNumeric(value) : String(value ?? '')).replaceAll(/\s+/g, ' ').trim();

/** Parts rows by their values in a column, in the order in which these come; all of them are read as one. */
function partRows(rows: DataRows, key: string, folder: string | undefined, number: number): Map<string, DataRows> {
  const place = findPlace(rows, key);
  const openStore = createRowStores(folder && join(folder, `groups-${number}`));
  const parts = new Map<string, RawRows>();
  const { ownTotals, ...others } = rows;
  let row = 0;
  for (const values of rows.rows()) {
    row += 1;
    // It would be a report of its own, or count twice in that of its group.
    if (ownTotals?.rows.has(row)) continue;
    const name = nameOf(values[place]);
    const part = parts.get(name) ?? new RawRows(openStore());
    if (!parts.has(name)) parts.set(name, part);
    part.add(values.map(encodeValue));
    if (parts.size > MOST_GROUPS) {
      const limit = MOST_GROUPS.toLocaleString('en');
      throw new BadData(
        `${startWith(rows)} has more than ${limit} values of "${key}": a report is split into no more.`,
      );
    }
  }
  for (const part of parts.values()) part.flush();
  const warnings = [...rows.warnings, ...tellTotals(rows, 'rows')];
  const toRows = (part: RawRows): DataRows => ({
    ...others,
    count: part.count,
    scanned: part.count,
    rows: () => part.rows(true),
    warnings,
  });
  return new Map([...parts].map(([name, part]) => [name, toRows(part)]));
}

/**
 * Parts the rows of all blocks by their values in the column `key`; a block without rows of a group has none in it.
 * Throws BadData for rows without that column, or with too many values of it.
 */
export function splitRows(blocks: readonly RowsBlock[], rowsOf: RowsOf, key: string, folder?: string): RowGroup[] {
  const parted = new Map<DataRows, Map<string, DataRows>>();
  const ofBlock = new Map<RowsBlock, { rows: DataRows; parts: Map<string, DataRows> }>();
  for (const block of blocks) {
    const rows = rowsOf(block);
    const parts = parted.get(rows) ?? partRows(rows, key, folder, parted.size);
    parted.set(rows, parts);
    ofBlock.set(block, { rows, parts });
  }
  const names = new Set([...parted.values()].flatMap((parts) => [...parts.keys()]));
  if (names.size > MOST_GROUPS) throw new BadData(`The report's data has more than ${MOST_GROUPS} values of "${key}".`);
  // Without a row there is one report, which says so.
  return [...(names.size > 0 ? names : [''])].map((name) => ({
    name,
    rowsOf(block) {
      const own = ofBlock.get(block);
      if (!own) throw new Error('a block whose rows were not split');
      return own.parts.get(name) ?? { ...own.rows, count: 0, rows: () => [] };
    },
  }));
}
