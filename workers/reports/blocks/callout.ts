import { createSymbol } from '../codes/create-symbol.ts';
import { drawSymbol, modulesAcross, symbolHeight } from '../codes/draw-symbol.ts';
import type { Fragment } from '../layout/fragment.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Canvas } from '../pdf/canvas.ts';
import { layoutKeyValues } from './key-values.ts';
import type { BlockSetting } from './setting.ts';
import { layoutPlain } from './text.ts';

type Callout = Extract<Block, { type: 'callout' }>;

const TITLE = { ...TYPE.small, color: COLORS.accent, bold: true };
const CAPTION = { ...TYPE.small, color: COLORS.muted };
/** Between the edge of the card and what stands on it, in points. */
const SPACE = 12;
/** The width of a code with its quiet zone. */
const CODE_WIDTH = 96;

const heightOf = (fragments: Fragment[]): number => fragments.reduce((sum, { height }) => sum + height, 0);

function drawStack(canvas: Canvas, stack: Fragment[], x: number, y: number): void {
  let top = y;
  for (const fragment of stack) {
    fragment.draw(canvas, x, top);
    top += fragment.height;
  }
}

/** Lays out a code, and what it is for below it. */
function layoutCode({ text, caption }: NonNullable<Callout['code']>, setting: BlockSetting): Fragment[] {
  const symbol = createSymbol('qr', text);
  const module = CODE_WIDTH / modulesAcross(symbol);
  const height = symbolHeight(symbol, module);
  const figure: Fragment = {
    height: height + 4,
    draw(canvas, x, y) {
      const box = { x, y, width: CODE_WIDTH, height };
      canvas.tagged({ role: 'Figure', alt: caption }, () => drawSymbol(canvas, symbol, { x, y, module }), box);
    },
  };
  return [figure, ...layoutPlain(caption, CAPTION, { width: CODE_WIDTH }, setting)];
}

/** Lays out keys with their values on a card, beside them perhaps a code; all on one page. */
export function layoutCallout({ title, items, code }: Callout, width: number, setting: BlockSetting): Fragment[] {
  const room = width - 2 * SPACE - (code ? CODE_WIDTH + SPACE : 0);
  const fragments = [
    ...layoutPlain(title, TITLE, { width: room }, setting),
    ...layoutKeyValues({ type: 'keyValues', items }, room, setting).map((fragment) => ({ ...fragment, gap: 0 })),
  ];
  const beside = code ? layoutCode(code, setting) : [];
  const height = Math.max(heightOf(fragments), heightOf(beside)) + 2 * SPACE - 4;
  return [
    {
      height,
      gap: BLOCK_GAP + 11,
      draw(canvas, x, y) {
        canvas.fillBox({ x, y, width, height }, COLORS.card);
        drawStack(canvas, fragments, x + SPACE, y + SPACE - 2);
        drawStack(canvas, beside, x + width - SPACE - CODE_WIDTH, y + SPACE - 2);
      },
    },
  ];
}
