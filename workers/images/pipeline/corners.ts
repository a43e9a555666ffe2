import type { OverlayOptions } from 'sharp';
import type { Size } from '../picture/size.ts';

/** So many lines of a row of pixels are counted: their ends give an edge its steps between seen and not. */
const LINES = 8;

/** Makes what cuts the corners off a picture of that size: rounded by a radius in pixels, or all of it to an ellipse. */
export function cornerMask(size: Size, radius: number | 'circle'): OverlayOptions {
  const most = { x: size.width / 2, y: size.height / 2 };
  const radii =
    radius === 'circle' ? most : { x: Math.min(radius, most.x, most.y), y: Math.min(radius, most.x, most.y) };
  const data = Buffer.alloc(4 * size.width * size.height, 255);
  for (let row = 0; row < radii.y; row += 1) {
    const seen = seenOfRow(row, radii);
    const below = size.height - 1 - row;
    for (const [column, share] of seen.entries()) {
      // The row in the middle of an odd height is both.
      const alpha = Math.round(255 * share);
      for (const y of [row, below]) {
        for (const x of [column, size.width - 1 - column]) data[4 * (y * size.width + x) + 3] = alpha;
      }
    }
  }
  return { input: data, raw: { ...size, channels: 4 }, blend: 'dest-in' };
}

/** How much of each pixel of a row is seen, from the edge to where all of it is. */
function seenOfRow(row: number, radii: { x: number; y: number }): number[] {
  const starts = Array.from({ length: LINES }, (_, line) => {
    const height = Math.min(1, Math.abs(1 - (row + (line + 0.5) / LINES) / radii.y));
    return radii.x * (1 - Math.sqrt(1 - height ** 2));
  });
  const pixels = Math.ceil(Math.max(...starts));
  return Array.from({ length: pixels }, (_, column) => {
    const seen = starts.map((start) => Math.min(1, Math.max(0, column + 1 - start)));
    return seen.reduce((sum, share) => sum + share, 0) / LINES;
  });
}
