import type { HeldPages } from '../pages/buffered-pages.ts';
import { internalsOf, type PdfDocument, type PdfObject, type PdfPage } from '../pdfkit-internals.ts';
import type { Tag } from './tag.ts';

/** Says what the drawn things are, and in which order they are read: a tree beside the pages, made of tags. */
export interface Structure {
  /** What is drawn inside belongs to the tag; without one it is decoration, which nobody is read. */
  within(tag: Tag | undefined, draw: () => void, box?: Box): void;
  /** Tags without a parent that are first drawn inside stand in `group`, in place of the document. */
  grouped(group: Tag, draw: () => void): void;
  /** The tag that is drawn for. */
  readonly current: Tag | undefined;
  /** To be called before anything is written onto a page. */
  mark(): void;
  /** To be called before a page is left, and after drawing on a page that was left. */
  closeMark(): void;
  leavePage(): void;
  /** Gives a tag its place among its siblings before it is drawn. */
  keepPlace(tag: Tag): void;
  /** Ties what can be clicked to a tag: `add` is given a key for it, and answers its object. */
  annotate(tag: Tag, add: (key: number) => unknown): void;
  /** Writes what is left; afterwards the document can be ended. */
  end(): void;
}

/** Where a figure stands: its lower left and upper right corner, as a PDF counts. */
export type Box = [number, number, number, number];

/** A tag in the document. */
interface Element {
  object: PdfObject;
  tag: Tag;
  /** The page that numbers among its kids mean. */
  page: PdfObject | undefined;
  kids: unknown[];
  /** Elements inside it that may still grow. */
  open: Element[];
}

/** The elements of a document. A table's row is written out as soon as the next begins, so that long tables take no memory. */
class ElementTree {
  readonly #elements = new Map<Tag, Element>();
  readonly #doc: PdfDocument;
  readonly #top: Element;
  /** Where tags without a parent stand. */
  group: Tag | undefined;

  constructor(doc: PdfDocument, root: PdfObject) {
    this.#doc = doc;
    this.#top = this.#create({ role: 'Document' }, root);
    root.data['K'] = [this.#top.object];
  }

  #create(tag: Tag, parent: PdfObject): Element {
    const { role, alt, attributes } = tag;
    const data: Record<string, unknown> = { Type: 'StructElem', S: role, P: parent };
    if (alt !== undefined) data['Alt'] = new String(alt);
    if (attributes) data['A'] = { ...attributes };
    return { object: this.#doc.ref(data), tag, page: undefined, kids: [], open: [] };
  }

  find(tag: Tag): Element {
    const known = this.#elements.get(tag);
    if (known) return known;
    const above = tag.parent ?? (this.group === tag ? undefined : this.group);
    const parent = above ? this.find(above) : this.#top;
    const last = parent.open.at(-1);
    if (tag.role === 'TR' && last?.tag.role === 'TR') this.#close(parent.open.pop());
    const element = this.#create(tag, parent.object);
    this.#elements.set(tag, element);
    parent.kids.push(element.object);
    parent.open.push(element);
    return element;
  }

  #close(element: Element | undefined): void {
    if (!element) return;
    for (const inner of element.open.splice(0)) this.#close(inner);
    const { object, kids, page, tag } = element;
    object.data['K'] = kids;
    if (page) object.data['Pg'] = page;
    object.end();
    object.data = {};
    this.#elements.delete(tag);
  }

  end(): void {
    this.#close(this.#top);
  }
}

function addContent(element: Element, page: PdfObject, id: number): void {
  element.page ??= page;
  element.kids.push(element.page === page ? id : { Type: 'MCR', Pg: page, MCID: id });
}

/** The structure of a pdfkit document, whose own would keep all of it in memory. */
export function createStructure(document: PDFKit.PDFDocument, held: HeldPages): Structure {
  const doc = internalsOf(document);
  const root = doc.ref({ Type: 'StructTreeRoot' });
  doc._root.data['StructTreeRoot'] = root;
  doc._root.data['MarkInfo'] = doc.ref({ Marked: true });
  const tree = new ElementTree(doc, root);
  const pages = new Map<PdfPage, { key: number; owners: PdfObject[] }>();
  const owners: { key: number; object: PdfObject }[] = [];
  let keys = 0;
  let wanted: Tag | undefined;
  let isOpen = false;
  let opened: Tag | undefined;

  const nextKey = (): number => {
    keys += 1;
    return keys - 1;
  };
  const openTag = (tag: Tag, page: PdfPage, dictionary: PdfObject) => {
    let content = pages.get(page);
    if (!content) {
      content = { key: nextKey(), owners: [] };
      dictionary.data['StructParents'] = content.key;
      pages.set(page, content);
    }
    const element = tree.find(tag);
    const id = content.owners.push(element.object) - 1;
    addContent(element, dictionary, id);
    page.write(`/${tag.role} <</MCID ${id}>> BDC`);
  };
  const closeMark = () => {
    if (isOpen) doc.page.write('EMC');
    isOpen = false;
  };
  const endPage = (page: PdfPage) => {
    const content = pages.get(page);
    if (!content) return;
    pages.delete(page);
    const object = doc.ref(content.owners);
    object.end();
    object.data = {};
    owners.push({ key: content.key, object });
  };
  return {
    get current() {
      return wanted;
    },
    within(tag, draw, box) {
      const before = wanted;
      wanted = tag;
      if (tag && box) tree.find(tag).object.data['A'] = { O: 'Layout', Placement: 'Block', BBox: box };
      draw();
      wanted = before;
    },
    grouped(group, draw) {
      const before = tree.group;
      tree.group = group;
      draw();
      tree.group = before;
    },
    mark() {
      const { page } = doc;
      // All of a form is decoration where it is shown.
      if (!page.dictionary || (isOpen && opened === wanted)) return;
      closeMark();
      if (wanted) openTag(wanted, page, page.dictionary);
      else page.write('/Artifact BMC');
      isOpen = true;
      opened = wanted;
    },
    closeMark,
    leavePage() {
      closeMark();
      if (doc.page && !held.has()) endPage(doc.page);
    },
    keepPlace: (tag) => void tree.find(tag),
    annotate(tag, add) {
      const element = tree.find(tag);
      const key = nextKey();
      element.kids.push({ Type: 'OBJR', Pg: doc.page.dictionary, Obj: add(key) });
      owners.push({ key, object: element.object });
    },
    end() {
      for (const page of [...pages.keys()]) endPage(page);
      tree.end();
      const entries = owners.sort((a, b) => a.key - b.key).flatMap(({ key, object }) => [key, object]);
      const parents = doc.ref({ Nums: entries });
      parents.end();
      root.data = { ...root.data, ParentTree: parents, ParentTreeNextKey: keys };
    },
  };
}
