import type { TableData } from '../../data/analyse/read-tables.ts';
import { createLongestSample } from '../../data/analyse/width-sample.ts';
import type { CarryingTable } from '../../model.ts';

/** The sums that a table may carry from page to page. */
export interface CarriedSums {
  /** The place of their column among the table's; -1 where nothing is carried. */
  at: number;
  /** The longest of them, as they are printed. */
  longest: string[];
}

const NONE: CarriedSums = { at: -1, longest: [] };

/** Finds the sums that a table may carry from page to page, for its columns to be wide enough. */
export function findCarriedSums({ carried, carry }: CarryingTable, table: TableData): CarriedSums {
  const key = carried?.key ?? carry;
  if (key === undefined) return NONE;
  const at = table.columns.findIndex((column) => column.key === key);
  if (!carried) return { at, longest: table.carried };
  const sample = createLongestSample();
  for (const text of carried.texts) sample.see(text);
  return { at, longest: sample.texts() };
}
