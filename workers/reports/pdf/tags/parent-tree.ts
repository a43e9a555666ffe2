import type { PdfDocument, PdfObject, PdfPage } from '../pdfkit-internals.ts';

/** The way back from a page's marked content to its elements: PDF's parent tree. */
export class ParentTree {
  readonly #doc: PdfDocument;
  readonly #pages = new Map<PdfPage, { key: number; owners: PdfObject[] }>();
  readonly #entries: { key: number; object: PdfObject }[] = [];
  #keys = 0;

  constructor(doc: PdfDocument) {
    this.#doc = doc;
  }

  #nextKey(): number {
    this.#keys += 1;
    return this.#keys - 1;
  }

  /** Adds marked content of `element` to a page, and returns the number it has there. */
  addContent(element: PdfObject, page: PdfPage, dictionary: PdfObject): number {
    let content = this.#pages.get(page);
    if (!content) {
      content = { key: this.#nextKey(), owners: [] };
      dictionary.data['StructParents'] = content.key;
      this.#pages.set(page, content);
    }
    return content.owners.push(element) - 1;
  }

  /** Adds something clickable that belongs to `element`, and returns its key. */
  addAnnotation(element: PdfObject): number {
    const key = this.#nextKey();
    this.#entries.push({ key, object: element });
    return key;
  }

  /** Writes what is known of a page: nothing is drawn on it any more. */
  endPage(page: PdfPage): void {
    const content = this.#pages.get(page);
    if (!content) return;
    this.#pages.delete(page);
    const object = this.#doc.ref(content.owners);
    object.end();
    object.data = {};
    this.#entries.push({ key: content.key, object });
  }

  /** Writes what is known of the pages that are left. */
  endPages(): void {
    for (const page of [...this.#pages.keys()]) this.endPage(page);
  }

  /** Writes the tree, and returns what the structure's root says of it. */
  end(): Record<string, unknown> {
    const entries = this.#entries.sort((a, b) => a.key - b.key).flatMap(({ key, object }) => [key, object]);
    const tree = this.#doc.ref({ Nums: entries });
    tree.end();
    return { ParentTree: tree, ParentTreeNextKey: this.#keys };
  }
}
