// @ts-check
/** @import { Io } from './io.js' */
import { toLine } from './text.js';

const CELLS = 20;
const LONGEST_NAME = 40;

/**
 * Shows how far one piece of work is, on a line that changes; on a terminal alone.
 * @typedef {object} Progress
 * @property {(part: number, state: string) => void} show
 * @property {() => void} clear takes the line away
 */

/**
 * Opens the line.
 * @param {Io} io
 * @param {string} name of what is done
 * @returns {Progress}
 */
export function openProgress(io, name) {
  let shown = '';
  const label = toLine(name).slice(0, LONGEST_NAME);
  return {
    show(part, state) {
      if (!io.isTerminal) return;
      const cells = Math.round(CELLS * Math.min(1, Math.max(0, part)));
      const line = `${label}  ${'#'.repeat(cells)}${'.'.repeat(CELLS - cells)} ${Math.floor(100 * part)} %  ${state}`;
      if (line === shown) return;
      shown = line;
      io.draw(`\r\u001b[2K${line}`);
    },
    clear() {
      if (shown !== '') io.draw('\r\u001b[2K');
      shown = '';
    },
  };
}
