import type { OverlayOptions } from 'sharp';
import type { Size } from '../picture/size.ts';

/** So many lines of a row of pixels are counted: their ends give an edge its steps between seen and not. */
const LINES = 8;

/** Makes what cuts the corners off a picture of that size: rounded by a radius in pixels, or all of it to an ellipse. */
export type CutCorners = (size: Size, radius: number | 'circle') => OverlayOptions;

/** Makes a function that makes masks of corners and keeps the last one: all frames of an animation share it. */
export function createCornerCutter(): CutCorners {
  let [lastKey, last]: [string, OverlayOptions] = ['', {}];
  return (size, radius) => {
    const key = JSON.stringify([size.width, size.height, radius]);
    if (key !== lastKey) [lastKey, last] = [key, cornerMask(size, radius)];
    return last;
  };
}

/** Makes one mask. Whole stretches of a row are filled at once: a job waits for this. */
export function cornerMask({ width, height }: Size, radius: number | 'circle'): OverlayOptions {
  const most = { x: width / 2, y: height / 2 };
  const radii =
    radius === 'circle' ? most : { x: Math.min(radius, most.x, most.y), y: Math.min(radius, most.x, most.y) };
  const data = Buffer.alloc(4 * width * height, 255);
  for (let row = 0; row < radii.y; row += 1) {
    const starts = startsOf(row, radii);
    const [clear, partly] = [Math.floor(Math.min(...starts)), Math.ceil(Math.max(...starts))];
    // The row in the middle of an odd height is both.
    for (const y of [row, height - 1 - row]) {
      const at = 4 * y * width;
      data.fill(0, at, at + 4 * clear).fill(0, at + 4 * (width - clear), at + 4 * width);
      for (let column = clear; column < partly; column += 1) {
        const alpha = Math.round(255 * seenOf(column, starts));
        for (const x of [column, width - 1 - column]) data[at + 4 * x + 3] = alpha;
      }
    }
  }
  return { input: data, raw: { width, height, channels: 4 }, blend: 'dest-in' };
}

/** Where each line of a row of pixels begins to be seen, from the edge. */
const startsOf = (row: number, radii: { x: number; y: number }): number[] =>
  Array.from({ length: LINES }, (_, line) => {
    const height = Math.min(1, Math.abs(1 - (row + (line + 0.5) / LINES) / radii.y));
    return radii.x * (1 - Math.sqrt(1 - height ** 2));
  });

/** How much of a pixel of a row is seen. */
const seenOf = (column: number, starts: number[]): number =>
  starts.reduce((sum, start) => sum + Math.min(1, Math.max(0, column + 1 - start)), 0) / LINES;
