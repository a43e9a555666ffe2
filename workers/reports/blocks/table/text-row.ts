import type { Fragment } from '../../layout/fragment.ts';
import { type Cell, createRow, type RowLook } from '../../layout/row.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { breakLines } from '../../text/lines.ts';
import type { Measure } from '../../text/measure.ts';
import type { PlannedColumn } from './table-plan.ts';

/** What a row is read as, and each of its cells. */
export interface RowTags {
  row: Tag;
  cell: Pick<Tag, 'role' | 'attributes'>;
}

export const HEADER_CELL = { role: 'TH', attributes: { O: 'Table', Scope: 'Column' } } as const;
export const CELL = { role: 'TD' } as const;

/** Returns the tags of a new row of a table; none where tables aren't tagged. */
export const tagRow = (table: Tag | undefined, cell: RowTags['cell'] = CELL): RowTags | undefined =>
  table && { row: { role: 'TR', parent: table }, cell };

/** How a row is drawn: its look, what measures its texts in that look, and what it is read as. */
export interface TextRowLook {
  look: RowLook;
  measure: Measure;
  tags?: RowTags | undefined;
}

/** The part of a table's columns that stand side by side, and the width that they fill. */
export interface ColumnPart {
  columns: PlannedColumn[];
  width: number;
}

/** Creates a row that prints a text in each of the columns. */
export function createTextRow(
  { columns, width }: ColumnPart,
  texts: readonly string[],
  { look, measure, tags }: TextRowLook,
): { fragment: Fragment; cells: Cell[] } {
  const cells = columns.map((column): Cell => {
    const run = { text: texts[column.index] ?? '' };
    const lines = breakLines([run], column.width - 2 * look.padX, measure);
    const { x, width: room, align } = column;
    return tags
      ? { lines, x, width: room, align, tag: { ...tags.cell, parent: tags.row } }
      : { lines, x, width: room, align };
  });
  return { fragment: createRow(cells, width, look), cells };
}
