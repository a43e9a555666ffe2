import type { Fragment } from '../layout/fragment.ts';
import { createRow } from '../layout/row.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block, FigureOfTable } from '../model.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { createFormatter } from '../text/formats.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';

type Figures = Extract<Block, { type: 'figures' }>;

const LOOKS = {
  label: { ...TYPE.small, padX: 10, padY: 0, color: COLORS.muted },
  value: { ...TYPE.figure, padX: 10, padY: 0, color: COLORS.ink, bold: true },
};
/** Between two cards, in points. */
const SPACE = 10;

/** The text of a figure: a sum as it stands below its table, or the number of its rows. */
function textOf(value: string | FigureOfTable, { tables, locale }: BlockSetting): string {
  if (typeof value === 'string') return value;
  const table = tables.get(value.table);
  if (value.key === undefined) return createFormatter('number', locale)(table?.entries ?? 0).text;
  const index = table?.columns.findIndex(({ key }) => key === value.key) ?? -1;
  return table?.sums[index] ?? '';
}

/** Lays out figures on quiet cards: a small label, the number below. */
export function layoutFigures(block: Figures, width: number, setting: BlockSetting): Fragment[] {
  const count = Math.max(3, block.items.length);
  const cardWidth = (width - SPACE * (count - 1)) / count;
  const list: Tag = { role: 'L', attributes: { O: 'List', ListNumbering: 'None' } };
  const tags = block.items.map(() => tagEntry(list));
  const toRow = (key: 'label' | 'value') => {
    const look = LOOKS[key];
    const measure = measureAt(setting, look.size, key === 'value');
    const cells = block.items.map((item, index) => {
      const lines = breakText(key === 'label' ? item.label : textOf(item.value, setting), cardWidth - 20, measure);
      const tag = tags[index]?.[key === 'label' ? 'label' : 'body'];
      return { lines, x: index * (cardWidth + SPACE), width: cardWidth, align: 'left' as const, tag };
    });
    return createRow(cells, width, look);
  };
  const label = toRow('label');
  const value = toRow('value');
  const height = label.height + value.height + 16;
  return [
    {
      height,
      gap: 14,
      draw(canvas, x, y) {
        for (const index of block.items.keys()) {
          const left = x + index * (cardWidth + SPACE);
          canvas.fillBox({ x: left, y, width: cardWidth, height }, COLORS.card);
          canvas.fillBox({ x: left, y, width: 2, height }, COLORS.accent);
        }
        label.draw(canvas, x, y + 8);
        value.draw(canvas, x, y + 8 + label.height);
      },
    },
  ];
}
