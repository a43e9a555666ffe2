import { internalsOf, type PdfDocument, type PdfObject } from './pdfkit-internals.ts';

/** What a file inside the report is to it, in the words of PDF. */
export const RELATIONSHIPS = ['Unspecified', 'Source', 'Data', 'Alternative', 'Supplement'] as const;
export type Relationship = (typeof RELATIONSHIPS)[number];

/** A file inside the report. */
export interface Attachment {
  filename: string;
  /** Its media type. */
  type: string;
  description?: string | undefined;
  relationship: Relationship;
  content: Uint8Array;
}

/** Anything but letters, digits and a few signs is written as its code in a PDF's names. */
const toName = (type: string): string =>
  type.replace(/[^\w.+-]/g, (sign) => `#${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);

// pdfkit distinguishes texts from names by their class.
const text = (value: string): unknown => new String(value);

function addFile(doc: PdfDocument, attachment: Attachment, createdAt: Date): PdfObject {
  const { filename, type, description, relationship, content } = attachment;
  const file = doc.ref({
    Type: 'EmbeddedFile',
    Subtype: toName(type),
    Params: { Size: content.length, CreationDate: createdAt, ModDate: createdAt },
  });
  file.end(content);
  const entry = doc.ref({
    Type: 'Filespec',
    F: text(filename),
    UF: text(filename),
    EF: { F: file, UF: file },
    AFRelationship: relationship,
    ...(description && { Desc: text(description) }),
  });
  entry.end();
  return entry;
}

/** Puts files into a document; readers list them in this order. */
export function attachFiles(document: PDFKit.PDFDocument, attachments: Attachment[], createdAt: Date): void {
  if (attachments.length === 0) return;
  const doc = internalsOf(document);
  const entries = attachments.map((attachment) => addFile(doc, attachment, createdAt));
  // Keys have to be in order; readers show the names of the files instead.
  const names = entries.flatMap((entry, index) => [text(String(index + 1).padStart(4, '0')), entry]);
  const { data } = doc._root;
  data.Names.data['EmbeddedFiles'] = { Names: names };
  data['AF'] = entries;
}
