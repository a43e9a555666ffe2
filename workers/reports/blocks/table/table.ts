import type { TableData } from '../../data/analyse/read-tables.ts';
import type { PrintedRow } from '../../data/row-store.ts';
import type { TableBlock } from '../../input/blocks.ts';
import type { Fragment } from '../../layout/fragment.ts';
import { type Cell, createRow, type RowLook } from '../../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../../layout/style.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { breakLines, type Measure } from '../../text/lines.ts';
import { type BlockSetting, breakText, measureAt } from '../setting.ts';
import { linesToFragments } from '../text.ts';
import { type PlannedColumn, planTable, type TablePlan } from './table-plan.ts';

/** What a row is read as, and each of its cells. */
interface RowTags {
  row: Tag;
  cell: Pick<Tag, 'role' | 'attributes'>;
}

const HEADER_CELL = { role: 'TH', attributes: { O: 'Table', Scope: 'Column' } } as const;
const CELL = { role: 'TD' } as const;

/** A new row of a table; none where tables aren't tagged. */
const tagRow = (table: Tag | undefined, cell: RowTags['cell'] = CELL): RowTags | undefined =>
  table && { row: { role: 'TR', parent: table }, cell };

/** A row that prints a text in each of the columns. */
function createTextRow(
  columns: PlannedColumn[],
  texts: readonly string[],
  width: number,
  look: RowLook,
  measure: Measure,
  tags?: RowTags,
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

function mismatchMessage({ column }: PlannedColumn, text: string, rowNumber: number): string {
  const value = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `Column "${column.key}", row ${rowNumber}: "${value}" is not of the format ${column.format}; it is printed as it is.`;
}

function addWarnings(cells: Cell[], columns: PlannedColumn[], row: PrintedRow, rowNumber: number): void {
  for (const [position, column] of columns.entries()) {
    const cell = cells[position];
    if (!cell || !row.mismatches.includes(column.index)) continue;
    const message = mismatchMessage(column, row.texts[column.index] ?? '', rowNumber);
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

function* layoutCaption(
  block: TableBlock,
  width: number,
  parent: Tag | undefined,
  setting: BlockSetting,
): Iterable<Fragment> {
  if (!block.caption) return;
  const look = { ...TYPE.small, color: COLORS.muted, bold: true };
  const tag: Tag = parent ? { role: 'Caption', parent } : { role: 'P' };
  const lines = breakText(block.caption, width, measureAt(setting, look.size, true));
  for (const fragment of linesToFragments(lines, look, BLOCK_GAP + 3, undefined, tag))
    yield { ...fragment, keep: true, part: 'caption' };
}

/** The rows of a table in some of its columns. */
function* layoutRows(
  block: TableBlock,
  table: TableData,
  columns: PlannedColumn[],
  width: number,
  header: Fragment,
  looks: Looks,
  tag: Tag | undefined,
  setting: BlockSetting,
): Iterable<Fragment> {
  const { measure, measureBold } = looks;
  let rowNumber = 0;
  let position = 0;
  const hasTotals = table.totals.length > 0;
  for (const row of table.rows()) {
    position += 1;
    if (row.kind === 'total') {
      const { fragment } = createTextRow(columns, row.texts, width, looks.subtotal, measureBold, tagRow(tag));
      yield Object.assign(fragment, {
        repeat: header,
        part: 'total' as const,
        keep: rowNumber === table.count && hasTotals,
      });
      continue;
    }
    rowNumber += 1;
    const look = block.zebra && rowNumber % 2 === 0 ? looks.shaded : looks.row;
    const { fragment, cells } = createTextRow(columns, row.texts, width, look, measure, tagRow(tag));
    if (row.mismatches.length > 0) addWarnings(cells, columns, row, rowNumber);
    // The first row draws the second along, and the last one the totals: neither stands alone at a page's edge.
    const keep = rowNumber === table.count ? hasTotals : position === 1;
    yield Object.assign(fragment, { repeat: header, part: 'row' as const, keep });
    setting.onRow();
  }
}

/** The rows of totals; they stay together. */
function* layoutTotals(
  table: TableData,
  columns: PlannedColumn[],
  width: number,
  header: Fragment,
  looks: Looks,
  tag: Tag | undefined,
): Iterable<Fragment> {
  for (const [index, texts] of table.totals.entries()) {
    const look = index === 0 ? looks.total : { ...looks.total, ruleAbove: COLORS.hairline };
    const { fragment } = createTextRow(columns, texts, width, look, looks.measureBold, tagRow(tag));
    yield Object.assign(fragment, { repeat: header, part: 'total' as const, keep: index < table.totals.length - 1 });
  }
}

/** Says in the place of rows that there are none. */
function layoutNothing(
  columns: number,
  width: number,
  looks: Looks,
  table: Tag | undefined,
  setting: BlockSetting,
): Fragment {
  const lines = breakText(setting.messages.noData, width - 2 * looks.row.padX, looks.measure);
  const parent = tagRow(table)?.row;
  const tag: Tag | undefined = parent && { ...CELL, parent, attributes: { O: 'Table', ColSpan: columns } };
  const cell: Cell = { lines, x: 0, width, align: 'left', color: COLORS.muted, tag };
  return { ...createRow([cell], width, looks.row), part: 'row' };
}

function* layoutParts(block: TableBlock, table: TableData, plan: TablePlan, setting: BlockSetting): Iterable<Fragment> {
  const { width } = plan;
  const looks = createLooks(plan, setting);
  const tags = plan.parts.map((): Tag | undefined => (setting.isTagged ? { role: 'Table' } : undefined));
  yield* layoutCaption(block, width, tags[0], setting);
  for (const [index, columns] of plan.parts.entries()) {
    const tag = tags[index];
    const titles: string[] = [];
    for (const { index: at, title } of columns) titles[at] = title;
    const { fragment } = createTextRow(columns, titles, width, looks.header, looks.measureBold);
    const first = createTextRow(
      columns,
      titles,
      width,
      looks.header,
      looks.measureBold,
      tagRow(tag, HEADER_CELL),
    ).fragment;
    const gap = index > 0 ? 2 * BLOCK_GAP : block.caption ? 3 : BLOCK_GAP;
    const header: Fragment = { ...fragment, gap, keep: true, part: 'header' };
    yield {
      ...header,
      draw(canvas, x, y) {
        for (const { code, message } of table.warnings) canvas.warn(code, message);
        first.draw(canvas, x, y);
      },
    };
    yield* layoutRows(block, table, columns, width, header, looks, tag, setting);
    if (table.count === 0) yield layoutNothing(columns.length, width, looks, tag, setting);
    yield* layoutTotals(table, columns, width, header, looks, tag);
  }
}

/** A table row by row: its header comes again on each page, and the totals are never alone on one. */
export function* layoutTable(block: TableBlock, width: number, setting: BlockSetting): Iterable<Fragment> {
  const table = setting.tables.get(block);
  if (!table) throw new Error('the table was not read before it was laid out');
  const plan = planTable(table, width, setting);
  for (const fragment of layoutParts(block, table, plan, setting)) {
    if (plan.isTurned) fragment.isTurned = true;
    yield fragment;
  }
}
