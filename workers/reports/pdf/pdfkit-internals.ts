import type { Font as ParsedFont } from 'fontkit';

// All that reports use of pdfkit beyond its types, and the only casts to reach it. pdfkit is pinned to one version, and
// a test checks each field named here against it: a new version is taken in by that test.

/** An object of the file: a dictionary, perhaps with a stream. */
export interface PdfObject {
  /** The entries of its dictionary; written by `end`. */
  data: Record<string, unknown>;
  /** Whether its stream is deflated. */
  compress: boolean;
  /** What its stream has so far. */
  buffer: Uint8Array[];
  /** Appends to its stream; a string is taken as Latin-1 and gets a line end. */
  write(chunk: string | Uint8Array): void;
  /** Writes the object into the file. */
  end(chunk?: Uint8Array): void;
}

/** What is drawn on: a page, or a form that stands in for one (see DeferredContent). */
export interface PdfPage {
  width: number;
  height: number;
  /** The page's own object; a form has none. */
  dictionary?: PdfObject;
  /** The fonts of its resources, by their names. */
  fonts: Record<string, unknown>;
  /** The pictures and forms of its resources, by their names. */
  xobjects: Record<string, unknown>;
  /** Appends operators to its content. */
  write(content: string): void;
}

/** A page of the document. */
export interface DocumentPage extends PdfPage {
  dictionary: PdfObject;
  /** The stream of operators; a new page begins with the turn of its coordinates. */
  content: PdfObject;
  /** What can be clicked on it. */
  annotations: unknown[];
  /** Writes the page into the file; called when the next page begins. */
  end(): void;
}

/** What encrypts a document. */
export interface Security {
  dictionary: unknown;
  /** Called for each object, with what its strings and its stream are to be encrypted by. */
  getEncryptFn(): (content: Uint8Array) => Uint8Array;
  end(): void;
}

/** A font in a document. Its lists are by character code. */
export interface PdfFont {
  /** Its name in a page's resources. */
  id: string;
  /** The glyph of each code. */
  subset: { glyphs: number[] };
  /** The width of each code in thousandths of the size. */
  widths: number[];
  /** The characters that each code is read as. */
  unicode: number[][];
  /** The font's object, for a page's resources. */
  ref(): unknown;
}

/** A picture that pdfkit opened. */
export interface PdfImage {
  width: number;
  height: number;
  /** As EXIF numbers it; JPEG only. */
  orientation?: number;
  /** JPEG only. */
  colorSpace?: string;
  /** A PNG's reader; null once its pixels are in the file. */
  image?: {
    imgData: Uint8Array;
    bits: number;
    /** Of a pixel, its transparency included. */
    pixelBitlength: number;
    interlaceMethod: number;
  } | null;
  /** Puts it into the file; a PNG with transparency is unpacked by and by. */
  embed(doc: PDFKit.PDFDocument): void;
}

/** An entry of the reader's side bar. */
export interface PdfOutline {
  /** The entry's dictionary, written at the document's end. */
  outlineData: Record<string, unknown>;
  children: unknown[];
}

/** A pdfkit document with its inner fields. */
export interface PdfDocument {
  /** What is drawn on now. */
  page: PdfPage;
  /** The matrix from the page's coordinates to the paper's: it turns them upside down, by the page's height. */
  _ctm: number[];
  /** The font that was chosen last. */
  _font: PdfFont;
  /** The document's catalog, with its name trees below `Names`. */
  _root: PdfObject & { data: { Names: PdfObject } };
  /** Encrypts what is written; null for an open document. */
  _security: Security | null;
  /** Makes an object of the file, which is written when it ends. */
  ref(data: unknown): PdfObject;
  /** Writes the XMP packet, at the document's end. */
  endMetadata(): void;
  /** Opens a PNG or JPEG; throws for what is neither. */
  openImage(content: Buffer): PdfImage;
  /** Takes the file's bytes piece by piece, then null: a method of Node's readable streams. */
  push(piece: Uint8Array | null): boolean;
}

/** Returns the document with its inner fields. */
export const internalsOf = (doc: PDFKit.PDFDocument): PdfDocument => doc as unknown as PdfDocument;

/** Returns the page that is drawn on, which must not be a form. */
export const documentPageOf = (doc: PDFKit.PDFDocument): DocumentPage => internalsOf(doc).page as DocumentPage;

/** Returns an entry of the side bar with its inner fields. */
export const outlineOf = (bookmark: PDFKit.PDFOutline): PdfOutline => bookmark as unknown as PdfOutline;

/** Returns an opened picture as `doc.image` takes it. */
export const imageSourceOf = (image: PdfImage): PDFKit.Mixins.ImageSrc => image as unknown as PDFKit.Mixins.ImageSrc;

/** Registers a font that fontkit parsed under a name, chooses it, and returns it. */
export function addParsedFont(doc: PDFKit.PDFDocument, name: string, parsed: ParsedFont): PdfFont {
  doc.registerFont(name, parsed as unknown as PDFKit.Mixins.PDFFontSource);
  doc.font(name);
  return internalsOf(doc)._font;
}

/** Dashes the lines that follow by the lengths of dashes and gaps; the types know one length only. */
export function setDash(doc: PDFKit.PDFDocument, lengths: readonly number[]): void {
  doc.dash(lengths as unknown as number, {});
}
