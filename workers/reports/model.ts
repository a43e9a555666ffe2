import type { BrandColours, BrandFonts } from '../../src/brands/brand.ts';
import type { InputBlock, TableBlock } from './input/blocks.ts';
import type { PageSetting } from './input/fields.ts';
import type { ImageBlock } from './input/image.ts';
import type { PaperRoom } from './layout/frame.ts';
import type { ReportWords } from './locales/index.ts';
import type { Attachment } from './pdf/attach.ts';
import type { Profile, XmpExtension } from './pdf/xmp.ts';

/** The head of a report: a line above the title, the title, what stands below it. */
interface MastheadBlock {
  type: 'masthead';
  kicker?: string | undefined;
  title: string;
  subtitle?: string | undefined;
  byline?: string | undefined;
}

/** What a table comes to, which stands elsewhere too: the sum below a column, or without one how many rows it has. */
export interface FigureOfTable {
  table: Block;
  key?: string;
}

/** A few large numbers side by side. */
interface FiguresBlock {
  type: 'figures';
  items: { label: string; value: string | FigureOfTable }[];
}

/** The head of a letter. */
export interface LetterheadBlock {
  type: 'letterhead';
  title: string;
  sender: { name: string; lines: string[] };
  recipient: { label: string; name: string; lines: string[] };
  /** Where it was delivered, if that is elsewhere. */
  delivery?: { label: string; name: string; lines: string[] };
  facts: { key: string; value: string }[];
}

/** Sums below a table, and what they come to. */
export interface SumsBlock {
  type: 'sums';
  /** `note` stands below its label. */
  items: { label: string; value: string; note?: string | undefined }[];
  total: { label: string; value: string };
  /** What stands below all of them. */
  note?: string | undefined;
}

/** Keys with their values, set apart from the text. */
interface CalloutBlock {
  type: 'callout';
  title: string;
  items: { key: string; value: string }[];
  /** A QR code beside them, and what it is for. */
  code?: { text: string; caption: string };
}

/** The words of a Swiss payment slip. */
export interface SlipWords {
  receipt: string;
  paymentPart: string;
  payableTo: string;
  reference: string;
  information: string;
  currency: string;
  amount: string;
  payableBy: string;
  payableByBlank: string;
  acceptancePoint: string;
  separate: string;
}

/** The slip by which a Swiss bill is paid: it stands at the foot of a page, from edge to edge. */
export interface PaymentSlipBlock {
  type: 'paymentSlip';
  words: SlipWords;
  account: string;
  creditor: string[];
  /** Who pays; without it there is a box for people to write into. */
  debtor?: string[] | undefined;
  reference: string;
  message: string;
  currency: string;
  amount: string;
  /** The text of its QR code. */
  code: string;
}

/** Whose paper it is: a logo, with lines beside it. */
interface BrandHeadBlock {
  type: 'brandHead';
  logo?: ImageBlock;
  /** Where the request has the logo; a brand's is not there. */
  pointer?: string;
  alt: string;
  lines: string[];
}

/** A table whose pages end and begin with what a column comes to so far. */
export type CarryingTable = TableBlock & {
  /** In place of `carry`: the column, and its sum up to each row, as it is printed. */
  carried?: { key: string; texts: string[] } | undefined;
  /** For each row whether it stays on one page with the next. */
  keeps?: boolean[] | undefined;
};

/** What a document is made of: the blocks that requests give, and those that only templates make. */
export type Block =
  | Exclude<InputBlock, { type: 'table' }>
  | CarryingTable
  | MastheadBlock
  | FiguresBlock
  | LetterheadBlock
  | SumsBlock
  | CalloutBlock
  | PaymentSlipBlock
  | BrandHeadBlock;

/** What a template builds. */
export interface Content {
  title: string;
  author?: string | undefined;
  blocks: Block[];
  /** Printed at the foot of each page where the request asks for nothing else. */
  footer?: string | undefined;
}

/** What a template may know beside its data. */
export interface Setting {
  locale: string;
  lang: string;
  /** What it adds by itself, in that language. */
  words: ReportWords;
  createdAt: Date;
  /** Where the wall clock hangs that moments are told by; without it each as it was written, the creation in UTC. */
  timeZone?: string | undefined;
}

/** What a report's first page is printed on, and its others, and the room that this takes. */
export interface Paper extends PaperRoom {
  page?: ImageBlock | undefined;
  following?: ImageBlock | undefined;
}

/** A whole report, ready to be laid out. */
export interface Report extends Omit<Content, 'footer'>, Setting {
  page: PageSetting;
  /** Of one of the reports that one was split into: the value that its rows have. */
  group?: string;
  /** Printed on each page, with the fields of layout/head-fields.ts filled in. Empty: nothing is printed. */
  header: string;
  footer: string;
  /** Printed below the footer. */
  foot: string;
  /** Colours in the place of the house's, and families of fonts by name. */
  colours: BrandColours;
  fonts: BrandFonts;
  /** What its pages are printed on. */
  paper?: Paper | undefined;
  /** Whether headings become entries of the reader's side bar. */
  outline: boolean;
  /** Whether a character that no font has ends the report. */
  strict: boolean;
  /** The standard that the file keeps to. */
  profile?: Profile | undefined;
  /** What the file says of itself in a vocabulary of others. */
  xmpExtension?: XmpExtension | undefined;
  /** Closes the file to those who don't have it. */
  password?: string | undefined;
  /** Files inside the file. */
  attachments: Attachment[];
  /** Where the request has each block of rows, as a JSON pointer: what errors point at. */
  pointers: ReadonlyMap<Block, string>;
}
