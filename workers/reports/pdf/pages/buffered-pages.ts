import { type DocumentPage, documentPageOf, internalsOf } from '../pdfkit-internals.ts';

/** Pages whose content isn't known while they are laid out: a table of contents waits for the pages it tells of. */
export interface HeldPages {
  /** Keeps the present page back, and draws on it when the whole document is laid out. */
  hold(draw: () => void): void;
  /** Whether the present page is held. */
  has(): boolean;
  /** Draws everything that was put off, in its order; afterwards the document can be ended. */
  fill(): void;
}

/** Held pages of a pdfkit document; they stay in memory to its end. */
export function createHeldPages(document: PDFKit.PDFDocument): HeldPages {
  const doc = internalsOf(document);
  const waiting: { page: DocumentPage; ctm: number[]; draw: () => void }[] = [];
  const release = new Map<DocumentPage, () => void>();
  const keep = (page: DocumentPage) => {
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
    has: () => release.has(documentPageOf(document)),
    hold(draw) {
      const page = documentPageOf(document);
      const { _ctm: ctm } = doc;
      if (!release.has(page)) keep(page);
      waiting.push({ page, ctm, draw });
    },
    fill() {
      const { page: last, _ctm: ctm } = doc;
      for (const { draw, ...place } of waiting.splice(0)) {
        doc.page = place.page;
        doc._ctm = place.ctm;
        draw();
      }
      doc.page = last;
      doc._ctm = ctm;
      for (const end of release.values()) end();
      release.clear();
    },
  };
}
