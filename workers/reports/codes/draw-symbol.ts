import type { Canvas } from '../pdf/canvas.ts';
import type { CodeSymbol } from './create-symbol.ts';

/** Digits below bars are so large, in modules, and no larger than this in points. */
const TEXT_MODULES = 9;
const MAX_TEXT_SIZE = 10;
const INK = '#000000';
const PAPER = '#ffffff';

const textSize = (module: number): number => Math.min(MAX_TEXT_SIZE, TEXT_MODULES * module);

/** Returns how wide a symbol is with its quiet zone, in modules. */
export const modulesAcross = ({ width, quiet }: CodeSymbol): number => quiet.left + width + quiet.right;

/** Returns how high a symbol is with its quiet zone and what is printed below it, in points. */
export function symbolHeight({ height, quiet, texts }: CodeSymbol, module: number): number {
  return (height + 2 * quiet.vertical) * module + (texts.length > 0 ? textSize(module) * 1.1 : 0);
}

/** Coordinates in thousandths of a point: boxes that touch have the very same edge. */
const at = (value: number): number => Math.round(value * 1000) / 1000;

/** All that is dark as one path, so that no edge shows between its parts. */
function symbolPath({ dark, quiet }: CodeSymbol, module: number): string {
  return dark
    .map((box) => {
      const [left, top] = [at((quiet.left + box.x) * module), at((quiet.vertical + box.y) * module)];
      const right = at((quiet.left + box.x + box.width) * module);
      const bottom = at((quiet.vertical + box.y + box.height) * module);
      return `M${left} ${top}H${right}V${bottom}H${left}Z`;
    })
    .join('');
}

/**
 * Draws a code as a vector on white, with the upper left corner of its quiet zone at (x, y); `module` is the width of its
 * narrowest bar in points. It is never mirrored.
 */
export function drawSymbol(canvas: Canvas, symbol: CodeSymbol, place: { x: number; y: number; module: number }): void {
  const { x, y, module } = place;
  const width = modulesAcross(symbol) * module;
  const height = symbolHeight(symbol, module);
  canvas.within({ x, y, width }, () => {
    canvas.fillBox({ x: 0, y: 0, width, height }, PAPER);
    canvas.path(symbolPath(symbol, module), { fill: INK });
    const size = textSize(module);
    const baseline = symbol.height * module + size * 0.95;
    for (const text of symbol.texts) {
      const middle = (symbol.quiet.left + text.x + text.width / 2) * module;
      canvas.label(text.text, middle, baseline, { size, color: INK, align: 'center' });
    }
  });
}
