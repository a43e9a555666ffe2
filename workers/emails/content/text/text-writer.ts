/** As long as a text may be that is posted; a longer one ends in an ellipsis. */
const MAX_LENGTH = 1_000_000;
const ELLIPSIS = '…';
/** Lists and quotations inside of one another: deeper ones stand no farther to the right. */
const MAX_MARGINS = 10;

const WHITE_SPACE = /[ \t\r\n\f\u200b]+/;

/** What each line of a list's item or of a quotation begins with; the first line of an item has a bullet there. */
interface Margin {
  before: string;
  bullet: string | undefined;
}

/**
 * Writes words as lines of text. Each word is looked at once, and what stands before a line has a limit, so that a text
 * is made in a time that grows with its length alone.
 */
export class TextWriter {
  readonly #parts: string[] = [];
  readonly #margins: Margin[] = [];
  #length = 0;
  #margin = '';
  /** What the next line begins with in place of the margin. */
  #bullet: string | undefined;
  #lineEnds = 0;
  #isSpaced = false;

  /** Writes text as HTML shows it: white space of any length is one space, or none at the end of a line. */
  words(text: string): void {
    const words = text.split(WHITE_SPACE);
    for (const [index, word] of words.entries()) {
      if (index > 0) this.#isSpaced = true;
      if (word !== '') this.#write(word);
    }
  }

  /** Writes text with the spaces and line ends that it has. */
  lines(text: string): void {
    for (const [index, line] of text.split('\n').entries()) {
      if (index > 0) this.endLine();
      if (line !== '') this.#write(line);
    }
  }

  /** Ends the line; what follows begins `count` lines below, or farther when that is owed already. */
  startBlock(count: number): void {
    if (this.#length > 0) this.#lineEnds = Math.max(this.#lineEnds, count);
    this.#isSpaced = false;
  }

  /** Ends the line, once more than it was ended. */
  endLine(): void {
    if (this.#length > 0) this.#lineEnds += 1;
    this.#isSpaced = false;
  }

  /** Begins each of the next lines with `margin`, the first of them with `bullet`. */
  openMargin(margin: string, bullet?: string): void {
    this.#margins.push({ before: this.#margin, bullet: this.#bullet });
    if (this.#margins.length > MAX_MARGINS) return;
    if (bullet !== undefined) this.#bullet = `${this.#bullet ?? this.#margin}${bullet}`;
    this.#margin += margin;
  }

  /** Takes the newest margin away. */
  closeMargin(): void {
    const margin = this.#margins.pop();
    if (!margin) return;
    this.#margin = margin.before;
    if (this.#bullet !== undefined) this.#bullet = margin.bullet;
  }

  toString(): string {
    return this.#parts.join('');
  }

  #write(word: string): void {
    if (this.#length >= MAX_LENGTH) return;
    const isLineStart = this.#lineEnds > 0 || this.#length === 0;
    const before = isLineStart
      ? `${'\n'.repeat(this.#lineEnds)}${this.#bullet ?? this.#margin}`
      : this.#isSpaced
        ? ' '
        : '';
    if (isLineStart) this.#bullet = undefined;
    this.#lineEnds = 0;
    this.#isSpaced = false;
    const part = `${before}${word}`;
    const room = MAX_LENGTH - this.#length;
    this.#parts.push(part.length < room ? part : `${part.slice(0, room - 1)}${ELLIPSIS}`);
    this.#length += part.length;
  }
}
