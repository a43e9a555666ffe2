import { type Faces, measureWith, type TextUnit } from '../fonts/font-stack.ts';
import { breakLines, cleanText, type Line, type Piece, shorten } from '../text/lines.ts';
import type { OpenedImage } from './images.ts';
import { createLinks, type Rectangle } from './links.ts';
import type { HeldPages } from './pages/buffered-pages.ts';
import { gatherOperators } from './pages/page-operators.ts';
import { drawPath, type PathLook } from './paths.ts';
import { documentPageOf } from './pdfkit-internals.ts';
import type { Structure } from './tags/structure.ts';
import type { Tag } from './tags/tag.ts';
import { createPen } from './text/pen.ts';
import type { Warning } from './warnings.ts';

/**
 * What fragments draw on. Points, counted from the page's upper left corner; colours as #rrggbb. For a right-to-left
 * document the canvas is mirrored: what is drawn at the left stands at the right, while letters stay as they are.
 */
export interface Canvas {
  readonly isMirrored: boolean;
  /** Draws a line of text with its left end at `x`; characters that no font has become boxes, with a warning. */
  line(line: Line, x: number, baseline: number, look: LineLook): void;
  /**
   * Draws one plain line of text, such as a chart's label. `x` is its left end, its middle or its right end, as `align`
   * says; what is wider than `maxWidth` points ends in an ellipsis.
   */
  label(text: string, x: number, baseline: number, look: LabelLook): void;
  /** How wide `label` would draw the text, in points. */
  measure(text: string, look: Pick<LabelLook, 'size' | 'bold'>): number;
  /** A hairline from (x, y) to the right. */
  rule(x: number, y: number, width: number, color: string, thickness?: number): void;
  box(x: number, y: number, width: number, height: number, color: string): void;
  /** Fills and strokes an SVG path. */
  path(path: string, look: PathLook): void;
  /**
   * Draws with (x, y) as the origin, turned clockwise by `angle` degrees. Inside nothing is mirrored: with its `width`
   * the whole drawing stands where it would in a mirrored page.
   */
  within(place: { x: number; y: number; angle?: number; width?: number }, draw: () => void): void;
  image(image: OpenedImage, x: number, y: number, width: number, height: number): void;
  /** What is drawn inside is a part of the report that is read aloud; `box` (x, y, width, height) is where a figure stands. */
  tagged(tag: Tag | undefined, draw: () => void, box?: [number, number, number, number]): void;
  /** What is drawn inside is read together, wherever the rest of it is drawn. */
  grouped(group: Tag | undefined, draw: () => void): void;
  /** Gives a part that is drawn later its place in the order of reading. */
  keepPlace(tag: Tag): void;
  /** Remembers where a block begins; what leads there may be drawn before or after it. */
  anchor(block: object, y: number): void;
  /** The page a block begins on; none while it is not drawn. */
  pageOf(block: object): number | undefined;
  /** A rectangle that leads to a block when it is clicked; what it does is said in words too. */
  linkTo(block: object, words: string, x: number, y: number, width: number, height: number): void;
  /** Draws on this page when the whole report is laid out. */
  later(draw: () => void): void;
  /** An entry of the reader's side bar that leads to this place. */
  bookmark(title: string, level: number, y: number): void;
  warn(code: string, message: string): void;
  /** Begins a page; of the setting's paper where no other is told. */
  startPage(page: number, paper?: [number, number]): void;
  /** What is drawn from now on belongs to a page that was left, see LateContent. */
  returnTo(page: number, paper: [number, number]): void;
}

/** How a line looks: its size in points, its colour and that of its links as #rrggbb. */
export interface LineLook {
  size: number;
  color: string;
  linkColor?: string;
  /** Every piece is drawn bold. */
  bold?: boolean | undefined;
}

/** How a label looks: its size in points, its colour as #rrggbb. */
export interface LabelLook {
  size: number;
  color: string;
  bold?: boolean;
  align?: 'left' | 'center' | 'right';
  maxWidth?: number;
}

/** The start of a text, for a sentence about it. */
const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 40).trimEnd()}…` : text);

function describe(characters: string): string {
  const codes = Array.from(characters, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `U+${code.padStart(4, '0')}`;
  });
  return `"${characters}" (${codes.join(' ')})`;
}

const ALIGNMENT = { left: 0, center: 0.5, right: 1 } as const;

const textOf = ({ pieces }: Line): string => pieces.map(({ text }) => text).join('');

/** What a canvas draws for: pages of `paper` (width, height in points), mirrored or not; `held` are those it comes back to, `onWarning` takes what was noticed. */
export interface CanvasSetting {
  paper: [number, number];
  isMirrored: boolean;
  held: HeldPages;
  /** Where the document says what its parts are. */
  structure?: Structure | undefined;
  onWarning(warning: Warning): void;
}

/** A canvas over a pdfkit document. */
export function createCanvas(doc: PDFKit.PDFDocument, faces: Faces, setting: CanvasSetting): Canvas {
  const { isMirrored, held, structure, onWarning } = setting;
  let { paper } = setting;
  let page = 0;
  let fill = '';
  let stroke = '';
  let depth = 0;
  const pen = createPen(doc);
  const told = new Set<string>();
  const links = createLinks(doc, structure);
  const warn = (code: string, message: string) => onWarning({ code, message, page });
  const flip = (x: number, width: number): number => (isMirrored && depth === 0 ? paper[0] - x - width : x);
  const useFill = (color: string) => {
    if (color !== fill) doc.fillColor(color);
    fill = color;
  };
  const returnTo: Canvas['returnTo'] = (number, of) => {
    page = number;
    paper = of;
    fill = '';
    stroke = '';
  };
  const warnOfMissing = (units: TextUnit[], text: string) => {
    const missing = units.flatMap((unit) => (unit.isMissing && !told.has(unit.text) ? [unit.text] : []));
    if (missing.length === 0) return;
    for (const characters of missing) told.add(characters);
    const names = [...new Set(missing)].slice(0, 5).map(describe).join(', ');
    warn('missing_glyph', `No font has the character ${names} in "${excerpt(text)}".`);
  };
  const drawPiece = (piece: Piece, x: number, baseline: number, look: LineLook, line: Line) => {
    const run = look.bold ? { ...piece, bold: true } : piece;
    const units = faces.shape(piece.text, run);
    if (units.some(({ isMissing }) => isMissing)) warnOfMissing(units, textOf(line));
    useFill((piece.link && look.linkColor) || look.color);
    const isRightToLeft = ((piece.level ?? 0) & 1) === 1;
    const write = () => {
      structure?.mark();
      pen.write(units, x, baseline, look.size, isRightToLeft);
    };
    if (!piece.link) {
      links.interrupt();
      return write();
    }
    const width = units.reduce((sum, unit) => sum + unit.width, 0) * (look.size / 1000);
    // From below the descenders to above the capitals.
    const place: Rectangle = [x, baseline - look.size * 0.85, width, look.size * 1.15];
    links.toAddress(piece.link, piece.text.trim() || piece.link, place, write);
  };
  /** Read aloud, the last word of a line and the first of the next must not become one. */
  const drawEndingSpace = (line: Line, left: number, baseline: number, look: LineLook) => {
    const last = line.pieces.at(-1);
    if (!last) return;
    const { link: _, ...space } = { ...last, text: ' ' };
    const isRightToLeft = ((last.level ?? 0) & 1) === 1;
    const x = isRightToLeft ? left - faces.width(' ', space, look.size) : left + line.width;
    drawPiece(space, x, baseline, look, line);
  };
  const drawLine = (line: Line, left: number, baseline: number, look: LineLook) => {
    for (const piece of line.pieces) drawPiece(piece, left + piece.x, baseline, look, line);
    if (structure && line.endsInSpace) drawEndingSpace(line, left, baseline, look);
  };
  const layoutLabel = (text: string, size: number, bold = false, maxWidth = Number.POSITIVE_INFINITY): Line => {
    const measure = measureWith(faces, size, bold);
    const clean = cleanText(text).replaceAll('\n', ' ');
    const [line] = breakLines(
      [{ text: shorten(clean, maxWidth, (part) => measure(part, {})), bold }],
      Number.POSITIVE_INFINITY,
      measure,
    );
    return line ?? { pieces: [], width: 0 };
  };
  return {
    isMirrored,
    warn,
    startPage(number, of = setting.paper) {
      structure?.leavePage();
      returnTo(number, of);
      doc.addPage({ size: of, margin: 0 });
      gatherOperators(documentPageOf(doc));
    },
    returnTo,
    line: (line, x, baseline, look) => drawLine(line, flip(x, line.width), baseline, look),
    measure: (text, { size, bold }) => layoutLabel(text, size, bold).width,
    label(text, x, baseline, { size, color, bold, align = 'left', maxWidth }) {
      const line = layoutLabel(text, size, bold, maxWidth);
      drawLine(line, flip(x - line.width * ALIGNMENT[align], line.width), baseline, { size, color });
    },
    rule(x, y, width, color, thickness = 0.6) {
      structure?.mark();
      const left = flip(x, width);
      // A table has one below each row: only what differs from the one before is said.
      if (stroke !== `${thickness} ${color}`) doc.lineWidth(thickness).strokeColor(color);
      stroke = `${thickness} ${color}`;
      const [from, to, at] = [left, left + width, y].map((length) => Math.round(length * 1000) / 1000);
      doc.addContent(`${from} ${at} m ${to} ${at} l S`);
    },
    box(x, y, width, height, color) {
      structure?.mark();
      useFill(color);
      doc.rect(flip(x, width), y, width, height).fill();
    },
    path(path, look) {
      structure?.mark();
      drawPath(doc, path, look);
      // pdfkit remembers the last colour for itself; the page's own is restored.
      fill = '';
      stroke = '';
    },
    within({ x, y, angle = 0, width = 0 }, draw) {
      // Marks neither begin nor end within what is restored.
      structure?.mark();
      doc.save().translate(flip(x, width), y).rotate(angle);
      depth += 1;
      draw();
      depth -= 1;
      doc.restore();
      fill = '';
      stroke = '';
    },
    image(image, x, y, width, height) {
      structure?.mark();
      doc.image(image.handle, flip(x, width), y, { width, height });
    },
    tagged: (tag, draw, box) => {
      if (!structure) return draw();
      const [x, y, width, height] = box ?? [0, 0, 0, 0];
      const left = flip(x, width);
      structure.within(tag, draw, box && [left, paper[1] - y - height, left + width, paper[1] - y]);
    },
    grouped: (group, draw) => (structure && group ? structure.grouped(group, draw) : draw()),
    keepPlace: (tag) => structure?.keepPlace(tag),
    anchor: (block, y) => links.anchor(block, page, y),
    pageOf: links.pageOf,
    linkTo: (block, words, x, y, width, height) => links.toBlock(block, words, [flip(x, width), y, width, height]),
    later(draw) {
      const own = { page, paper };
      held.hold(() => {
        returnTo(own.page, own.paper);
        draw();
        structure?.closeMark();
      });
    },
    bookmark: links.bookmark,
  };
}
