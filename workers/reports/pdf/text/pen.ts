import type { Font } from '../../fonts/font.ts';
import type { TextUnit } from '../../fonts/font-stack.ts';
import { type EmbeddedFont, embedFont } from './embedded-font.ts';

/** Writes text into a document's pages. */
export interface Pen {
  /** Writes units side by side; those of right-to-left text in the other direction. */
  write(units: TextUnit[], place: PenPlace): void;
}

/** Where text is written: its left end and its baseline, its size in points, and the direction it is read in. */
export interface PenPlace {
  x: number;
  baseline: number;
  size: number;
  isRightToLeft: boolean;
}

const round = (number: number): number => Math.round(number * 1000) / 1000;

/** The operand of TJ: codes, and between them how far (in thousandths) to step back. */
class ShowString {
  #parts = '';
  #codes = '';
  #back = 0;

  add(code: string): void {
    if (this.#back !== 0) this.#flush();
    this.#codes += code;
  }

  /** Moves what follows to the right. */
  move(thousandths: number): void {
    this.#back -= thousandths;
  }

  /** Raises what follows by points. */
  rise(points: number): void {
    this.#flush();
    this.#parts += `] TJ ${round(points)} Ts [`;
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
    return `[${this.#parts}] TJ`;
  }
}

function showSimple({ font, text }: TextUnit, embedded: EmbeddedFont): string {
  const show = new ShowString();
  let last = 0x20;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (index > 0) show.move(font.simple.kern(last, code));
    show.add(embedded.encodeSimple(code));
    last = code;
  }
  return String(show);
}

function showShaped(glyphs: TextUnit['glyphs'] & {}, embedded: EmbeddedFont, size: number): string {
  const show = new ShowString();
  for (const { id, codePoints, width, advance, xOffset, yOffset } of glyphs) {
    show.move(xOffset);
    if (yOffset) show.rise((yOffset * size) / 1000);
    show.add(embedded.encode(id, codePoints, width));
    if (yOffset) show.rise(0);
    show.move(advance - width - xOffset);
  }
  return String(show);
}

/** A text as a PDF's hexadecimal string, in UTF-16. */
const toHex = (text: string): string => `<feff${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`;

/** A pen for one document. Fonts are embedded when they are first written with. */
export function createPen(doc: PDFKit.PDFDocument): Pen {
  const fonts = new Map<Font, EmbeddedFont>();
  const open = (font: Font): EmbeddedFont => {
    const embedded = fonts.get(font) ?? embedFont(doc, font);
    fonts.set(font, embedded);
    return embedded;
  };
  const show = (unit: TextUnit, embedded: EmbeddedFont, size: number): string => {
    const shown = unit.glyphs ? showShaped(unit.glyphs, embedded, size) : showSimple(unit, embedded);
    return unit.actualText ? `/Span <</ActualText ${toHex(unit.actualText)}>> BDC ${shown} EMC` : shown;
  };
  return {
    write(units, { x, baseline, size, isRightToLeft }) {
      // The page's y axis points down; letters are turned upright again.
      const parts = [`BT 1 0 0 -1 ${round(x)} ${round(baseline)} Tm`];
      let last: EmbeddedFont | undefined;
      for (const unit of isRightToLeft ? units.toReversed() : units) {
        const embedded = open(unit.font);
        if (embedded !== last) parts.push(`/${embedded.id} ${round(size)} Tf`);
        embedded.use();
        last = embedded;
        parts.push(show(unit, embedded, size));
      }
      if (last) doc.addContent(`${parts.join(' ')} ET`);
    },
  };
}
