import type { Fragment } from '../layout/fragment.ts';
import { createRow, type RowLook } from '../layout/row.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';

type Sums = Extract<Block, { type: 'sums' }>;

const ROW: RowLook = { ...TYPE.body, padX: 5, padY: 2.2, color: COLORS.ink };
const NOTE: RowLook = { ...TYPE.small, padX: 5, padY: 0, color: COLORS.muted };
const TOTAL: RowLook = { ...TYPE.figure, padX: 5, padY: 7, color: COLORS.ink, bold: true };

/** A label with its value, and the part of the line it stands in. */
interface Pair {
  label: string;
  value: string;
  x: number;
  width: number;
  tags: ReturnType<typeof tagEntry>;
}

/** Lays out sums below a table's right half, the last one large on a card. They stay together. */
export function layoutSums({ items, total, note }: Sums, width: number, setting: BlockSetting): Fragment[] {
  const x = width * 0.42;
  const place = { x, width: width - x };
  const list: Tag = { role: 'L', attributes: { O: 'List', ListNumbering: 'None' } };
  const rows = items.flatMap((item, index): Fragment[] => {
    const tags = tagEntry(list);
    const row = createPair({ ...item, ...place, tags }, ROW, setting);
    const below = item.note ? [createNote(item.note, place, tags.label, setting)] : [];
    return [
      { ...row, gap: index === 0 ? 6 : 0, keep: true },
      ...below.map((fragment) => ({ ...fragment, keep: true })),
    ];
  });
  const sum = putOnCard(createPair({ ...total, ...place, tags: tagEntry(list) }, TOTAL, setting), place);
  if (!note) return [...rows, sum];
  return [...rows, { ...sum, keep: true }, { ...createNote(note, place, { role: 'P' }, setting), gap: 4 }];
}

/** Creates a row of small text below a label. */
function createNote(text: string, { x, width }: Pick<Pair, 'x' | 'width'>, tag: Tag, setting: BlockSetting): Fragment {
  const lines = breakText(text, width - 2 * NOTE.padX, measureAt(setting, NOTE.size));
  return createRow([{ lines, x, width, align: 'left', tag }], x + width, NOTE);
}

function putOnCard(row: Fragment, { x: left, width }: Pick<Pair, 'x' | 'width'>): Fragment {
  const { height } = row;
  return {
    ...row,
    gap: 6,
    draw(canvas, x, y) {
      canvas.fillBox({ x: x + left, y, width, height }, COLORS.card);
      canvas.fillBox({ x: x + left - 2, y, width: 2, height }, COLORS.accent);
      row.draw(canvas, x, y);
    },
  };
}

/** Creates a row of a label at the left and a value at the right, which takes the room that it needs. */
function createPair({ label, value, x, width, tags }: Pair, look: RowLook, setting: BlockSetting): Fragment {
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
