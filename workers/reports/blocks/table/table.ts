import type { TableData } from '../../data/analyse/read-tables.ts';
import type { PrintedRow } from '../../data/row-store.ts';
import { highlightAt } from '../../data/shape/highlight-rows.ts';
import type { Fragment } from '../../layout/fragment.ts';
import { type Cell, createRow } from '../../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../../layout/style.ts';
import type { CarryingTable } from '../../model.ts';
import type { Tag } from '../../pdf/tags/tag.ts';
import { type BlockSetting, breakText, measureAt } from '../setting.ts';
import { linesToFragments } from '../text.ts';
import { findCarriedSums } from './carried-sums.ts';
import { pictureIn } from './cell-pictures.ts';
import { createHeaders } from './table-head.ts';
import { createCellLooks, createLooks, type TableLooks } from './table-looks.ts';
import { type PlannedColumn, planTable } from './table-plan.ts';
import { CELL, type CellLook, type ColumnPart, createTextRow, tagRow } from './text-row.ts';

/** A table with some of its columns, which stand side by side. */
interface TablePart extends ColumnPart {
  block: CarryingTable;
  table: TableData;
  looks: TableLooks;
  cellLooks: CellLook[];
  tag: Tag | undefined;
  setting: BlockSetting;
}

/** Points between the totals and what is said of them. */
const NOTE_GAP = 4;

/** Lays out a table row by row: its header comes again on each page, and the totals are never alone on one. */
export function* layoutTable(block: CarryingTable, width: number, setting: BlockSetting): Iterable<Fragment> {
  const table = setting.tables.get(block);
  if (!table) throw new Error('the table was not read before it was laid out');
  const plan = planTable(block, table, width, setting);
  const looks = createLooks(plan.type, setting);
  const cellLooks = createCellLooks(table.highlights, plan.type, setting);
  const parts = plan.parts.map((columns): TablePart => {
    const tag: Tag | undefined = setting.isTagged ? { role: 'Table' } : undefined;
    return { block, table, columns, width: plan.width, looks, cellLooks, tag, setting };
  });
  for (const fragment of layoutParts(block, parts)) {
    if (plan.isTurned) fragment.isTurned = true;
    yield fragment;
  }
}

function* layoutParts(block: CarryingTable, parts: TablePart[]): Iterable<Fragment> {
  const [first] = parts;
  if (first && block.caption) yield* layoutCaption(block.caption, first);
  const firstGap = block.caption ? 3 : BLOCK_GAP;
  for (const [index, part] of parts.entries()) {
    const { first: top, repeated } = createHeaders(part, index > 0 ? 2 * BLOCK_GAP : firstGap);
    yield top;
    yield* layoutRows(part, repeated);
    if (part.table.count === 0) yield layoutNothing(part);
    yield* layoutTotals(part, repeated);
  }
  if (first) yield* layoutNotes(first);
}

/** Lays out what stands below the totals: that they are made of a part of the rows. */
function* layoutNotes({ table, width, setting }: TablePart): Iterable<Fragment> {
  const look = { ...TYPE.small, color: COLORS.muted };
  for (const note of table.notes) {
    const lines = breakText(note, width, measureAt(setting, look.size));
    yield* linesToFragments(lines, look, { gap: NOTE_GAP, tag: { role: 'P' } });
  }
}

function* layoutCaption(caption: string, { width, tag: parent, setting }: TablePart): Iterable<Fragment> {
  const look = { ...TYPE.small, color: COLORS.muted, bold: true };
  const tag: Tag = parent ? { role: 'Caption', parent } : { role: 'P' };
  const lines = breakText(caption, width, measureAt(setting, look.size, true));
  for (const fragment of linesToFragments(lines, look, { gap: BLOCK_GAP + 3, tag }))
    yield { ...fragment, keep: true, part: 'caption' };
}

/** Each row with the one after it. */
function* pairRows(rows: Iterable<PrintedRow>): Iterable<{ row: PrintedRow; next: PrintedRow | undefined }> {
  let row: PrintedRow | undefined;
  for (const next of rows) {
    if (row) yield { row, next };
    row = next;
  }
  if (row) yield { row, next: undefined };
}

/** Lays out the rows of a table, with the totals of its groups. */
function* layoutRows(part: TablePart, header: Fragment): Iterable<Fragment> {
  const { block, table, setting } = part;
  const hasTotals = table.totals.length > 0;
  let rowNumber = 0;
  let position = 0;
  let carried: string | undefined;
  const createCarry = openCarry(part);
  for (const { row, next } of pairRows(table.rows())) {
    position += 1;
    if (row.kind === 'row') rowNumber += 1;
    // The first row draws the second along, and the last one of a group or of all its totals: none stands alone at a
    // page's edge.
    const isKept = block.keeps?.[rowNumber - 1] || (position === 1 && row.kind === 'row');
    const keep = next ? next.kind === 'total' || isKept : hasTotals;
    const carry = createCarry?.(carried, next === undefined);
    if (row.kind === 'total') yield Object.assign(layoutSubtotal(part, row), { repeat: header, keep, ...carry });
    else {
      yield Object.assign(layoutRow(part, row, rowNumber), { repeat: header, keep, ...carry });
      carried = carriedAt(part, row, rowNumber);
      setting.onRow();
    }
  }
}

/** What a column comes to up to a row, where the table carries that forward. */
const carriedAt = ({ block, table }: TablePart, { texts }: PrintedRow, rowNumber: number): string | undefined =>
  block.carried ? block.carried.texts[rowNumber - 1] : texts[table.columns.length];

/**
 * Opens what carries a sum from page to page: for each row what stands before it where it begins a page, and the room
 * that it leaves below. These rows are decoration, as a header is where it comes again.
 */
function openCarry(part: TablePart) {
  const { block, columns, table, looks, setting } = part;
  const { at, longest } = findCarriedSums(block, table);
  if (!columns.some(({ index }) => index === at)) return undefined;
  // The words are asked for where pages end alone: a language may lack them.
  const { messages } = setting;
  const labelAt = columns.find(({ index }) => index !== at)?.index;
  const create = (label: string, text: string): Fragment => {
    const texts: string[] = [];
    texts[at] = labelAt === undefined ? `${label}: ${text}` : text;
    if (labelAt !== undefined) texts[labelAt] = label;
    return { ...createTextRow(part, texts, looks.subtotal).fragment, part: 'total' };
  };
  // Where columns are narrower than they should be, a sum takes several lines.
  let room: number | undefined;
  const reserve = () => {
    room ??= Math.max(...['', ...longest].map((text) => create(messages.carriedForward, text).height));
    return room;
  };
  return (text: string | undefined, isLast: boolean): Pick<Fragment, 'carry' | 'reserve'> => {
    const reserved = isLast ? {} : { reserve };
    if (text === undefined) return reserved;
    const carry = {
      foot: () => create(messages.carriedForward, text),
      top: () => create(messages.broughtForward, text),
    };
    return { ...reserved, carry };
  };
}

/** The column that says what its row is of: the first, where there are others. */
const rowHeaderOf = ({ table }: TablePart): number | undefined => (table.columns.length > 1 ? 0 : undefined);

/** Returns the tags of a row of totals: what it is called stands in the first column that isn't summed up itself. */
const tagTotals = ({ table, tag }: TablePart) => tagRow(tag, table.labelAt);

function layoutSubtotal(part: TablePart, { texts }: PrintedRow): Fragment {
  const { fragment } = createTextRow(part, texts, { ...part.looks.subtotal, tags: tagTotals(part) });
  return Object.assign(fragment, { part: 'total' as const });
}

const readLooks =
  (looks: string, { cellLooks }: TablePart) =>
  (column: number): CellLook | undefined => {
    const at = highlightAt(looks, column);
    return at === undefined ? undefined : cellLooks[at];
  };

function layoutRow(part: TablePart, row: PrintedRow, rowNumber: number): Fragment {
  const { block, looks, tag } = part;
  const look = block.zebra && rowNumber % 2 === 0 ? looks.shaded : looks.row;
  const pictureOf = part.columns.some(({ column }) => column.pictures)
    ? ({ column }: PlannedColumn, text: string, room: number) => pictureIn(column, text, room, part.setting)
    : undefined;
  const lookOf = row.looks === undefined ? undefined : readLooks(row.looks, part);
  const { fragment } = createTextRow(part, row.texts, {
    ...look,
    tags: tagRow(tag, rowHeaderOf(part)),
    lookOf,
    pictureOf,
  });
  return Object.assign(fragment, { part: 'row' as const });
}

/** Lays out the rows of totals; they stay together. */
function* layoutTotals(part: TablePart, header: Fragment): Iterable<Fragment> {
  const { table, looks } = part;
  for (const [index, texts] of table.totals.entries()) {
    const look = index === 0 ? looks.total : looks.furtherTotal;
    const { fragment } = createTextRow(part, texts, { ...look, tags: tagTotals(part) });
    const isFollowed = index < table.totals.length - 1 || table.notes.length > 0;
    yield { ...fragment, repeat: header, part: 'total', keep: isFollowed };
  }
}

/** Says in the place of rows that there are none. */
function layoutNothing({ columns, width, looks, tag: table, setting }: TablePart): Fragment {
  const { look, measure } = looks.row;
  const lines = breakText(setting.messages.noData, width - 2 * look.padX, measure);
  const parent = tagRow(table)?.row;
  const tag: Tag | undefined = parent && { ...CELL, parent, attributes: { O: 'Table', ColSpan: columns.length } };
  const cell: Cell = { lines, x: 0, width, align: 'left', color: COLORS.muted, tag };
  return { ...createRow([cell], width, look), part: 'row' };
}
