/** The part of linebreak that is used here; it has no types of its own. */
declare module 'linebreak' {
  /** Finds where lines of a text may break, one place after the other (UAX 14). */
  export default class LineBreaker {
    constructor(text: string);
    /** Returns the next place; null behind the text's end. */
    nextBreak(): { position: number; required: boolean } | null;
  }
}
