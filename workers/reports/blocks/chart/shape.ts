import type { Box } from '../../pdf/box.ts';
import type { Canvas, LabelLook } from '../../pdf/canvas.ts';
import type { PathLook } from '../../pdf/paths.ts';

/** Something to be drawn. A chart is planned as a list of these, so that it can be looked at without a PDF. */
export type Shape = PathShape | LabelShape;

/** An SVG path. */
export interface PathShape extends PathLook {
  kind: 'path';
  path: string;
  /** The path's origin; the chart's where it is absent. */
  at?: { x: number; y: number };
}

/** One line of text: `x` is its left end, middle or right end, as `align` says. */
export interface LabelShape extends LabelLook {
  kind: 'label';
  text: string;
  x: number;
  baseline: number;
  /** Degrees, clockwise, around (x, baseline). */
  angle?: number;
}

const round = (points: number): number => Math.round(points * 100) / 100;

/** A rectangle as a path. */
export const boxPath = ({ x, y, width, height }: Box): string =>
  `M${round(x)},${round(y)}H${round(x + width)}V${round(y + height)}H${round(x)}Z`;

/** A straight line as a path. */
export const linePath = (x1: number, y1: number, x2: number, y2: number): string =>
  `M${round(x1)},${round(y1)}L${round(x2)},${round(y2)}`;

/** Draws shapes that are `width` points wide together, with their origin at (x, y). */
export function drawShapes(canvas: Canvas, shapes: readonly Shape[], place: Omit<Box, 'height'>): void {
  canvas.within(place, () => {
    for (const shape of shapes) drawShape(canvas, shape);
  });
}

function drawShape(canvas: Canvas, shape: Shape): void {
  if (shape.kind === 'path') {
    if (shape.at) canvas.within(shape.at, () => canvas.path(shape.path, shape));
    else canvas.path(shape.path, shape);
  } else if (!shape.angle) canvas.label(shape.text, shape.x, shape.baseline, shape);
  else {
    const { x, baseline: y, angle } = shape;
    canvas.within({ x, y, angle }, () => canvas.label(shape.text, 0, 0, shape));
  }
}
