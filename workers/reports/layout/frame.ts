import { parseLength } from '../../../src/fields/length.ts';
import type { PageSetting } from '../input/fields.ts';

/** Where things stand on every page of a report, in points. */
export interface Frame {
  pageWidth: number;
  pageHeight: number;
  /** The left edge of everything, and its width. */
  left: number;
  width: number;
  /** The body's upper edge and its height. */
  top: number;
  bodyHeight: number;
  /** What is free between a footer and the edge of the paper. */
  edge: number;
}

/** Paper in points, portrait. */
const PAPER = {
  A3: [841.89, 1190.55],
  A4: [595.28, 841.89],
  A5: [419.53, 595.28],
  Letter: [612, 792],
  Legal: [612, 1008],
} as const;

/** Space between the edge of the paper and a header or footer, and between these and the body. */
export const EDGE = 18;
const BAND_SPACE = 8;

/** The room in points that a letterhead takes: at the head of the first page, of the others, and at the foot of all. */
export interface PaperRoom {
  top: number;
  followingTop: number;
  bottom: number;
}

const NO_PAPER: PaperRoom = { top: 0, followingTop: 0, bottom: 0 };

/** No letterhead takes more of a page at its foot, of all pages at their head, and of the first page. */
const MOST_BOTTOM = 1 / 3;
const MOST_HEAD = 1 / 3;
const MOST_FIRST = 0.6;

/**
 * Creates the frame of pages. Headers and footers stand in the margin; where it is too narrow, the body gives way. `paper` is
 * the room that a letterhead takes.
 */
export function createFrame(page: PageSetting, headerHeight: number, footerHeight: number, paper = NO_PAPER): Frame {
  const [short, long] = PAPER[page.size];
  const [pageWidth, pageHeight] = page.orientation === 'portrait' ? [short, long] : [long, short];
  const margin = parseLength(page.margin) ?? 0;
  const reserve = (height: number, edge = EDGE) => Math.max(margin, height === 0 ? 0 : edge + height + BAND_SPACE);
  const { followingTop, bottom } = paper;
  const top = Math.max(reserve(headerHeight), Math.min(followingTop, pageHeight * MOST_HEAD));
  const edge = Math.max(EDGE, Math.min(bottom, pageHeight * MOST_BOTTOM));
  const bodyHeight = pageHeight - top - Math.max(reserve(footerHeight, edge), bottom > 0 ? edge : 0);
  return { pageWidth, pageHeight, left: margin, width: pageWidth - 2 * margin, top, bodyHeight, edge };
}

/** How far below the others' body that of the first page begins. */
export const firstRoom = ({ top, bodyHeight }: Frame, paper = NO_PAPER): number =>
  Math.max(0, Math.min(paper.top - top, bodyHeight * MOST_FIRST));

/** Where a header stands: at the edge of the paper, or above the body of paper that has something there itself. */
export function headerTop(frame: Frame, headerHeight: number, page: number, paper: PaperRoom | undefined): number {
  const body = frame.top + (page === 1 ? firstRoom(frame, paper) : 0);
  const room = page === 1 ? paper?.top : paper?.followingTop;
  return room ? Math.max(EDGE, body - BAND_SPACE - headerHeight) : EDGE;
}
