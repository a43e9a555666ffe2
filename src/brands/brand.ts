/** How a caller's own papers look, and the words that it uses: what a job says of itself by one name. */
export interface Brand {
  /** An upload, which is kept as long as the brand and the jobs that use it. */
  logo?: { upload: string } | undefined;
  /** Colours as #rrggbb in the place of a report's own. */
  colours?: BrandColours | undefined;
  /** `head`: lines beside the logo on the first page. `foot`: a text at the foot of each page. */
  letterhead?: { head?: string[] | undefined; foot?: string | undefined } | undefined;
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

/** A brand as a job has it: as it stood when the job was accepted. */
export interface JobBrand extends Brand {
  name: string;
  version: number;
}
