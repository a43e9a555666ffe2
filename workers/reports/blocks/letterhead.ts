import type { Fragment } from '../layout/fragment.ts';
import { createRow } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { COLUMN_SPACE, createColumns } from './columns.ts';
import { layoutKeyValues } from './key-values.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';
import { linesToFragments } from './text.ts';

type Letterhead = Extract<Block, { type: 'letterhead' }>;
type Sums = Extract<Block, { type: 'sums' }>;
type Panel = Extract<Block, { type: 'panel' }>;

interface Look {
  size: number;
  leading: number;
  color: string;
  bold?: boolean;
}

const NAME: Look = { size: 12.5, leading: 17, color: COLORS.ink, bold: true };
const SMALL: Look = { ...TYPE.small, color: COLORS.muted };
const LABEL: Look = { ...TYPE.small, color: COLORS.accent, bold: true };
const BODY: Look = { ...TYPE.body, color: COLORS.ink };

function toFragments(
  text: string,
  width: number,
  look: Look,
  gap: number,
  setting: BlockSetting,
  tag?: Tag,
): Fragment[] {
  return linesToFragments(breakText(text, width, measureAt(setting, look.size, look.bold)), look, gap, undefined, tag);
}

/** The head of a letter: who writes, what it is; below the rule whom it goes to, and its dates and numbers. */
export function layoutLetterhead(block: Letterhead, width: number, setting: BlockSetting): Fragment[] {
  const { title, sender, recipient, facts } = block;
  const half = (width - COLUMN_SPACE) / 2;
  const write = (text: string, look: Look, gap = 0, tag?: Tag) => toFragments(text, half, look, gap, setting, tag);
  const from = [...write(sender.name, NAME), ...sender.lines.flatMap((line) => write(line, SMALL))];
  const what = write(title, { ...TYPE.title, color: COLORS.accent, bold: true }, 0, { role: 'H1' });
  const to = [
    ...write(recipient.label, LABEL),
    ...write(recipient.name, { ...BODY, bold: true }, 2),
    ...recipient.lines.flatMap((line) => write(line, BODY)),
  ];
  const rule: Fragment = {
    height: 4,
    gap: 14,
    keep: true,
    draw(canvas, x, y) {
      canvas.rule({ x, y, width }, { color: COLORS.hairline });
      canvas.rule({ x, y, width: 48 }, { color: COLORS.accent, thickness: 2 });
    },
  };
  const given = layoutKeyValues({ type: 'keyValues', items: facts }, half, setting);
  const upper = { ...createColumns([from, what], half), keep: true };
  return [upper, rule, { ...createColumns([to, given], half), gap: 14 }];
}

/** Sums below a table's right half, the last one large on a tile. They stay together. */
export function layoutSums({ items, total }: Sums, width: number, setting: BlockSetting): Fragment[] {
  const left = width * 0.42;
  const room = width - left;
  const list: Tag = { role: 'L', attributes: { O: 'List', ListNumbering: 'None' } };
  const rows = items.map(({ label, value }, index): Fragment => {
    const look = { ...TYPE.body, padX: 5, padY: 2.2, color: COLORS.ink };
    const row = createPair(label, value, left, room, look, setting, tagEntry(list));
    return { ...row, gap: index === 0 ? 6 : 0, keep: true };
  });
  const look = { ...TYPE.figure, padX: 5, padY: 7, color: COLORS.ink, bold: true };
  const last = createPair(total.label, total.value, left, room, look, setting, tagEntry(list));
  const tile: Fragment = {
    ...last,
    gap: 6,
    draw(canvas, x, y) {
      canvas.fillBox({ x: x + left, y, width: room, height: last.height }, COLORS.tile);
      canvas.fillBox({ x: x + left - 2, y, width: 2, height: last.height }, COLORS.accent);
      last.draw(canvas, x, y);
    },
  };
  return [...rows, tile];
}

/** A label at the left and a value at the right, which takes the room that it needs. */
function createPair(
  label: string,
  value: string,
  x: number,
  width: number,
  look: Parameters<typeof createRow>[2],
  setting: BlockSetting,
  tags: ReturnType<typeof tagEntry>,
): Fragment {
  const measure = measureAt(setting, look.size, look.bold);
  const valueWidth = Math.min(width * 0.7, measure(value, {}) + 2 * look.padX);
  const labelWidth = width - valueWidth;
  const cells = [
    {
      lines: breakText(label, labelWidth - 2 * look.padX, measure),
      x,
      width: labelWidth,
      align: 'left' as const,
      tag: tags.label,
      ...(look.bold ? {} : { color: COLORS.muted }),
    },
    {
      lines: breakText(value, valueWidth - 2 * look.padX, measure),
      x: x + labelWidth,
      width: valueWidth,
      align: 'right' as const,
      tag: tags.body,
    },
  ];
  return createRow(cells, x + width, look);
}

const PANEL_SPACE = 12;

/** Keys with their values on a tile, all on one page. */
export function layoutPanel({ title, items }: Panel, width: number, setting: BlockSetting): Fragment[] {
  const room = width - 2 * PANEL_SPACE;
  const fragments = [
    ...toFragments(title, room, LABEL, 0, setting),
    ...layoutKeyValues({ type: 'keyValues', items }, room, setting).map((fragment) => ({ ...fragment, gap: 0 })),
  ];
  const height = fragments.reduce((sum, fragment) => sum + fragment.height, 0) + 2 * PANEL_SPACE - 4;
  return [
    {
      height,
      gap: BLOCK_GAP + 11,
      draw(canvas, x, y) {
        canvas.fillBox({ x, y, width, height }, COLORS.tile);
        let top = y + PANEL_SPACE - 2;
        for (const fragment of fragments) {
          fragment.draw(canvas, x + PANEL_SPACE, top);
          top += fragment.height;
        }
      },
    },
  ];
}
