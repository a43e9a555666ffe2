import { readableOn } from '../../../src/brands/contrast.ts';
import type { Recolour } from '../brand/recolour.ts';
import type { FontStack } from '../fonts/font-stack.ts';
import type { Line } from '../text/lines.ts';
import type { Box } from './box.ts';
import type { Canvas, LabelLook, LineLook, Paper, RuleLook } from './canvas.ts';
import { GraphicsState } from './graphics-state.ts';
import { createLinks, type Links } from './links.ts';
import type { BufferedPages } from './pages/buffered-pages.ts';
import { collectOperators } from './pages/page-operators.ts';
import { drawPath, type PathLook } from './paths.ts';
import { documentPageOf } from './pdfkit-internals.ts';
import type { OpenedImage } from './pictures/embed-image.ts';
import type { Corners, Structure } from './tags/structure.ts';
import type { Tag } from './tags/tag.ts';
import { LineWriter } from './text/line-writer.ts';
import type { Warning } from './warnings.ts';

/** What a canvas draws with. */
export interface CanvasSetting {
  fontStack: FontStack;
  isMirrored: boolean;
  /** What colours are drawn as; without it as they are. */
  recolour?: Recolour;
  /** The pages it comes back to. */
  bufferedPages: BufferedPages;
  /** Where the document says what its parts are. */
  structure?: Structure | undefined;
  /** Called with what is noticed while drawing. */
  onWarning(warning: Warning): void;
}

const ALIGNMENT = { left: 0, center: 0.5, right: 1 } as const;

class PdfCanvas implements Canvas {
  readonly isMirrored: boolean;
  readonly #doc: PDFKit.PDFDocument;
  readonly #setting: CanvasSetting;
  readonly #recolour: Recolour;
  readonly #structure: Structure | undefined;
  readonly #graphics: GraphicsState;
  readonly #links: Links;
  readonly #lines: LineWriter;
  #page = 0;
  #paper: Paper = [0, 0];
  /** How many drawings with an origin of their own it is inside of. */
  #depth = 0;

  constructor(doc: PDFKit.PDFDocument, setting: CanvasSetting) {
    const { fontStack, isMirrored, structure, recolour = (colour) => colour } = setting;
    this.#recolour = recolour;
    this.isMirrored = isMirrored;
    this.#doc = doc;
    this.#setting = setting;
    this.#structure = structure;
    this.#graphics = new GraphicsState(doc, recolour);
    this.#links = createLinks(doc, structure);
    const parts = { fontStack, structure, graphics: this.#graphics, links: this.#links };
    this.#lines = new LineWriter(doc, { ...parts, warn: (code, message) => this.warn(code, message) });
  }

  /** Returns where the left edge of something is on the paper. */
  #flip(x: number, width: number): number {
    return this.isMirrored && this.#depth === 0 ? this.#paper[0] - x - width : x;
  }

  warn(code: string, message: string): void {
    this.#setting.onWarning({ code, message, page: this.#page });
  }

  startPage(page: number, paper: Paper): void {
    this.#structure?.leavePage();
    this.returnTo(page, paper);
    this.#doc.addPage({ size: paper, margin: 0 });
    collectOperators(documentPageOf(this.#doc));
  }

  returnTo(page: number, paper: Paper): void {
    this.#page = page;
    this.#paper = paper;
    this.#graphics.reset();
  }

  line(line: Line, x: number, baseline: number, look: LineLook): void {
    this.#lines.write(line, this.#flip(x, line.width), baseline, look);
  }

  measure(text: string, look: Pick<LabelLook, 'size' | 'bold'>): number {
    return this.#lines.layoutLabel(text, look).width;
  }

  label(text: string, x: number, baseline: number, look: LabelLook): void {
    const { size, align = 'left', behind } = look;
    const color = behind === undefined ? look.color : this.#inkOn(behind, look.color);
    const line = this.#lines.layoutLabel(text, look);
    this.line(line, x - line.width * ALIGNMENT[align], baseline, { size, color });
  }

  /** The colour for text on another: as the house has it, unless a brand's colour is there and needs a better one. */
  #inkOn(behind: string, color: string): string {
    const ground = this.#recolour(behind);
    return ground === behind ? color : readableOn(ground);
  }

  rule({ x, y, width }: Omit<Box, 'height'>, { color, thickness = 0.6 }: RuleLook): void {
    this.#structure?.beginContent();
    const left = this.#flip(x, width);
    // A table has one below each row: only what differs from the one before is said.
    this.#graphics.useStroke(color, thickness);
    const [from, to, at] = [left, left + width, y].map((length) => Math.round(length * 1000) / 1000);
    this.#doc.addContent(`${from} ${at} m ${to} ${at} l S`);
  }

  fillBox({ x, y, width, height }: Box, color: string): void {
    this.#structure?.beginContent();
    this.#graphics.useFill(color);
    this.#doc.rect(this.#flip(x, width), y, width, height).fill();
  }

  path(path: string, look: PathLook): void {
    this.#structure?.beginContent();
    drawPath(this.#doc, path, {
      ...look,
      ...(look.fill && { fill: this.#recolour(look.fill) }),
      ...(look.stroke && { stroke: this.#recolour(look.stroke) }),
    });
    // pdfkit remembers the last colour for itself; the page's own is restored.
    this.#graphics.reset();
  }

  within(place: { x: number; y: number; angle?: number; width?: number }, draw: () => void): void {
    const { x, y, angle = 0, width = 0 } = place;
    // Marked content neither begins nor ends within what is restored.
    this.#structure?.beginContent();
    this.#doc.save().translate(this.#flip(x, width), y).rotate(angle);
    this.#depth += 1;
    draw();
    this.#depth -= 1;
    this.#doc.restore();
    this.#graphics.reset();
  }

  image(image: OpenedImage, { x, y, width, height }: Box): void {
    this.#structure?.beginContent();
    this.#doc.image(image.handle, this.#flip(x, width), y, { width, height });
  }

  tagged(tag: Tag | undefined, draw: () => void, box?: Box): void {
    if (this.#structure) this.#structure.within(tag, draw, box && this.#cornersOf(box));
    else draw();
  }

  /** Returns a box as a PDF counts it: from the paper's lower left corner. */
  #cornersOf({ x, y, width, height }: Box): Corners {
    const [left, bottom] = [this.#flip(x, width), this.#paper[1]];
    return [left, bottom - y - height, left + width, bottom - y];
  }

  grouped(group: Tag | undefined, draw: () => void): void {
    if (this.#structure && group) this.#structure.grouped(group, draw);
    else draw();
  }

  keepPlace(tag: Tag): void {
    this.#structure?.keepPlace(tag);
  }

  anchor(block: object, y: number): void {
    this.#links.anchor(block, this.#page, y);
  }

  pageOf(block: object): number | undefined {
    return this.#links.pageOf(block);
  }

  linkTo(block: object, description: string, box: Box): void {
    this.#links.toBlock(block, description, { ...box, x: this.#flip(box.x, box.width) });
  }

  later(draw: () => void): void {
    const [page, paper] = [this.#page, this.#paper];
    this.#setting.bufferedPages.drawLater(() => {
      this.returnTo(page, paper);
      draw();
      this.#structure?.endContent();
    });
  }

  bookmark(title: string, level: number, y: number): void {
    this.#links.bookmark(title, level, y);
  }
}

/** Creates a canvas over a pdfkit document. */
export const createCanvas = (doc: PDFKit.PDFDocument, setting: CanvasSetting): Canvas => new PdfCanvas(doc, setting);
