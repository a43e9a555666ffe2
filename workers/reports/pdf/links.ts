import type { Box } from './box.ts';
import { documentPageOf, outlineOf } from './pdfkit-internals.ts';
import type { Structure } from './tags/structure.ts';
import type { Tag } from './tags/tag.ts';

/** What can be clicked in a document, and the places that it leads to. */
export interface Links {
  /** Remembers where a block begins: `y` from the top of the present page, whose number is `page`. */
  anchor(block: object, page: number, y: number): void;
  /** Returns the page a block begins on; none while it is not known. */
  pageOf(block: object): number | undefined;
  /** Leads from a rectangle of the present page to a block; `description` says so to those who don't see it. */
  toBlock(block: object, description: string, box: Box): void;
  /** Leads to an address from what `draw` draws; the same one again, without `interrupt` between, is the same link. */
  toAddress(link: AddressLink, draw: () => void): void;
  interrupt(): void;
  /** Adds an entry of the reader's side bar that leads to this height of the present page. */
  bookmark(title: string, level: number, y: number): void;
}

/** A link to an address: what it says to those who don't see it, and the rectangle of the present page it is in. */
export interface AddressLink {
  address: string;
  description: string;
  box: Box;
}

/** Creates the links of a pdfkit document, in its structure where it has one. */
export function createLinks(doc: PDFKit.PDFDocument, structure: Structure | undefined): Links {
  const bookmarks: PDFKit.PDFOutline[] = [doc.outline];
  const anchors = new Map<object, { page: number; target: unknown[] }>();
  let last: { address: string; tag: Tag } | undefined;
  const pageNow = () => documentPageOf(doc);

  /** Returns a place as links name it: the page as it is zoomed, with this at its top. */
  const targetAt = (y: number): unknown[] => {
    const { dictionary, height } = pageNow();
    return [dictionary, 'XYZ', null, height - y, null];
  };
  /** Adds a link for readers that see the page and, in words, for those that don't. */
  const addLink = (tag: Tag | undefined, description: string, { x, y, width, height }: Box, leads: object) => {
    const add = (more: object): unknown => {
      const annotation: unknown = { Subtype: 'Link', Contents: new String(description), ...leads, ...more };
      doc.annotate(x, y, width, height, annotation as PDFKit.Mixins.AnnotationOption);
      return pageNow().annotations.at(-1);
    };
    if (tag && structure) structure.annotate(tag, (key) => add({ StructParent: key }));
    else add({});
  };
  const tagFor = (address: string, parent: Tag): Tag => {
    if (last?.address !== address || last.tag.parent !== parent) last = { address, tag: { role: 'Link', parent } };
    return last.tag;
  };
  return {
    anchor: (block, page, y) => void anchors.set(block, { page, target: targetAt(y) }),
    pageOf: (block) => anchors.get(block)?.page,
    toBlock(block, description, box) {
      const target = anchors.get(block)?.target;
      if (target) addLink(structure?.current, description, box, { Dest: target });
    },
    toAddress({ address, description, box }, draw) {
      const parent = structure?.current;
      const tag = parent && tagFor(address, parent);
      if (tag) structure?.within(tag, draw);
      else draw();
      addLink(tag, description, box, { A: { S: 'URI', URI: new String(address) } });
    },
    interrupt() {
      last = undefined;
    },
    bookmark(title, level, y) {
      bookmarks.length = Math.min(level, bookmarks.length);
      const parent = bookmarks.at(-1);
      const item = parent?.addItem(title);
      if (!parent || !item) return;
      bookmarks.push(item);
      // pdfkit would show the whole page, and not say how many entries are inside a closed one (below zero).
      outlineOf(item).outlineData['Dest'] = targetAt(y);
      const { outlineData, children } = outlineOf(parent);
      outlineData['Count'] = parent === doc.outline ? children.length : -children.length;
    },
  };
}
