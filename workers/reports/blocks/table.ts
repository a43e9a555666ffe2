import type { TableBlock } from '../input/blocks.ts';
import { parseLength } from '../input/fields.ts';
import { type Column, cellValue, type Row } from '../input/table.ts';
import { type ColumnWish, fitsWords, shareWidth } from '../layout/column-widths.ts';
import { type Cell, createRow, type RowLook } from '../layout/row.ts';
import type { Strip } from '../layout/strip.ts';
import { BLOCK_GAP, COLORS, TABLE_SIZES, TYPE } from '../layout/style.ts';
import { createFormatter, type Formatter, isNumeric, isUnbroken, sumNumbers } from '../text/formats.ts';
import { breakLines, cleanText, longestWord } from '../text/lines.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';
import { linesToStrips } from './text.ts';

/** Text columns are measured on this many rows; numbers and dates, which must not be broken, on all. */
const SAMPLE_ROWS = 300;
/** No text column asks for more than this many points: the rest of its text goes to further lines. */
const WIDEST_WISH = 260;

type TableType = (typeof TABLE_SIZES)[number];

interface PlannedColumn {
  column: Column;
  title: string;
  align: Cell['align'];
  format: Formatter;
  /** The printed sum, where one was asked for. */
  total: string | undefined;
  x: number;
  width: number;
}

type Draft = Omit<PlannedColumn, 'x' | 'width'>;

function draftColumn(column: Column, block: TableBlock, locale: string): Draft {
  const format = createFormatter(column.format, locale);
  const align = column.align ?? (isNumeric(column.format) ? 'right' : 'left');
  const asked = block.totals?.[column.key] === 'sum';
  const formatSum = column.format === undefined ? createFormatter('number', locale) : format;
  const total = asked ? formatSum(sumNumbers(block.rows.map((row) => cellValue(row, column.key)))).text : undefined;
  return { column, title: cleanText(column.title ?? column.key), align, format, total };
}

/** The texts that decide a column's width: a sample, or for numbers and dates the longest of all (digits are of one width). */
function* textsToMeasure({ column, format }: Draft, rows: Row[]): Iterable<string> {
  const isWhole = isUnbroken(column.format);
  // An odd step: rows often alternate by twos and fours, and an even one would never see some of them.
  const step = isWhole ? 1 : Math.floor(rows.length / SAMPLE_ROWS) | 1;
  let longest = 0;
  for (let index = 0; index < rows.length; index += step) {
    const { text } = format(cellValue(rows[index], column.key));
    if (isWhole && text.length < longest) continue;
    longest = text.length;
    yield text.length > 500 ? text.slice(0, 500) : text;
  }
}

function wishOf(draft: Draft, rows: Row[], width: number, type: TableType, setting: BlockSetting): ColumnWish {
  const padding = 2 * type.padX;
  const { column, title, total } = draft;
  if (column.width?.endsWith('%'))
    return { fixed: (width * Number.parseFloat(column.width)) / 100, min: 0, natural: 0 };
  if (column.width) return { fixed: parseLength(column.width), min: 0, natural: 0 };
  const measure = measureAt(setting, type.size);
  const measureBold = measureAt(setting, type.size, true);
  let natural = measureBold(title, {});
  let min = longestWord([{ text: title }], measureBold);
  for (const text of textsToMeasure(draft, rows)) {
    const clean = cleanText(text);
    natural = Math.max(natural, measure(clean, {}));
    min = Math.max(min, isUnbroken(column.format) ? measure(clean, {}) : longestWord([{ text: clean }], measure));
  }
  if (total) min = Math.max(min, measureBold(total, {}));
  // One endless word must not push the other columns off the page: it is cut instead.
  min = Math.min(min, width * 0.4);
  return { min: min + padding, natural: Math.max(min, Math.min(natural, WIDEST_WISH)) + padding };
}

function planColumns(block: TableBlock, width: number, setting: BlockSetting): [PlannedColumn[], TableType] {
  const drafts = block.columns.map((column) => draftColumn(column, block, setting.locale));
  let [type] = TABLE_SIZES as readonly [TableType, ...TableType[]];
  let wishes: ColumnWish[] = [];
  for (type of TABLE_SIZES) {
    wishes = drafts.map((draft) => wishOf(draft, block.rows, width, type, setting));
    if (fitsWords(wishes, width)) break;
  }
  let x = 0;
  const columns = shareWidth(wishes, width).map((columnWidth, index) => {
    const planned = { ...(drafts[index] as Draft), x, width: columnWidth };
    x += columnWidth;
    return planned;
  });
  return [columns, type];
}

/** A row that prints one text for each column. */
function createTextRow(
  columns: PlannedColumn[],
  textOf: (column: PlannedColumn, index: number) => string,
  width: number,
  look: RowLook,
  setting: BlockSetting,
): Strip {
  const measure = measureAt(setting, look.size, look.bold);
  const cells = columns.map((column, index) => {
    const lines = breakText(textOf(column, index), column.width - 2 * look.padX, measure);
    return { lines, x: column.x, width: column.width, align: column.align };
  });
  return createRow(cells, width, look);
}

function toCell(planned: PlannedColumn, row: Row, rowNumber: number, look: RowLook, setting: BlockSetting): Cell {
  const { column, x, width, align } = planned;
  const { text, fits } = planned.format(cellValue(row, column.key));
  const run = { text: cleanText(text) };
  const lines = breakLines([run], width - 2 * look.padX, measureAt(setting, look.size));
  if (fits) return { lines, x, width, align };
  const value = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  const message = `Column "${column.key}", row ${rowNumber}: "${value}" is not of the format ${column.format}; it is printed as it is.`;
  return { lines, x, width, align, warning: { code: 'format_mismatch', message } };
}

function createHeader(columns: PlannedColumn[], width: number, look: RowLook, setting: BlockSetting): Strip {
  const headerLook = { ...look, color: COLORS.accent, bold: true, ruleBelow: COLORS.rule };
  const header = createTextRow(columns, ({ title }) => title, width, headerLook, setting);
  return { ...header, gap: BLOCK_GAP, keep: true };
}

/** The totals; the first column says what they are, unless it is summed itself. */
function createTotals(columns: PlannedColumn[], width: number, look: RowLook, setting: BlockSetting): Strip {
  const totalsLook = { ...look, bold: true, ruleAbove: COLORS.rule };
  const textOf = ({ total }: PlannedColumn, index: number) => total ?? (index === 0 ? setting.words.total : '');
  return createTextRow(columns, textOf, width, totalsLook, setting);
}

/** A table row by row: its header comes again on each page, and the totals are never alone on one. */
export function* layoutTable(block: TableBlock, width: number, setting: BlockSetting): Iterable<Strip> {
  const [columns, type] = planColumns(block, width, setting);
  const look: RowLook = { ...type, color: COLORS.ink };
  const rowLook = { ...look, ruleBelow: COLORS.hairline };
  const caption = { ...TYPE.small, color: COLORS.muted, bold: true };
  if (block.caption) {
    const lines = breakText(block.caption, width, measureAt(setting, caption.size, true));
    for (const strip of linesToStrips(lines, caption, BLOCK_GAP + 3)) yield { ...strip, keep: true };
  }
  const header = createHeader(columns, width, look, setting);
  yield block.caption ? { ...header, gap: 3 } : header;
  const hasTotals = columns.some(({ total }) => total !== undefined);
  for (const [index, row] of block.rows.entries()) {
    const cells = columns.map((column) => toCell(column, row, index + 1, rowLook, setting));
    const isLast = index === block.rows.length - 1;
    // The first row draws the second along, and the last one the totals: neither stands alone at a page's edge.
    const keep = isLast ? hasTotals : index === 0;
    yield { ...createRow(cells, width, rowLook), repeat: header, keep };
    setting.onRow();
  }
  if (hasTotals) yield { ...createTotals(columns, width, look, setting), repeat: header };
  if (block.rows.length === 0 && !hasTotals) yield { height: 4, draw: () => {} };
}
