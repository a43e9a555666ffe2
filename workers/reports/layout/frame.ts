import { type PageSetting, parseLength } from '../input/fields.ts';

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

/** Creates the frame of pages. Headers and footers stand in the margin; where it is too narrow, the body gives way. */
export function createFrame(page: PageSetting, headerHeight: number, footerHeight: number): Frame {
  const [short, long] = PAPER[page.size];
  const [pageWidth, pageHeight] = page.orientation === 'portrait' ? [short, long] : [long, short];
  const margin = parseLength(page.margin) ?? 0;
  const reserve = (height: number) => Math.max(margin, height === 0 ? 0 : EDGE + height + BAND_SPACE);
  const top = reserve(headerHeight);
  const bodyHeight = pageHeight - top - reserve(footerHeight);
  return { pageWidth, pageHeight, left: margin, width: pageWidth - 2 * margin, top, bodyHeight };
}
