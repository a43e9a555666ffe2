import type { Fragment } from '../layout/fragment.ts';
import { createRow } from '../layout/row.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { type BlockSetting, breakText, measureAt } from './setting.ts';
import { linesToFragments } from './text.ts';

type Masthead = Extract<Block, { type: 'masthead' }>;
type Figures = Extract<Block, { type: 'figures' }>;

/** The report's head: small line, title, subtitle, author, and a rule with a heavy beginning below. */
export function layoutMasthead(block: Masthead, width: number, setting: BlockSetting): Fragment[] {
  const parts = [
    {
      text: block.kicker?.toLocaleUpperCase(setting.locale),
      type: TYPE.kicker,
      color: COLORS.accent,
      bold: true,
      gap: 0,
    },
    { text: block.title, type: TYPE.title, color: COLORS.ink, bold: true, gap: 2, role: 'H1' as const },
    { text: block.subtitle, type: TYPE.subtitle, color: COLORS.muted, bold: false, gap: 2 },
    { text: block.byline, type: TYPE.small, color: COLORS.muted, bold: false, gap: 5 },
  ];
  const fragments = parts.flatMap(({ text, type, color, bold, gap, role = 'P' as const }) => {
    if (!text) return [];
    const lines = breakText(text, width, measureAt(setting, type.size, bold));
    return linesToFragments(lines, { ...type, color, bold }, gap, undefined, { role });
  });
  const rule: Fragment = {
    height: 8,
    gap: 10,
    draw(canvas, x, y) {
      canvas.rule({ x, y, width }, { color: COLORS.hairline });
      canvas.rule({ x, y, width: 48 }, { color: COLORS.accent, thickness: 2 });
    },
  };
  return [...fragments.map((fragment) => ({ ...fragment, keep: true })), rule];
}

/** Figures on quiet tiles: a small label, the number below. */
export function layoutFigures(block: Figures, width: number, setting: BlockSetting): Fragment[] {
  const space = 10;
  const count = Math.max(3, block.items.length);
  const tileWidth = (width - space * (count - 1)) / count;
  const looks = {
    label: { ...TYPE.small, padX: 10, padY: 0, color: COLORS.muted },
    value: { ...TYPE.figure, padX: 10, padY: 0, color: COLORS.ink, bold: true },
  };
  const list: Tag = { role: 'L', attributes: { O: 'List', ListNumbering: 'None' } };
  const tags = block.items.map(() => tagEntry(list));
  const toRow = (key: 'label' | 'value') => {
    const look = looks[key];
    const measure = measureAt(setting, look.size, key === 'value');
    const cells = block.items.map((item, index) => {
      const lines = breakText(item[key], tileWidth - 20, measure);
      const tag = tags[index]?.[key === 'label' ? 'label' : 'body'];
      return { lines, x: index * (tileWidth + space), width: tileWidth, align: 'left' as const, tag };
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
          const left = x + index * (tileWidth + space);
          canvas.fillBox({ x: left, y, width: tileWidth, height }, COLORS.tile);
          canvas.fillBox({ x: left, y, width: 2, height }, COLORS.accent);
        }
        label.draw(canvas, x, y + 8);
        value.draw(canvas, x, y + 8 + label.height);
      },
    },
  ];
}
