import { type DocumentPage, documentPageOf, internalsOf } from '../pdfkit-internals.ts';

/** Pages whose content isn't known while they are laid out: a table of contents waits for the pages it names. */
export interface BufferedPages {
  /** Keeps the present page in memory, and runs `draw` on it when the whole document is laid out. */
  drawLater(draw: () => void): void;
  /** Returns whether the present page is kept in memory. */
  isBuffered(): boolean;
  /** Runs everything that was put off, in its order, and writes the pages; afterwards the document can be ended. */
  flush(): void;
}

/** Creates the buffered pages of a pdfkit document; its own `bufferPages` would keep all pages in memory. */
export function createBufferedPages(document: PDFKit.PDFDocument): BufferedPages {
  const doc = internalsOf(document);
  const pending: { page: DocumentPage; ctm: number[]; draw: () => void }[] = [];
  const release = new Map<DocumentPage, () => void>();
  const buffer = (page: DocumentPage) => {
    const end = page.end;
    let isLeft = false;
    page.end = () => {
      isLeft = true;
    };
    release.set(page, () => {
      page.end = end;
      if (isLeft) page.end();
    });
  };
  return {
    isBuffered: () => release.has(documentPageOf(document)),
    drawLater(draw) {
      const page = documentPageOf(document);
      if (!release.has(page)) buffer(page);
      // pdfkit changes its matrix in place: the page's own is as it is now.
      pending.push({ page, ctm: [...doc._ctm], draw });
    },
    flush() {
      const { page: last, _ctm: ctm } = doc;
      for (const { draw, ...place } of pending.splice(0)) {
        doc.page = place.page;
        doc._ctm = place.ctm;
        draw();
      }
      doc.page = last;
      doc._ctm = ctm;
      for (const write of release.values()) write();
      release.clear();
    },
  };
}
