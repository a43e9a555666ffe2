import { drawOnPaper } from '../brand/letterhead.ts';
import type { PageMasters } from '../layout/page-master.ts';
import type { PageSink } from '../layout/paginate.ts';
import type { Canvas } from '../pdf/canvas.ts';
import type { DeferredContent } from '../pdf/pages/deferred-content.ts';
import type { OpenedImage } from '../pdf/pictures/embed-image.ts';
import type { Structure } from '../pdf/tags/structure.ts';

/** Thrown for a report with too many pages; the message is a public sentence. */
export class ReportTooLong extends Error {}

/** Thrown where a page begins that nobody wants to see: those before it are whole. */
export class EnoughPages extends Error {}

/** What pages are drawn with. */
export interface DrawingSinkSetting {
  canvas: Canvas;
  pageMasters: PageMasters;
  deferred: DeferredContent;
  structure: Structure | undefined;
  maxPages: number;
  /** What a page has at its foot may cover its footer, which is drawn when that is known. */
  mayCover: boolean;
  /** Only the first page is wanted. */
  isPreview: boolean;
  /** What the paper of the first page and of the others has on it before they are drawn; pages that lie on their side have nothing. */
  printed: { first: OpenedImage | undefined; following: OpenedImage | undefined };
}

function refuseTooLong(page: number, maxPages: number): void {
  if (page <= maxPages) return;
  const limit = maxPages.toLocaleString('en');
  throw new ReportTooLong(`The report is longer than ${limit} pages: split its data into several reports.`);
}

/**
 * Creates a sink that draws pages as they fill. What shows the number of pages is put off until it is known. Throws
 * ReportTooLong, and EnoughPages at the second page of a preview.
 */
export function createDrawingSink(setting: DrawingSinkSetting): PageSink {
  const { canvas, pageMasters, deferred, structure, maxPages, mayCover, isPreview, printed } = setting;
  let master = pageMasters.upright;
  const covered = new Set<number>();
  let present = 0;
  let pages: number | null = 0;
  return {
    startPage(page, isTurned) {
      refuseTooLong(page, maxPages);
      if (isPreview && page > 1) {
        pages = null;
        throw new EnoughPages();
      }
      pages = page;
      present = page;
      const own = (isTurned && pageMasters.turned) || pageMasters.upright;
      master = own;
      canvas.startPage(page, own.paper);
      const ground = page === 1 ? printed.first : printed.following;
      if (ground && own === pageMasters.upright) drawOnPaper(canvas, ground, own.paper);
      if (!own.showsPageCount && !mayCover) {
        own.drawBands(canvas, page, 0);
        return;
      }
      structure?.beginContent();
      deferred.reserve(() => {
        canvas.returnTo(page, own.paper);
        own.drawBands(canvas, page, pages, covered.has(page));
      });
    },
    place(fragment, y) {
      if (fragment.atFoot) covered.add(present);
      fragment.draw(canvas, master.frame.left, master.frame.top + y);
    },
  };
}
