import { parseLength } from '../../../../src/fields/length.ts';
import type { TableData } from '../../data/analyse/read-tables.ts';
import type { Column } from '../../input/columns.ts';
import type { Cell } from '../../layout/row.ts';
import { TABLE_SIZES } from '../../layout/style.ts';
import type { CarryingTable } from '../../model.ts';
import { cleanText } from '../../text/clean-text.ts';
import { isNumeric, isUnbroken } from '../../text/formats.ts';
import { longestWord } from '../../text/words.ts';
import { type BlockSetting, measureAt } from '../setting.ts';
import { type CarriedSums, findCarriedSums } from './carried-sums.ts';
import { pictureIn } from './cell-pictures.ts';
import { countNeighbours } from './column-groups.ts';
import { type ColumnWish, fitsWords, shareWidth } from './column-widths.ts';

/** No text column asks for more than this many points: the rest of its text goes to further lines. */
const WIDEST_WISH = 260;
/** Texts are measured in this size; others are in proportion. */
const MEASURED_SIZE = 10;
/** What a table that is printed in parts is set in. */
const PART_SIZE = TABLE_SIZES[1];
const SMALLEST = TABLE_SIZES[3];

export type TableType = (typeof TABLE_SIZES)[number];

export interface PlannedColumn {
  column: Column;
  /** Its place among the table's columns. */
  index: number;
  title: string;
  align: Cell['align'];
  x: number;
  width: number;
}

/** How a table is laid out. */
export interface TablePlan {
  type: TableType;
  /** Whether its pages lie on their side. */
  isTurned: boolean;
  /** The width that is filled, in points. */
  width: number;
  /** One, or several where the columns don't stand side by side: each part repeats the first column. */
  parts: PlannedColumn[][];
}

/** What a column needs in MEASURED_SIZE, without its padding. */
interface Need {
  column: Column;
  title: string;
  /** Its width in points where one was asked for, by the width of the table. */
  fixed: (width: number) => number;
  min: number;
  natural: number;
}

/** A table, and what its rows may carry from page to page. */
interface Measured {
  table: TableData;
  carried: CarriedSums;
}

function measureColumn(column: Column, index: number, { table, carried }: Measured, setting: BlockSetting): Need {
  const title = cleanText(column.title ?? column.key);
  // What may be bold needs the room for it.
  const isBold = table.highlights.some(({ bold }) => bold === true);
  const measure = measureAt(setting, MEASURED_SIZE, isBold);
  const measureBold = measureAt(setting, MEASURED_SIZE, true);
  let natural = measureBold(title, {});
  let min = longestWord([{ text: title }], measureBold);
  for (const text of table.samples[index] ?? []) {
    const picture = pictureIn(column, text, WIDEST_WISH, setting);
    if (picture) {
      // In the largest size it is as large as it is; in smaller ones it may be smaller too.
      const room = (picture.width * MEASURED_SIZE) / TABLE_SIZES[0].size;
      natural = Math.max(natural, room);
      min = Math.max(min, room);
      continue;
    }
    natural = Math.max(natural, measure(text, {}));
    min = Math.max(min, isUnbroken(column.format) ? measure(text, {}) : longestWord([{ text }], measure));
  }
  // Neighbours share what stands above them together.
  const above = [{ text: cleanText(column.group ?? '') }];
  const share = countNeighbours(table.columns, index);
  natural = Math.max(natural, measureBold(above[0]?.text ?? '', {}) / share);
  min = Math.max(min, longestWord(above, measureBold) / share);
  // The label of a total may go to a second line, its number may not.
  for (const texts of table.totals) {
    const text = texts[index] ?? '';
    min = Math.max(min, isNumeric(column.format) ? measureBold(text, {}) : longestWord([{ text }], measureBold));
  }
  for (const text of index === carried.at ? carried.longest : []) min = Math.max(min, measureBold(text, {}));
  const percent = percentOf(column);
  const asked = table.columns.reduce((sum, other) => sum + percentOf(other), 0);
  // More than the whole can't be shared out: 80% and 80% are a half each.
  const fixed = (width: number) =>
    percent ? (width * percent) / Math.max(100, asked) : (parseLength(column.width ?? '') ?? 0);
  return { column, title, fixed, min, natural };
}

const percentOf = ({ width }: Column): number => (width?.endsWith('%') ? Number.parseFloat(width) : 0);

function toWish({ column, fixed, min, natural }: Need, width: number, { size, padX }: TableType): ColumnWish {
  if (column.width) return { fixed: fixed(width), min: 0, natural: 0 };
  const scale = size / MEASURED_SIZE;
  // One endless word must not push the other columns off the page: it is cut instead.
  const narrowest = Math.min(min * scale, width * 0.4);
  return { min: narrowest + 2 * padX, natural: Math.max(narrowest, Math.min(natural * scale, WIDEST_WISH)) + 2 * padX };
}

/** The largest size in which every column has its longest word on one line. */
const findSize = (needs: Need[], width: number): TableType | undefined =>
  TABLE_SIZES.find((type) =>
    fitsWords(
      needs.map((need) => toWish(need, width, type)),
      width,
    ),
  );

/** Columns in groups that fit the width; each begins with the first column, by which the rows are known. */
function splitColumns(needs: Need[], width: number): number[][] {
  const widths = needs.map((need) => {
    const { fixed, min } = toWish(need, width, PART_SIZE);
    return fixed ?? min;
  });
  const parts: number[][] = [];
  let part = [0];
  let used = widths[0] ?? 0;
  for (let index = 1; index < needs.length; index += 1) {
    const own = widths[index] ?? 0;
    if (used + own > width && part.length > 1) {
      parts.push(part);
      part = [0];
      used = widths[0] ?? 0;
    }
    part.push(index);
    used += own;
  }
  return [...parts, part];
}

function placeColumns(needs: Need[], indexes: number[], width: number, type: TableType): PlannedColumn[] {
  const chosen = indexes.flatMap((index) => needs[index] ?? []);
  const widths = shareWidth(
    chosen.map((need) => toWish(need, width, type)),
    width,
  );
  let x = 0;
  return chosen.map(({ column, title }, position) => {
    const align = column.align ?? (isNumeric(column.format) ? 'right' : 'left');
    const planned = { column, index: indexes[position] ?? 0, title, align, x, width: widths[position] ?? 0 };
    x += planned.width;
    return planned;
  });
}

/**
 * Plans a table: as it stands, in smaller type, on pages that lie on their side, in smaller type there, and else in
 * parts one after the other. At each step the next is taken where a column can't have its longest word on one line.
 */
export function planTable(block: CarryingTable, table: TableData, width: number, setting: BlockSetting): TablePlan {
  const measured = { table, carried: findCarriedSums(block, table) };
  const needs = table.columns.map((column, index) => measureColumn(column, index, measured, setting));
  const { turnedWidth } = setting;
  const plan = (of: number, type: TableType, parts = [needs.map((_, index) => index)]): TablePlan => ({
    type,
    isTurned: of === turnedWidth,
    width: of,
    parts: parts.map((indexes) => placeColumns(needs, indexes, of, type)),
  });
  for (const of of turnedWidth === undefined ? [width] : [width, turnedWidth]) {
    const type = findSize(needs, of);
    if (type) return plan(of, type);
  }
  // The first column comes in each part: of two there is nothing to part.
  if (needs.length < 3) return plan(width, SMALLEST);
  const widest = turnedWidth ?? width;
  return plan(widest, PART_SIZE, splitColumns(needs, widest));
}
