import type { Block } from '../model.ts';
import type { Canvas } from '../pdf/canvas.ts';

/** The smallest thing that pages are filled with: a line of text, a table row, a picture. Sizes are in points. */
export interface Fragment {
  height: number;
  /** Space before it; none at the top of a page. */
  gap?: number;
  /** Stays on one page with the fragment that follows. */
  keep?: boolean;
  /** What follows begins on a new page. */
  pageBreak?: boolean;
  /** Stands on a page that lies on its side. */
  isTurned?: boolean;
  /** Stands at the foot of the page's body, where it covers what the margin below has. */
  atFoot?: boolean;
  /** Drawn again on top of each page that begins with this fragment: a table's header row. */
  repeat?: Fragment;
  /** What ends the page before it and begins its own, where it is the first of a page: a sum that is carried forward. */
  carry?: { foot(): Fragment; top(): Fragment };
  /** Room that has to be left below it on its page, for what may end that; asked near a page's end alone. */
  reserve?: () => number;
  /** The block it is a part of, and of a table also which part. */
  block?: Block;
  part?: 'caption' | 'header' | 'row' | 'total';
  /** Two fragments, the first at most `available` high; undefined when that is not possible. */
  split?(available: number): [Fragment, Fragment] | undefined;
  /** Draws it with its upper left corner at (x, y) of the canvas. */
  draw(canvas: Canvas, x: number, y: number): void;
}

/** Empty space that begins nothing; with `pageBreak`, the end of a page. */
export const emptyFragment = (height: number, pageBreak = false): Fragment => ({ height, pageBreak, draw: () => {} });
