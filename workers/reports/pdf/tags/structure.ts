import type { BufferedPages } from '../pages/buffered-pages.ts';
import { internalsOf, type PdfDocument, type PdfObject, type PdfPage } from '../pdfkit-internals.ts';
import { addContentId, ElementTree } from './element-tree.ts';
import { ParentTree } from './parent-tree.ts';
import type { Tag } from './tag.ts';

/** Where a figure stands: its lower left and upper right corner, as a PDF counts. */
export type Corners = [number, number, number, number];

/** What the drawn things of a document are, and in which order they are read: a tree of tags beside the pages. */
export interface Structure {
  /** Runs `draw`, whose content belongs to the tag; without one it is decoration, which isn't read aloud. */
  within(tag: Tag | undefined, draw: () => void, corners?: Corners): void;
  /** Runs `draw`; tags without a parent that are first drawn by it stand in `group`, in place of the document. */
  grouped(group: Tag, draw: () => void): void;
  /** The tag that is drawn for. */
  readonly current: Tag | undefined;
  /** Begins marked content of the current tag, unless it is open. Call it before anything is written onto a page. */
  beginContent(): void;
  /** Ends the marked content that is open. Call it after drawing on a page that was left. */
  endContent(): void;
  /** Ends the content of the present page. Call it before the page is left. */
  leavePage(): void;
  /** Gives a tag its place among its siblings before it is drawn. */
  keepPlace(tag: Tag): void;
  /** Ties what can be clicked to a tag: `add` gets its key, and returns its object. */
  annotate(tag: Tag, add: (key: number) => unknown): void;
  /** Writes what is left; afterwards the document can be ended. */
  end(): void;
}

class DocumentStructure implements Structure {
  readonly #doc: PdfDocument;
  readonly #pages: BufferedPages;
  readonly #root: PdfObject;
  readonly #elements: ElementTree;
  readonly #parents: ParentTree;
  #current: Tag | undefined;
  /** The marked content that is open on the present page. */
  #open: { tag: Tag | undefined } | undefined;

  constructor(doc: PdfDocument, pages: BufferedPages) {
    this.#doc = doc;
    this.#pages = pages;
    this.#root = doc.ref({ Type: 'StructTreeRoot' });
    doc._root.data['StructTreeRoot'] = this.#root;
    doc._root.data['MarkInfo'] = doc.ref({ Marked: true });
    this.#elements = new ElementTree(doc, this.#root);
    this.#parents = new ParentTree(doc);
  }

  get current(): Tag | undefined {
    return this.#current;
  }

  within(tag: Tag | undefined, draw: () => void, corners?: Corners): void {
    const before = this.#current;
    this.#current = tag;
    if (tag && corners) this.#elements.find(tag).object.data['A'] = { O: 'Layout', Placement: 'Block', BBox: corners };
    draw();
    this.#current = before;
  }

  grouped(group: Tag, draw: () => void): void {
    const before = this.#elements.group;
    this.#elements.group = group;
    draw();
    this.#elements.group = before;
  }

  beginContent(): void {
    const { page } = this.#doc;
    // All of a form is decoration where it is shown.
    if (!page.dictionary || (this.#open && this.#open.tag === this.#current)) return;
    this.endContent();
    if (this.#current) this.#beginTag(this.#current, page, page.dictionary);
    else page.write('/Artifact BMC');
    this.#open = { tag: this.#current };
  }

  #beginTag(tag: Tag, page: PdfPage, dictionary: PdfObject): void {
    const element = this.#elements.find(tag);
    const id = this.#parents.addContent(element.object, page, dictionary);
    addContentId(element, dictionary, id);
    page.write(`/${tag.role} <</MCID ${id}>> BDC`);
  }

  endContent(): void {
    if (this.#open) this.#doc.page.write('EMC');
    this.#open = undefined;
  }

  leavePage(): void {
    this.endContent();
    if (this.#doc.page && !this.#pages.isBuffered()) this.#parents.endPage(this.#doc.page);
  }

  keepPlace(tag: Tag): void {
    this.#elements.find(tag);
  }

  annotate(tag: Tag, add: (key: number) => unknown): void {
    const element = this.#elements.find(tag);
    const key = this.#parents.addAnnotation(element.object);
    element.kids.push({ Type: 'OBJR', Pg: this.#doc.page.dictionary, Obj: add(key) });
  }

  end(): void {
    this.#parents.endPages();
    this.#elements.end();
    this.#root.data = { ...this.#root.data, ...this.#parents.end() };
  }
}

/** Creates the structure of a pdfkit document, whose own would keep all of it in memory. */
export const createStructure = (document: PDFKit.PDFDocument, pages: BufferedPages): Structure =>
  new DocumentStructure(internalsOf(document), pages);
