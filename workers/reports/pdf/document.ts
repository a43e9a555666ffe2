import PDFDocument from 'pdfkit';
import { dropNonXml } from '../../../src/fields/escape-xml.ts';
import type { Report } from '../model.ts';
import { createSecurity } from './encryption.ts';
import { internalsOf, type PdfDocument } from './pdfkit-internals.ts';
import { writeXmp } from './xmp.ts';

const MAKER = 'Heavylift';

/** A text of the metadata, which is the same in Info and in XMP: without what XML can't hold, or reads as something else. */
const toMetadata = (text: string): string => dropNonXml(text).replaceAll(/\r\n?/g, '\n');

/** pdfkit would write titles into the XML as they are, so that `&` makes it unreadable. */
function replaceMetadata(doc: PdfDocument, report: Report): void {
  doc.endMetadata = () => {
    const metadata = doc.ref({ Type: 'Metadata', Subtype: 'XML' });
    metadata.compress = false;
    const { profile, xmpExtension } = report;
    metadata.write(Buffer.from(writeXmp({ ...report, producer: MAKER }, profile, xmpExtension)));
    metadata.end();
    doc._root.data['Metadata'] = metadata;
  };
}

/** An empty document with all that a report says about itself. Without a password equal reports give equal bytes. */
export function createDocument(report: Report): PDFKit.PDFDocument {
  const { lang, createdAt, password, profile } = report;
  const title = toMetadata(report.title);
  const author = report.author && toMetadata(report.author);
  const isArchived = profile === 'PDF/A-2b' || profile === 'PDF/A-3b';
  const options: PDFKit.PDFDocumentOptions = {
    autoFirstPage: false,
    margin: 0,
    // Fonts are registered later; without this pdfkit begins with Helvetica, which is not embedded.
    font: '',
    fontLayoutCache: false,
    pdfVersion: '1.7',
    // Adds the description of the colours.
    ...(isArchived && { subset: profile }),
    lang,
    displayTitle: true,
    info: {
      Title: title,
      ...(author && { Author: author }),
      Creator: MAKER,
      Producer: MAKER,
      CreationDate: createdAt,
      ModDate: createdAt,
    },
  };
  const doc = new PDFDocument(options);
  const inner = internalsOf(doc);
  replaceMetadata(inner, { ...report, title, author });
  if (password !== undefined) {
    inner._security = createSecurity((data) => inner.ref(data), password);
    inner._root.data['Extensions'] = { ADBE: { BaseVersion: '1.7', ExtensionLevel: 8 } };
  }
  return doc;
}
