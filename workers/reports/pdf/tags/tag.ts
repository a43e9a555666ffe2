/** What a part of a report is, in the words of PDF. */
export type Role =
  | 'Document'
  | 'Div'
  | 'H1'
  | 'H2'
  | 'H3'
  | 'P'
  | 'L'
  | 'LI'
  | 'Lbl'
  | 'LBody'
  | 'Table'
  | 'Caption'
  | 'TR'
  | 'TH'
  | 'TD'
  | 'Figure'
  | 'TOC'
  | 'TOCI'
  | 'Reference'
  | 'Link';

/** A part of a report as it is read aloud. What is drawn for the same tag, on one page or on several, is one part. */
export interface Tag {
  role: Role;
  /**
   * The part it is inside of; else it stands in the document itself, or in the group that is drawn. Siblings are in the
   * order they are first drawn.
   */
  parent?: Tag | undefined;
  /** What is read in place of a figure. */
  alt?: string | undefined;
  /** Attributes as a PDF has them. */
  attributes?: Record<string, unknown>;
}

/** Creates the tags of an entry of a list: what stands before it, and the entry itself. */
export function tagEntry(list: Tag): { label: Tag; body: Tag } {
  const item: Tag = { role: 'LI', parent: list };
  return { label: { role: 'Lbl', parent: item }, body: { role: 'LBody', parent: item } };
}
