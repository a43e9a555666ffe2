import type { TableBlock } from '../input/blocks.ts';
import { type Cell, createRow, type RowLook } from '../layout/row.ts';
import type { Strip } from '../layout/strip.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { PreparedTable } from '../rows/prepare.ts';
import type { PrintedRow } from '../rows/store.ts';
import { breakLines, type Measure } from '../text/lines.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';
import { type PlannedColumn, planTable, type TablePlan } from './table-plan.ts';
import { linesToStrips } from './text.ts';

/** A row that prints a text in each of the columns. */
function createTextRow(
  columns: PlannedColumn[],
  texts: readonly string[],
  width: number,
  look: RowLook,
  measure: Measure,
): { strip: Strip; cells: Cell[] } {
  const cells = columns.map((column) => {
    const run = { text: texts[column.index] ?? '' };
    const lines = breakLines([run], column.width - 2 * look.padX, measure);
    return { lines, x: column.x, width: column.width, align: column.align };
  });
  return { strip: createRow(cells, width, look), cells };
}

function misfitMessage({ column }: PlannedColumn, text: string, rowNumber: number): string {
  const value = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `Column "${column.key}", row ${rowNumber}: "${value}" is not of the format ${column.format}; it is printed as it is.`;
}

function addWarnings(cells: Cell[], columns: PlannedColumn[], row: PrintedRow, rowNumber: number): void {
  for (const [position, column] of columns.entries()) {
    const cell = cells[position];
    if (!cell || !row.misfits.includes(column.index)) continue;
    const message = misfitMessage(column, row.texts[column.index] ?? '', rowNumber);
    cell.warning = { code: 'format_mismatch', message };
  }
}

/** What the rows of a table look like, each kind with what its texts are measured by. */
function createLooks({ type }: TablePlan, setting: BlockSetting) {
  const look: RowLook = { ...type, color: COLORS.ink };
  const row = { ...look, ruleBelow: COLORS.hairline };
  return {
    measure: measureAt(setting, type.size),
    measureBold: measureAt(setting, type.size, true),
    row,
    shaded: { ...row, fill: COLORS.tile },
    header: { ...look, color: COLORS.accent, bold: true, ruleBelow: COLORS.rule },
    subtotal: { ...row, bold: true, ruleBelow: COLORS.rule },
    total: { ...look, bold: true, ruleAbove: COLORS.rule },
  };
}

type Looks = ReturnType<typeof createLooks>;

function* layoutCaption(block: TableBlock, width: number, setting: BlockSetting): Iterable<Strip> {
  if (!block.caption) return;
  const look = { ...TYPE.small, color: COLORS.muted, bold: true };
  const lines = breakText(block.caption, width, measureAt(setting, look.size, true));
  for (const strip of linesToStrips(lines, look, BLOCK_GAP + 3)) yield { ...strip, keep: true, part: 'caption' };
}

/** The rows of a table in some of its columns. */
function* layoutRows(
  block: TableBlock,
  table: PreparedTable,
  columns: PlannedColumn[],
  width: number,
  header: Strip,
  looks: Looks,
  setting: BlockSetting,
): Iterable<Strip> {
  const { measure, measureBold } = looks;
  let rowNumber = 0;
  let position = 0;
  const hasTotals = table.totals.length > 0;
  for (const row of table.rows()) {
    position += 1;
    if (row.kind === 'total') {
      const { strip } = createTextRow(columns, row.texts, width, looks.subtotal, measureBold);
      yield Object.assign(strip, {
        repeat: header,
        part: 'total' as const,
        keep: rowNumber === table.count && hasTotals,
      });
      continue;
    }
    rowNumber += 1;
    const look = block.zebra && rowNumber % 2 === 0 ? looks.shaded : looks.row;
    const { strip, cells } = createTextRow(columns, row.texts, width, look, measure);
    if (row.misfits.length > 0) addWarnings(cells, columns, row, rowNumber);
    // The first row draws the second along, and the last one the totals: neither stands alone at a page's edge.
    const keep = rowNumber === table.count ? hasTotals : position === 1;
    yield Object.assign(strip, { repeat: header, part: 'row' as const, keep });
    setting.onRow();
  }
}

/** The rows of totals; they stay together. */
function* layoutTotals(
  table: PreparedTable,
  columns: PlannedColumn[],
  width: number,
  header: Strip,
  looks: Looks,
): Iterable<Strip> {
  for (const [index, texts] of table.totals.entries()) {
    const look = index === 0 ? looks.total : { ...looks.total, ruleAbove: COLORS.hairline };
    const { strip } = createTextRow(columns, texts, width, look, looks.measureBold);
    yield Object.assign(strip, { repeat: header, part: 'total' as const, keep: index < table.totals.length - 1 });
  }
}

/** Says in the place of rows that there are none. */
function layoutNothing(width: number, looks: Looks, setting: BlockSetting): Strip {
  const lines = breakText(setting.words.noData, width - 2 * looks.row.padX, looks.measure);
  return { ...createRow([{ lines, x: 0, width, align: 'left', color: COLORS.muted }], width, looks.row), part: 'row' };
}

function* layoutParts(
  block: TableBlock,
  table: PreparedTable,
  plan: TablePlan,
  setting: BlockSetting,
): Iterable<Strip> {
  const { width } = plan;
  const looks = createLooks(plan, setting);
  yield* layoutCaption(block, width, setting);
  for (const [index, columns] of plan.parts.entries()) {
    const titles: string[] = [];
    for (const { index: at, title } of columns) titles[at] = title;
    const { strip } = createTextRow(columns, titles, width, looks.header, looks.measureBold);
    const gap = index > 0 ? 2 * BLOCK_GAP : block.caption ? 3 : BLOCK_GAP;
    const header: Strip = { ...strip, gap, keep: true, part: 'header' };
    const { draw } = header;
    yield {
      ...header,
      draw(canvas, x, y) {
        for (const { code, message } of table.warnings) canvas.warn(code, message);
        draw(canvas, x, y);
      },
    };
    yield* layoutRows(block, table, columns, width, header, looks, setting);
    if (table.count === 0) yield layoutNothing(width, looks, setting);
    yield* layoutTotals(table, columns, width, header, looks);
  }
}

/** A table row by row: its header comes again on each page, and the totals are never alone on one. */
export function* layoutTable(block: TableBlock, width: number, setting: BlockSetting): Iterable<Strip> {
  const table = setting.tables.get(block);
  if (!table) throw new Error('the table was not read before it was laid out');
  const plan = planTable(table, width, setting);
  for (const strip of layoutParts(block, table, plan, setting)) {
    if (plan.isTurned) strip.isTurned = true;
    yield strip;
  }
}
