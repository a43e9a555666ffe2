import type { Canvas } from '../pdf/canvas.ts';
import type { OpenedImage } from '../pdf/pictures/embed-image.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import type { Line } from '../text/lines.ts';
import type { Fragment } from './fragment.ts';
import { COLORS } from './style.ts';

/** How a row looks. Sizes in points, colours as #rrggbb. */
export interface RowLook {
  size: number;
  leading: number;
  padX: number;
  padY: number;
  color: string;
  /** Everything in it is drawn bold. */
  bold?: boolean;
  /** It is a heading, which may have a font of its own. */
  heading?: boolean;
  fill?: string;
  ruleAbove?: string;
  ruleBelow?: string;
}

/** A picture in a cell, in points. */
export interface CellPicture {
  image: OpenedImage;
  width: number;
  height: number;
  /** What it is to those who don't see it. */
  tag: Tag | undefined;
}

/** One cell: its lines, and where they stand, counted from the row's left edge. */
export interface Cell {
  lines: Line[];
  x: number;
  width: number;
  align: 'left' | 'center' | 'right';
  color?: string;
  /** What stands behind it, and whether it is drawn bold whatever the row is. */
  fill?: string | undefined;
  bold?: boolean | undefined;
  /** What stands in it in the place of lines. */
  picture?: CellPicture | undefined;
  /** The part of the report it is. */
  tag?: Tag | undefined;
  /** Said as a warning with the page it is drawn on. */
  warning?: { code: string; message: string };
}

const ALIGNMENT = { left: 0, center: 0.5, right: 1 } as const;
/** On a mirrored canvas lines begin at the right; numbers stay at the right too, or their digits would not line up. */
const MIRRORED_ALIGNMENT = { left: 0, center: 0.5, right: 0 } as const;

/** A point of the canvas. */
export interface Point {
  x: number;
  y: number;
}

/** Draws a line of text with its upper left corner at a point. */
export function drawLine(canvas: Canvas, line: Line, { x, y }: Point, look: Omit<RowLook, 'padX' | 'padY'>): void {
  // Capitals are 0.66 of the size: half of that below the middle puts them in the middle.
  const baseline = y + look.leading / 2 + look.size * 0.33;
  const { size, color, bold, heading } = look;
  canvas.line(line, x, baseline, { size, color, bold, heading, linkColor: COLORS.accent });
}

function drawCell(canvas: Canvas, cell: Cell, { x, y }: Point, look: RowLook): void {
  const room = cell.width - 2 * look.padX;
  const { color = look.color, bold = look.bold } = cell;
  const own = cell.color || cell.bold ? { ...look, color, ...(bold && { bold }) } : look;
  const part = (canvas.isMirrored ? MIRRORED_ALIGNMENT : ALIGNMENT)[cell.align];
  for (let index = 0; index < cell.lines.length; index += 1) {
    const line = cell.lines[index] as Line;
    const left = x + cell.x + look.padX + Math.max(0, room - line.width) * part;
    drawLine(canvas, line, { x: left, y: y + look.padY + index * look.leading }, own);
  }
  if (cell.picture)
    drawPicture(
      canvas,
      cell.picture,
      { x: x + cell.x + look.padX, y: y + look.padY },
      Math.max(0, room - cell.picture.width) * part,
    );
  if (cell.warning) canvas.warn(cell.warning.code, cell.warning.message);
}

/** Draws a picture so many points behind a point. */
function drawPicture(
  canvas: Canvas,
  { image, width, height, tag }: CellPicture,
  { x, y }: Point,
  before: number,
): void {
  const box = { x: x + before, y, width, height };
  canvas.tagged(tag, () => canvas.image(image, box), box);
}

/** A row of cells side by side. One that is too high for a page can be split between lines. */
export function createRow(cells: Cell[], width: number, look: RowLook): Fragment {
  let lineCount = 1;
  let pictureHeight = 0;
  for (const { lines, picture } of cells) {
    lineCount = Math.max(lineCount, lines.length);
    if (picture) pictureHeight = Math.max(pictureHeight, picture.height);
  }
  const height = Math.max(lineCount * look.leading, pictureHeight) + 2 * look.padY;
  return {
    height,
    split(available) {
      const fitting = Math.floor((available - 2 * look.padY) / look.leading);
      if (fitting < 1 || fitting >= lineCount || pictureHeight > available - 2 * look.padY) return undefined;
      const part = (from: number, to?: number) => cells.map((cell) => ({ ...cell, lines: cell.lines.slice(from, to) }));
      const rest = part(fitting).map((cell) => ({ ...cell, picture: undefined }));
      return [createRow(part(0, fitting), width, look), createRow(rest, width, look)];
    },
    draw(canvas, x, y) {
      if (look.fill) canvas.fillBox({ x, y, width, height }, look.fill);
      for (const cell of cells) {
        if (cell.fill) canvas.fillBox({ x: x + cell.x, y, width: cell.width, height }, cell.fill);
      }
      if (look.ruleAbove) canvas.rule({ x, y, width }, { color: look.ruleAbove });
      if (look.ruleBelow) canvas.rule({ x, y: y + height, width }, { color: look.ruleBelow });
      // A cell without a text is a cell all the same.
      for (const { tag } of cells) if (tag) canvas.keepPlace(tag);
      for (const cell of cells) {
        if (cell.tag) canvas.tagged(cell.tag, () => drawCell(canvas, cell, { x, y }, look));
        else drawCell(canvas, cell, { x, y }, look);
      }
    },
  };
}
