import type { Fragment } from '../../layout/fragment.ts';
import { type Cell, type CellPicture, createRow, type RowLook } from '../../layout/row.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { breakLines } from '../../text/lines.ts';
import type { Measure } from '../../text/measure.ts';
import { tagPicture } from './cell-pictures.ts';
import type { PlannedColumn } from './table-plan.ts';

/** What a row is read as, and each of its cells. */
export interface RowTags {
  row: Tag;
  /** Returns what the cell of a column is, by the column's place in the table. */
  cell(column: number): Pick<Tag, 'role' | 'attributes'>;
  /** Returns the tag of a column's cell that stands in a row of its own; undefined: one is made. */
  tagOf?(column: number): Tag | undefined;
}

export const CELL = { role: 'TD' } as const;
const ROW_HEADER = { role: 'TH', attributes: { O: 'Table', Scope: 'Row' } } as const;

/** Returns the tags of a new row of a table, whose header is the cell of a column; none where tables aren't tagged. */
export const tagRow = (table: Tag | undefined, header?: number): RowTags | undefined =>
  table && { row: { role: 'TR', parent: table }, cell: (column) => (column === header ? ROW_HEADER : CELL) };

/** Returns what a title is read as, that may be one of several columns, or stand in several rows. */
export const tagColumnHeader = (
  spans: { ColSpan?: number; RowSpan?: number } = {},
): Pick<Tag, 'role' | 'attributes'> => ({
  role: 'TH',
  attributes: { O: 'Table', Scope: 'Column', ...spans },
});

/** Returns the tags of the row of a table's titles. */
export const tagTitles = (table: Tag | undefined): RowTags | undefined =>
  table && { row: { role: 'TR', parent: table }, cell: () => tagColumnHeader() };

/** How a cell looks that looks otherwise than its row. */
export interface CellLook {
  color: string;
  fill: string | undefined;
  bold: boolean;
  measure: Measure;
}

/** How a row is drawn: its look, what measures its texts in that look, and what it is read as. */
export interface TextRowLook {
  look: RowLook;
  measure: Measure;
  tags?: RowTags | undefined;
  /** Returns how the cell of a column looks, by the column's place in the table; undefined: as its row. */
  lookOf?: ((column: number) => CellLook | undefined) | undefined;
  /** Returns the picture that stands in the place of a column's text, in a room of so many points. */
  pictureOf?: ((column: PlannedColumn, text: string, room: number) => Omit<CellPicture, 'tag'> | undefined) | undefined;
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
  { look, measure, tags, lookOf, pictureOf }: TextRowLook,
): { fragment: Fragment; cells: Cell[] } {
  const cells = columns.map((column): Cell => {
    const text = texts[column.index] ?? '';
    const own = lookOf?.(column.index);
    const inner = column.width - 2 * look.padX;
    const picture = pictureOf?.(column, text, inner);
    const lines = picture ? [] : breakLines([{ text }], inner, own?.measure ?? measure);
    const { x, width: room, align } = column;
    const cell: Cell = own
      ? { lines, x, width: room, align, color: own.color, fill: own.fill, bold: own.bold }
      : { lines, x, width: room, align };
    if (tags) cell.tag = tags.tagOf?.(column.index) ?? { ...tags.cell(column.index), parent: tags.row };
    if (picture) cell.picture = { ...picture, tag: tagPicture(text, cell.tag) };
    return cell;
  });
  return { fragment: createRow(cells, width, look), cells };
}
