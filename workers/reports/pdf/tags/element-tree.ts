import type { PdfDocument, PdfObject } from '../pdfkit-internals.ts';
import type { Tag } from './tag.ts';

/** A tag in the document: a structure element, in the words of PDF. */
export interface Element {
  object: PdfObject;
  tag: Tag;
  /** The page that numbers among its kids mean. */
  page: PdfObject | undefined;
  kids: unknown[];
  /** Elements inside it that may still grow. */
  open: Element[];
}

/** Adds to an element the marked content that has the number `id` on its page. */
export function addContentId(element: Element, page: PdfObject, id: number): void {
  element.page ??= page;
  element.kids.push(element.page === page ? id : { Type: 'MCR', Pg: page, MCID: id });
}

/**
 * The elements of a document. A table's row is written out as soon as the next begins, so that long tables take no
 * memory.
 */
export class ElementTree {
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

  /** Finds a tag's element; creates it, and those it is inside of, where it isn't there yet. */
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

  /** Writes what is left. */
  end(): void {
    this.#close(this.#top);
  }
}
