import type { PlacedGlyph } from '../../fonts/font.ts';
import type { TextUnit } from '../../fonts/font-stack.ts';
import type { EmbeddedFont } from './embedded-font.ts';

const round = (number: number): number => Math.round(number * 1000) / 1000;

/** The operand of TJ: codes, and between them how far (in thousandths) to step back. */
class ShowString {
  #parts = '';
  #codes = '';
  #back = 0;
  #isInterrupted = false;

  add(code: string): void {
    if (this.#back !== 0) this.#flush();
    this.#codes += code;
  }

  /** Moves what follows to the right. */
  move(thousandths: number): void {
    this.#back -= thousandths;
  }

  /** Writes operators between two stretches of codes. */
  interrupt(operators: string): void {
    this.#flush();
    this.#parts += `] TJ ${operators} [`;
    this.#isInterrupted = true;
  }

  #flush(): void {
    if (this.#codes) this.#parts += `<${this.#codes}>`;
    const back = round(this.#back);
    // What was rounded off is kept for the next step.
    if (back !== 0) this.#parts += `${back} `;
    this.#back -= back;
    this.#codes = '';
  }

  toString(): string {
    this.#flush();
    const shown = `[${this.#parts}] TJ`;
    return this.#isInterrupted ? shown.replaceAll('[] TJ ', '') : shown;
  }
}

/** Steps of the pen along a line, each glyph written by an operator of its own; lengths in points. */
class Steps {
  readonly #parts: string[] = [];
  #at = 0;

  write(operators: string, x: number): void {
    const step = round(x - this.#at);
    if (step !== 0) this.#parts.push(`${step} 0 Td`);
    this.#at += step;
    this.#parts.push(operators);
  }

  toString(): string {
    return this.#parts.join(' ');
  }
}

/** Ink of a unit that is not drawn as text: a glyph, and its origin in points from the unit's left end, upwards. */
export interface Ink {
  id: number;
  x: number;
  y: number;
}

/** Operators that write the text of a unit, and the ink that is drawn beside it. */
export interface Shown {
  text: string;
  inks: Ink[];
}

/** What is read and not seen: a glyph, how wide it is, and how wide it is to be; in thousandths of the size. */
type Reader = PlacedGlyph['reader'] & {};

/**
 * Returns what is read in place of a glyph that is drawn as ink: of a cluster with more glyphs than characters, off the
 * baseline, where readers see a line of its own, and of a mark that was moved, which they take for another word's.
 */
function readerOf({ id, width, advance, xOffset, yOffset, reader }: PlacedGlyph): Reader | undefined {
  const isPlain = yOffset === 0 && (advance !== 0 || xOffset === 0);
  return reader ?? (isPlain ? undefined : { id, width, reach: advance });
}

/** How wide a reader becomes: a width can't be stretched to nothing, nor from nothing. */
const spanOf = ({ width, reach }: Reader): number => (width > 0 && reach > 0 ? reach : width);

function readUnseen(reader: Reader, codePoints: number[], embedded: EmbeddedFont): string {
  const stretch = reader.width > 0 ? round((spanOf(reader) / reader.width) * 100) : 100;
  const show = `<${embedded.encode(reader.id, codePoints, reader.width)}> Tj`;
  return stretch === 100 ? `3 Tr ${show} 0 Tr` : `3 Tr ${stretch} Tz ${show} 100 Tz 0 Tr`;
}

/** Shows glyphs from left to right. */
export function showLeftToRight({ glyphs = [] }: TextUnit, embedded: EmbeddedFont, size: number): Shown {
  const show = new ShowString();
  const inks: Ink[] = [];
  const scale = size / 1000;
  let x = 0;
  for (const glyph of glyphs) {
    const { id, codePoints, width, advance, xOffset, yOffset } = glyph;
    const reader = readerOf(glyph);
    if (reader || codePoints.length === 0) inks.push({ id, x: (x + xOffset) * scale, y: yOffset * scale });
    if (codePoints.length === 0) show.move(advance);
    else if (reader) {
      show.interrupt(readUnseen(reader, codePoints, embedded));
      show.move(advance - spanOf(reader));
    } else {
      show.move(xOffset);
      show.add(embedded.encode(id, codePoints, width));
      show.move(advance - width - xOffset);
    }
    x += advance;
  }
  return { text: String(show), inks };
}

/** How far left of its letter a mark is read, in thousandths of the size. */
const ASIDE = 1;

/**
 * Shows glyphs of a right-to-left text in the order they are read, as tagged PDF wants it: from the right end to the
 * left. Readers that put text in order by its place would take a mark, which stands above the middle of its letter, for
 * one of the letter before: so it is read at its letter's far side, and its ink drawn where it belongs.
 */
export function showRightToLeft({ glyphs = [], width }: TextUnit, embedded: EmbeddedFont, size: number): Shown {
  const steps = new Steps();
  const inks: Ink[] = [];
  const scale = size / 1000;
  let x = width;
  /** The left end of the last letter, and of the marks that were read beside it. */
  let edge = x;
  for (const glyph of glyphs) {
    const { id, codePoints, advance, xOffset, yOffset } = glyph;
    x -= advance;
    const isMark = advance === 0 && !glyph.reader?.reach;
    const reader = isMark ? { id, width: glyph.width, reach: 0 } : readerOf(glyph);
    edge = isMark ? edge - ASIDE : Math.min(x, x + xOffset);
    if (reader || codePoints.length === 0) inks.push({ id, x: (x + xOffset) * scale, y: yOffset * scale });
    if (codePoints.length === 0) continue;
    if (!reader) steps.write(`<${embedded.encode(id, codePoints, glyph.width)}> Tj`, (x + xOffset) * scale);
    else
      steps.write(
        readUnseen(reader, codePoints, embedded),
        (isMark ? edge : x + advance - Math.max(advance, reader.reach)) * scale,
      );
  }
  return { text: String(steps), inks };
}
