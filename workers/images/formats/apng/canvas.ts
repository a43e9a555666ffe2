import { setImmediate } from 'node:timers/promises';
import type { ApngFrame } from './read-apng.ts';

/** After so many pixels others have their turn: some five milliseconds. */
const PIXELS_AT_ONCE = 500_000;

/** What the frames of an animated PNG are laid on, one after the other. */
export interface Canvas {
  /** Lays a frame of RGBA pixels on it and returns what is then to be seen: the next frame changes these pixels. */
  show(frame: Omit<ApngFrame, 'pixels' | 'delayMs'>, rgba: Uint8Array): Promise<Buffer>;
}

/** Makes a clear canvas. */
export function createCanvas(width: number, height: number): Canvas {
  const canvas = Buffer.alloc(4 * width * height);
  let isFirst = true;
  let settle = () => {};
  const lines = ({ left, top, width: across, height: down }: Parameters<Canvas['show']>[0]) =>
    Array.from({ length: down }, (_, y) => {
      const start = 4 * ((top + y) * width + left);
      return canvas.subarray(start, start + 4 * across);
    });
  return {
    async show(frame, rgba) {
      // What the frame before leaves behind.
      settle();
      const rows = lines(frame);
      // Before the first frame there is nothing to go back to.
      const dispose = isFirst && frame.dispose === 'previous' ? 'background' : frame.dispose;
      isFirst = false;
      const before = dispose === 'previous' ? rows.map((row) => Buffer.from(row)) : [];
      settle = () => {
        if (dispose === 'background') for (const row of rows) row.fill(0);
        if (dispose === 'previous') for (const [y, row] of rows.entries()) before[y]?.copy(row);
      };
      const rowsAtOnce = Math.max(1, Math.floor(PIXELS_AT_ONCE / frame.width));
      for (const [y, row] of rows.entries()) {
        const drawn = rgba.subarray(4 * y * frame.width, 4 * (y + 1) * frame.width);
        if (frame.blend === 'source') row.set(drawn);
        else layOver(row, drawn);
        if (y % rowsAtOnce === rowsAtOnce - 1) await setImmediate();
      }
      return canvas;
    },
  };
}

/** Lays pixels over others; neither's colours are multiplied by their alpha. */
function layOver(below: Uint8Array, above: Uint8Array): void {
  for (let at = 0; at < above.length; at += 4) {
    const alpha = above[at + 3] as number;
    if (alpha === 0) continue;
    const under = ((255 - alpha) * (below[at + 3] as number)) / 255;
    const sum = alpha + under;
    for (let channel = at; channel < at + 3; channel += 1) {
      below[channel] = Math.round(((above[channel] as number) * alpha + (below[channel] as number) * under) / sum);
    }
    below[at + 3] = Math.round(sum);
  }
}
