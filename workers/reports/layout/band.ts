import { type FontStack, measureWith } from '../fonts/font-stack.ts';
import type { Canvas } from '../pdf/canvas.ts';
import { cleanText } from '../text/clean-text.ts';
import { breakLines, type Line } from '../text/lines.ts';
import { fillHead, type HeadFieldsOf } from './head-fields.ts';
import { drawLine, type Point } from './row.ts';
import { COLORS, TYPE } from './style.ts';

/** A header or footer: one text on every page, with its fields filled in; null: not known. */
export interface Band {
  height: number;
  /** Whether it says how many pages there are. */
  showsPageCount: boolean;
  draw(canvas: Canvas, at: Point, page: number, pages: number | null): void;
}

const LOOK = { ...TYPE.small, color: COLORS.muted };
/** More lines than these would leave no room for the body. */
const MAX_LINES = 3;
/** No page number is wider: pages are bounded. */
const WIDEST_NUMBER = 99_999;

/** Where a band stands: as wide as the body, at its left or right; a right-to-left document has it mirrored. */
export interface BandPlace {
  width: number;
  align: 'left' | 'right';
}

/** Creates a band; its height holds for every page. */
export function createBand(
  text: string,
  { width, align }: BandPlace,
  fontStack: FontStack,
  fieldsOf: HeadFieldsOf,
): Band {
  const linesFor = (page: number, pages: number | null): Line[] => {
    const filled = cleanText(fillHead(text, fieldsOf(page, pages)));
    return filled.trim() === ''
      ? []
      : breakLines([{ text: filled }], width, measureWith(fontStack, LOOK.size)).slice(0, MAX_LINES);
  };
  return {
    showsPageCount: text.includes('{pages}'),
    height: linesFor(WIDEST_NUMBER, WIDEST_NUMBER).length * LOOK.leading,
    draw(canvas, { x, y }, page, pages) {
      for (const [index, line] of linesFor(page, pages).entries()) {
        const left = align === 'right' ? x + width - line.width : x;
        drawLine(canvas, line, { x: left, y: y + index * LOOK.leading }, LOOK);
      }
    },
  };
}
