import type { Fragment } from '../layout/fragment.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import { layoutKeyValues } from './key-values.ts';
import type { BlockSetting } from './setting.ts';
import { layoutPlain } from './text.ts';

type Callout = Extract<Block, { type: 'callout' }>;

const TITLE = { ...TYPE.small, color: COLORS.accent, bold: true };
/** Between the edge of the card and what stands on it, in points. */
const SPACE = 12;

/** Lays out keys with their values on a card, all on one page. */
export function layoutCallout({ title, items }: Callout, width: number, setting: BlockSetting): Fragment[] {
  const room = width - 2 * SPACE;
  const fragments = [
    ...layoutPlain(title, TITLE, { width: room }, setting),
    ...layoutKeyValues({ type: 'keyValues', items }, room, setting).map((fragment) => ({ ...fragment, gap: 0 })),
  ];
  const height = fragments.reduce((sum, fragment) => sum + fragment.height, 0) + 2 * SPACE - 4;
  return [
    {
      height,
      gap: BLOCK_GAP + 11,
      draw(canvas, x, y) {
        canvas.fillBox({ x, y, width, height }, COLORS.card);
        let top = y + SPACE - 2;
        for (const fragment of fragments) {
          fragment.draw(canvas, x + SPACE, top);
          top += fragment.height;
        }
      },
    },
  ];
}
