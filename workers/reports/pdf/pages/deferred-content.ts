import { internalsOf, type PdfObject, type PdfPage } from '../pdfkit-internals.ts';

/** A part of a page that is drawn when the whole document is known: "page x of y" on each of its pages. */
export interface DeferredContent {
  /** Keeps a place on the present page for what `draw` will draw there. */
  reserve(draw: () => void): void;
  /** Draws everything that was put off; afterwards the document can be ended. */
  flush(): void;
}

const NAME = 'Late';

/**
 * Creates the deferred content of a pdfkit document. A page can be written out although this part of it isn't known,
 * since it is an object of its own (a form): so pages need not be kept in memory, nor be laid out twice to count them.
 */
export function createDeferredContent(document: PDFKit.PDFDocument): DeferredContent {
  const doc = internalsOf(document);
  const pending: { form: PdfObject; page: PdfPage; draw: () => void }[] = [];
  return {
    reserve(draw) {
      const { width, height } = doc.page;
      const [fonts, xobjects] = [{}, {}];
      const form = doc.ref({
        Type: 'XObject',
        Subtype: 'Form',
        BBox: [0, 0, width, height],
        Resources: { Font: fonts, XObject: xobjects },
      });
      // A line of text: its compressed form would not be shorter.
      form.compress = false;
      doc.page.xobjects[NAME] = form;
      doc.page.write(`/${NAME} Do`);
      const page = { width, height, fonts, xobjects, write: (content: string) => form.write(content) };
      pending.push({ form, page, draw });
    },
    flush() {
      const { page: last } = doc;
      for (const { form, page, draw } of pending.splice(0)) {
        doc.page = page;
        // A form of nothing has to be a stream too.
        form.write('');
        draw();
        form.end();
      }
      doc.page = last;
    },
  };
}
