import type { InputBlock } from './input/blocks.ts';
import type { PageSetting } from './input/fields.ts';

/** The head of a report: a line above the title, the title, what stands below it. */
interface MastheadBlock {
  type: 'masthead';
  kicker?: string | undefined;
  title: string;
  subtitle?: string | undefined;
  byline?: string | undefined;
}

/** A few large numbers side by side. */
interface FiguresBlock {
  type: 'figures';
  items: { label: string; value: string }[];
}

/** What a document is made of: the blocks that requests give, and those that only templates make. */
export type Block = InputBlock | MastheadBlock | FiguresBlock;

/** What a template answers. */
export interface Content {
  title: string;
  author?: string | undefined;
  blocks: Block[];
}

/** What a template may know beside its data. */
export interface Setting {
  locale: string;
  lang: string;
  createdAt: Date;
}

/** A whole report, ready to be laid out: plain data, so that it can cross to a thread. */
export interface Report extends Content, Setting {
  page: PageSetting;
  /** Printed on each page; `{page}` and `{pages}` stand for the numbers. Empty: nothing is printed. */
  header: string;
  footer: string;
  /** Whether headings become entries of the reader's side bar. */
  outline: boolean;
}
