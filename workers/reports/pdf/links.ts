import { documentPageOf, outlineOf } from './pdfkit-internals.ts';
import type { Structure } from './tags/structure.ts';
import type { Tag } from './tags/tag.ts';

/** A rectangle on the present page: x, y, width, height in points from its upper left corner. */
export type Rectangle = [number, number, number, number];

/** What can be clicked in a document, and the places that it leads to. */
export interface Links {
  /** Remembers where a block begins: `y` from the top of the present page, whose number is `page`. */
  anchor(block: object, page: number, y: number): void;
  pageOf(block: object): number | undefined;
  /** Leads from a rectangle to a block. */
  toBlock(block: object, words: string, place: Rectangle): void;
  /** Leads from what `draw` draws to an address. What follows without `interrupt` and has the same one is the same link. */
  toAddress(address: string, words: string, place: Rectangle, draw: () => void): void;
  interrupt(): void;
  /** An entry of the reader's side bar that leads to this height of the present page. */
  bookmark(title: string, level: number, y: number): void;
}

/** Links of a pdfkit document, in its structure where it has one. */
export function createLinks(doc: PDFKit.PDFDocument, structure: Structure | undefined): Links {
  const bookmarks: PDFKit.PDFOutline[] = [doc.outline];
  const anchors = new Map<object, { page: number; target: unknown[] }>();
  let last: { address: string; tag: Tag } | undefined;
  const pageNow = () => documentPageOf(doc);

  /** A place as links name it: the page as it is zoomed, with this at its top. */
  const targetAt = (y: number): unknown[] => {
    const { dictionary, height } = pageNow();
    return [dictionary, 'XYZ', null, height - y, null];
  };
  /** Adds a link for readers that see the page and, in words, for those that don't. */
  const addLink = (tag: Tag | undefined, words: string, [x, y, width, height]: Rectangle, leads: object) => {
    const add = (more: object): unknown => {
      const annotation: unknown = { Subtype: 'Link', Contents: new String(words), ...leads, ...more };
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
    toBlock(block, words, place) {
      const target = anchors.get(block)?.target;
      if (target) addLink(structure?.current, words, place, { Dest: target });
    },
    toAddress(address, words, place, draw) {
      const parent = structure?.current;
      const tag = parent && tagFor(address, parent);
      if (tag) structure?.within(tag, draw);
      else draw();
      addLink(tag, words, place, { A: { S: 'URI', URI: new String(address) } });
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
