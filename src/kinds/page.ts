import type { Config } from '../config/platform.ts';
import type { JobContract } from '../jobs/contract.ts';
import type { StoredFile } from '../jobs/files/stored-file.ts';
import type { JobView } from '../jobs/job-view.ts';
import type { StoredJob } from '../jobs/stored-job.ts';

/** What the layout around every page needs. */
export interface PageFrame {
  title: string;
  /** Without JavaScript the browser asks again after this long. */
  refreshSeconds?: number;
  /** The same, with JavaScript too: the page has no script that does better. */
  reloadSeconds?: number;
  /** A style sheet and a script below `assets/`, for this page alone: `docs`, `reports/form`. */
  part?: string;
  /**
   * Whether it has a form that is filled in with care: browsers may keep the page, so that Back shows it as it was left.
   */
  isFilledIn?: boolean;
  /** Whether it is for people who got a mail: nothing on it leads into the product. */
  isPublic?: boolean;
  /** In whose name it is, in the place of the product's. */
  owner?: string;
  /** The path of a style sheet that gives it the owner's colours. */
  look?: string;
  /** The language of such a page, its direction, and the words of the link to the content; English without it. */
  language?: { lang: string; dir: 'ltr' | 'rtl'; skip: string };
}

/** One line of a job's table of facts; with `time` (RFC 3339) it is a moment, with `href` a link; `isWide`: a long text. */
export interface Fact {
  label: string;
  text: string;
  time?: string;
  href?: string;
  isWide?: boolean;
}

/** What a kind knows of one of its result files beside name, type and size. */
export interface FileNotes {
  /** The name that people save it by, where that is another than its own. */
  savedAs?: string | undefined;
  /** Width and height in pixels, of what a browser shows as a picture. */
  width?: number | undefined;
  height?: number | undefined;
  /** Short texts behind the file's type and before its size, and behind its size. */
  beforeSize?: string[];
  afterSize?: string[];
}

/** What a kind adds to the card of one of its jobs, every text ready. */
export interface CardParts {
  facts?: Fact[];
  /** By file name. */
  files?: Readonly<Record<string, FileNotes>>;
  /** Lists of named entries (a mail's recipients) under a heading each; empty ones are left out. */
  lists?: { title: string; entries: { name: string; text: string }[] }[];
  /** A part of the card in a template of the kind's own. */
  part?: { view: string; data: object };
  /** Members of the result that the above shows: they are no plain facts. */
  shown?: readonly string[];
}

/** A form as a browser posted it: its texts, its files, and a way to turn a text into one more file. */
export interface PostedForm {
  fields: ReadonlyMap<string, readonly string[]>;
  files: Record<string, StoredFile>;
  keepText(field: string, filename: string, text: string): Promise<void>;
}

/** A form by which a person posts a job of the kind. */
export interface KindForm {
  /** Where it is posted: the API's own route, or a path of the pages. */
  path: string;
  /** Its template: `@images/form`. */
  view: string;
  /** Its fields as they are at first, by name. */
  fields: Readonly<Record<string, string>>;
  /**
   * Of a form with a page of its own, at `path`: the page, and its word in the navigation. Else it stands on the first
   * page.
   */
  page?: { frame: PageFrame; nav: string };
  /** Whether it comes with files (multipart/form-data). */
  hasFiles?: boolean;
  /** What the template shows beside values and issues. */
  data?(settings: Config, contract: JobContract): object;
  /**
   * Values that follow from the languages the reader prefers, where none were typed; `choose` picks from those offered.
   */
  localize?(choose: (languages: readonly string[]) => string | undefined): Record<string, string>;
  /**
   * Makes the values of the fields again from an input, as far as they say it; null for an input that is none of the
   * form's. What the form would not ask for again in the same way is not filled in.
   */
  refill?(input: unknown): Record<string, string> | null;
  /**
   * Reads an input that names an upload where the form has a file: as if the file had come along, with the ids of uploads
   * by the form's fields.
   */
  takeUploads?(input: unknown): { input: unknown; uploads: Record<string, string> };
  /** A field whose text is kept as a file of that name. */
  textFile?: { field: string; file: string; filename: string };
  /** Makes the JSON body of what was typed; without it, the form posts the API's own fields. */
  toBody?(form: PostedForm, contract: JobContract): unknown;
}

/** The page by which people write the kind's stored templates as texts, where they are no JSON to them. */
export interface TemplatePage {
  path: string;
  title: string;
  intro: string;
  /** The fields of a template, each written as a text. */
  texts: readonly { name: string; label: string; rows: number }[];
  /** Fields that are true or not there. */
  flags: readonly { name: string; label: string }[];
  /** What a new one is begun with, and what it is tried with. */
  example: Readonly<Record<string, unknown>>;
  sample: object;
  /** What trying it does, in a sentence. */
  trying: string;
  /** Fields of the request that it may be tried with, each a word that may be left out. */
  beside: readonly { name: string; label: string; hint: string }[];
  /** Makes the body of the job that shows one, filled with data. */
  previewOf(name: string, data: unknown): object;
  /** The path of the page that shows that job. */
  shownAt(job: string): string;
  /** Makes the body of a job that sends one, filled with data, to an address. */
  testOf(name: string, data: unknown, to: string): object;
}

/** What pages show of a kind. */
export interface KindPage {
  /** One job of the kind as a word: "Image". */
  name: string;
  forms?: readonly KindForm[];
  /** Further pages of the kind, for operators: in the navigation of the queues' page; where they are of any use. */
  adminPages?: readonly { path: string; name: string; isUseful?(settings: Config): boolean }[];
  /** The page of its stored templates, for their callers. */
  templates?: TemplatePage;
  /** What an operator should know of how the kind is set up; null for nothing. */
  note?(settings: Config): string | null;
  /** Style sheets and scripts below `assets/` that its parts need, on every page: `images/result`. */
  assets?: { styles?: readonly string[]; scripts?: readonly string[] };
  /** Describes a job of the kind, whatever its state. */
  describe?(job: StoredJob, view: JobView): CardParts;
}

/** A kind's word for one of its jobs, and what its page shows, by kind. */
export type KindPages = ReadonlyMap<string, KindPage>;
