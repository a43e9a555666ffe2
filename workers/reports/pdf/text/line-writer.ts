import { type FontStack, measureWith, scaleOf } from '../../fonts/font-stack.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { Run } from '../../text/inline.ts';
import { breakLines, type Line } from '../../text/lines.ts';
import { shorten } from '../../text/shorten.ts';
import type { LabelLook, LineLook } from '../canvas.ts';
import type { GraphicsState } from '../graphics-state.ts';
import type { Links } from '../links.ts';
import type { Structure } from '../tags/structure.ts';
import { createMissingGlyphs } from './missing-glyphs.ts';
import { createPen } from './pen.ts';

/** What lines are written with. */
export interface LineWriterParts {
  fontStack: FontStack;
  graphics: GraphicsState;
  links: Links;
  structure: Structure | undefined;
  warn(code: string, message: string): void;
}

/** Where a piece of a line is written: its left end and its baseline. */
interface PiecePlace {
  line: Line;
  x: number;
  baseline: number;
}

/** How far letters stand below and above the line, as a part of its size. */
const SHIFTS = { sub: -0.14, sup: 0.36 } as const;

const withLook = (piece: Run, { bold, heading }: LineLook): Run => ({
  ...piece,
  ...(bold && { bold }),
  ...(heading && { heading }),
});

const isRightToLeft = ({ level = 0 }: { level?: number }): boolean => (level & 1) === 1;

/** Writes lines of text into a document's pages. */
export class LineWriter {
  readonly #parts: LineWriterParts;
  readonly #pen: ReturnType<typeof createPen>;
  readonly #missingGlyphs: ReturnType<typeof createMissingGlyphs>;

  constructor(doc: PDFKit.PDFDocument, parts: LineWriterParts) {
    this.#parts = parts;
    this.#pen = createPen(doc);
    this.#missingGlyphs = createMissingGlyphs(parts.warn);
  }

  /** Writes a line with its left end at `left`. */
  write(line: Line, left: number, baseline: number, look: LineLook): void {
    for (const piece of line.pieces) this.#writePiece(piece, { line, x: left + piece.x, baseline }, look);
    if (this.#parts.structure && line.endsInSpace) this.#writeEndingSpace(line, left, baseline, look);
  }

  #writePiece(piece: Run, { line, x, baseline: ground }: PiecePlace, look: LineLook): void {
    const { fontStack, graphics, structure, links } = this.#parts;
    const size = look.size * scaleOf(piece);
    const baseline = ground - look.size * (piece.shift ? SHIFTS[piece.shift] : 0);
    const units = fontStack.shape(piece.text, look.bold || look.heading ? withLook(piece, look) : piece);
    this.#missingGlyphs.check(units, line);
    graphics.useFill((piece.link && look.linkColor) || look.color);
    const write = () => {
      structure?.beginContent();
      this.#pen.write(units, { x, baseline, size, isRightToLeft: isRightToLeft(piece) });
    };
    if (!piece.link) {
      links.interrupt();
      write();
      return;
    }
    const width = units.reduce((sum, unit) => sum + unit.width, 0) * (size / 1000);
    // From below the descenders to above the capitals.
    const box = { x, y: baseline - size * 0.85, width, height: size * 1.15 };
    links.toAddress({ address: piece.link, description: piece.text.trim() || piece.link, box }, write);
  }

  /** Writes the space that a line break took: read aloud, the words beside it must not become one. */
  #writeEndingSpace(line: Line, left: number, baseline: number, look: LineLook): void {
    const last = line.pieces.at(-1);
    if (!last) return;
    const { link: _, ...space } = { ...last, text: ' ' };
    const x = isRightToLeft(last) ? left - this.#parts.fontStack.width(' ', space, look.size) : left + line.width;
    this.#writePiece(space, { line, x, baseline }, look);
  }

  /** Lays out a plain text as one line; what is wider than `maxWidth` points ends in an ellipsis. */
  layoutLabel(text: string, look: Pick<LabelLook, 'size' | 'bold' | 'maxWidth'>): Line {
    const { size, bold = false, maxWidth = Number.POSITIVE_INFINITY } = look;
    const measure = measureWith(this.#parts.fontStack, size, bold);
    const clean = cleanText(text).replaceAll('\n', ' ');
    const run = { text: shorten(clean, maxWidth, (part) => measure(part, {})), bold };
    const [line] = breakLines([run], Number.POSITIVE_INFINITY, measure);
    return line ?? { pieces: [], width: 0 };
  }
}
