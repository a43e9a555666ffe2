import type { FontStack } from '../fonts/font-stack.ts';
import type { Report } from '../model.ts';
import type { Canvas } from '../pdf/canvas.ts';
import { type Band, type BandPlace, createBand } from './band.ts';
import { createFrame, type Frame, headerTop } from './frame.ts';
import { createHeadFields } from './head-fields.ts';

/** A page of a report as it is before anything stands in its body. */
export interface PageMaster {
  frame: Frame;
  paper: [number, number];
  /** Whether the header or the footer says how many pages there are. */
  showsPageCount: boolean;
  /** `pages`: how many there are, null where that is not known. `isCovered`: something else stands at its foot. */
  drawBands(canvas: Canvas, page: number, pages: number | null, isCovered?: boolean): void;
}

/** The pages of a report as they stand, and turned: for tables that are too wide. Landscape pages can't be turned. */
export interface PageMasters {
  upright: PageMaster;
  turned: PageMaster | undefined;
}

function createPageMaster(report: Report, fontStack: FontStack): PageMaster {
  const { width } = createFrame(report.page, 0, 0);
  const fieldsOf = createHeadFields(report);
  const band = (text: string, align: BandPlace['align']): Band =>
    createBand(text, { width, align }, fontStack, fieldsOf);
  const header = band(report.header, 'left');
  const footer = band(report.footer, 'right');
  const foot = band(report.foot, 'left');
  const frame = createFrame(report.page, header.height, footer.height + foot.height, report.paper);
  return {
    frame,
    paper: [frame.pageWidth, frame.pageHeight],
    showsPageCount: [header, footer, foot].some((one) => one.showsPageCount),
    drawBands(canvas, page, pages, isCovered = false) {
      header.draw(canvas, { x: frame.left, y: headerTop(frame, header.height, page, report.paper) }, page, pages);
      if (isCovered) return;
      const bottom = frame.pageHeight - frame.edge - foot.height;
      footer.draw(canvas, { x: frame.left, y: bottom - footer.height }, page, pages);
      foot.draw(canvas, { x: frame.left, y: bottom }, page, pages);
    },
  };
}

/** Creates the page masters of a report. */
export function createPageMasters(report: Report, fontStack: FontStack): PageMasters {
  const { page } = report;
  const landscape: Report = { ...report, paper: undefined, page: { ...page, orientation: 'landscape' } };
  return {
    upright: createPageMaster(report, fontStack),
    turned: page.orientation === 'portrait' ? createPageMaster(landscape, fontStack) : undefined,
  };
}
