import { emptyFragment, type Fragment } from '../layout/fragment.ts';
import type { Block } from '../model.ts';
import { layoutBrandHead } from './brand-head.ts';
import { layoutCallout } from './callout.ts';
import { layoutChart } from './chart/index.ts';
import { layoutCode } from './code.ts';
import { COLUMN_SPACE, createColumns } from './columns.ts';
import { layoutFigures } from './figures.ts';
import { layoutImage } from './image.ts';
import { layoutKeyValues } from './key-values.ts';
import { layoutLetterhead } from './letterhead.ts';
import { layoutList } from './list.ts';
import { layoutMasthead } from './masthead.ts';
import { layoutPaymentSlip } from './payment-slip.ts';
import type { BlockSetting } from './setting.ts';
import { layoutSums } from './sums.ts';
import { layoutTable } from './table/table.ts';
import { planTable } from './table/table-plan.ts';
import { layoutHeading, layoutText } from './text.ts';
import { layoutToc } from './toc.ts';

type ColumnsBlock = Extract<Block, { type: 'columns' }>;

/** After these more space is wanted than within running text. */
const SET_APART: Block['type'][] = [
  'brandHead',
  'masthead',
  'letterhead',
  'figures',
  'table',
  'sums',
  'callout',
  'chart',
  'image',
  'code',
  'columns',
  'toc',
];
const SPACE_AFTER = 16;

/** Blocks below one another, as fragments of at most `width` points; `onBlock` is called after each. */
export function* layoutBlocks(
  blocks: Block[],
  width: number,
  setting: BlockSetting,
  onBlock: () => void = () => {},
): Iterable<Fragment> {
  const turned = countTurned(blocks, width, setting);
  let space = 0;
  for (const [index, block] of blocks.entries()) {
    const ownWidth = index < turned ? setting.turnedWidth : undefined;
    for (const fragment of layoutBlock(block, ownWidth ?? width, setting)) {
      fragment.block = block;
      if (ownWidth !== undefined) fragment.isTurned = true;
      yield space > (fragment.gap ?? 0) ? { ...fragment, gap: space } : fragment;
      space = 0;
    }
    space = SET_APART.includes(block.type) ? SPACE_AFTER : 0;
    onBlock();
  }
}

/** So much of a turned page may be taken by what stands before its table. */
const MOST_HEAD = 0.5;

/**
 * Counts the blocks at a report's beginning that stand on a turned page with its first table: where the table needs it,
 * and they leave it room, the title does not stand alone on a page of its own.
 */
function countTurned(blocks: Block[], width: number, setting: BlockSetting): number {
  const { tables, turnedWidth, turnedHeight } = setting;
  const first = blocks.findIndex(({ type }) => type === 'table');
  const block = blocks[first];
  const table = block && tables.get(block);
  if (turnedWidth === undefined || block?.type !== 'table' || !table) return 0;
  if (!planTable(block, table, width, setting).isTurned) return 0;
  const measuring = { ...setting, onRow: () => {} };
  let height = 0;
  for (const block of blocks.slice(0, first)) {
    if (block.type === 'pageBreak') return 0;
    for (const fragment of layoutBlock(block, turnedWidth, measuring)) height += (fragment.gap ?? 0) + fragment.height;
    if (height > turnedHeight * MOST_HEAD) return 0;
  }
  return first;
}

/** A table's fragments are made as they are asked for. */
function layoutBlock(block: Block, width: number, setting: BlockSetting): Iterable<Fragment> {
  switch (block.type) {
    case 'brandHead':
      return layoutBrandHead(block, width, setting);
    case 'masthead':
      return layoutMasthead(block, width, setting);
    case 'figures':
      return layoutFigures(block, width, setting);
    case 'letterhead':
      return layoutLetterhead(block, width, setting);
    case 'sums':
      return layoutSums(block, width, setting);
    case 'callout':
      return layoutCallout(block, width, setting);
    case 'heading':
      return layoutHeading(block, width, setting);
    case 'toc':
      return layoutToc(block, width, setting);
    case 'text':
      return layoutText(block, width, setting);
    case 'list':
      return layoutList(block, width, setting);
    case 'keyValues':
      return layoutKeyValues(block, width, setting);
    case 'table':
      return layoutTable(block, width, setting);
    case 'chart':
      return layoutChart(block, width, setting);
    case 'image':
      return layoutImage(block, width, setting);
    case 'code':
      return layoutCode(block, width, setting);
    case 'columns':
      return [layoutColumns(block, width, setting)];
    case 'paymentSlip':
      return layoutPaymentSlip(block, setting);
    case 'pageBreak':
      return [emptyFragment(0, true)];
  }
}

function layoutColumns(block: ColumnsBlock, width: number, setting: BlockSetting): Fragment {
  const count = block.columns.length;
  const columnWidth = (width - COLUMN_SPACE * (count - 1)) / count;
  const stacks = block.columns.map((column) =>
    column.flatMap((inner) => [...layoutBlock(inner, columnWidth, { ...setting, turnedWidth: undefined })]),
  );
  return createColumns(stacks, columnWidth);
}
