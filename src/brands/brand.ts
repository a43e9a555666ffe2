import type { PictureSize } from './picture.ts';

/** How a caller's own papers and mails look, and the words that it uses: what a job says of itself by one name. */
export interface Brand {
  /** An upload, which is kept as long as the brand and the jobs that use it. */
  logo?: { upload: string } | undefined;
  /** Colours as #rrggbb in the place of a report's own. */
  colours?: BrandColours | undefined;
  /** Families of headings and of all other text, by name. */
  fonts?: BrandFonts | undefined;
  letterhead?: Letterhead | undefined;
  senderName?: string | undefined;
  postalAddress?: string[] | undefined;
  /** Words in the place of those that a report adds by itself, by their keys. */
  words?: Record<string, string> | undefined;
}

/** `accent`: of headings, rules and first series. `text`: of texts. `muted`: of small texts and labels. */
export interface BrandColours {
  accent?: string | undefined;
  text?: string | undefined;
  muted?: string | undefined;
}

/** What of a brand is on each page of a paper. Lengths are such as `45mm`. */
export interface Letterhead {
  /** Lines beside the logo on the first page. */
  head?: string[] | undefined;
  /** A text at the foot of each page. */
  foot?: string | undefined;
  /** What is printed below the first page, and below all others: uploads, a PDF of which the first page counts, or a picture. */
  page?: { upload: string } | undefined;
  following?: { upload: string } | undefined;
  /** Where the text of the first page begins, where that of the others does, and what is free below that of each page. */
  top?: string | undefined;
  followingTop?: string | undefined;
  bottom?: string | undefined;
}

/** Names of font families. */
export interface BrandFonts {
  heading?: string | undefined;
  body?: string | undefined;
}

/** A brand as the templates that callers have stored may show it. */
export interface ShownBrand extends JobBrand {
  /** Of its logo, in pixels; null without one, and where it was erased. */
  logoSize: PictureSize | null;
}

/** A brand as a job has it: as it stood when the job was accepted. */
export interface JobBrand extends Brand {
  name: string;
  version: number;
}
