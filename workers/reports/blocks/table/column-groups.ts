import { cleanText } from '../../text/clean-text.ts';

/** Neighbouring columns that have one title above theirs. */
export interface ColumnGroup {
  title: string;
  x: number;
  width: number;
  /** The places of its columns in the table. */
  members: number[];
}

/** A column, and where it stands. */
interface PlacedColumn {
  column: { group?: string | undefined };
  index: number;
  x: number;
  width: number;
}

/** The groups of columns that stand side by side, in their order; columns without one are in none. */
export function groupColumns(columns: readonly PlacedColumn[]): ColumnGroup[] {
  const groups: ColumnGroup[] = [];
  let before: string | undefined;
  for (const { column, index, x, width } of columns) {
    const last = groups.at(-1);
    if (column.group !== undefined && column.group === before && last) {
      last.width += width;
      last.members.push(index);
    } else if (column.group !== undefined) {
      groups.push({ title: cleanText(column.group), x, width, members: [index] });
    }
    before = column.group;
  }
  return groups;
}

/** How many neighbours have the same title above them as the column at `index`, itself included; 1 without one. */
export function countNeighbours(columns: readonly { group?: string | undefined }[], index: number): number {
  const group = columns[index]?.group;
  if (group === undefined) return 1;
  let [first, last] = [index, index];
  while (columns[first - 1]?.group === group) first -= 1;
  while (columns[last + 1]?.group === group) last += 1;
  return last - first + 1;
}
