// @ts-check

/** What would move the cursor of a terminal, or turn the order of its letters. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/**
 * Makes a text that somebody else has chosen fit for a line of a terminal.
 * @param {string} text
 */
export const toLine = (text) => text.replaceAll(UNSEEN, ' ');

/**
 * Formats rows as columns of equal width, two blanks between them.
 * @param {readonly (readonly string[])[]} rows
 * @returns {string}
 */
export function formatTable(rows) {
  const cells = rows.map((row) => row.map(toLine));
  const widthOf = (/** @type {number} */ column) => Math.max(...cells.map((row) => row[column]?.length ?? 0));
  return cells
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widthOf(at)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Formats bytes as people read them: `12.3 MB`.
 * @param {number} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const amount = bytes / 1000 ** step;
  return `${step === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[step]}`;
}

/**
 * Names the known word that is nearest to one that is not; null where none is near.
 * @param {string} word
 * @param {readonly string[]} known
 * @returns {string | null}
 */
export function nearest(word, known) {
  const ranked = known
    .map((name) => ({ name, distance: distanceOf(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= (word.length < 4 ? 1 : 2) ? best.name : null;
}

/**
 * How many letters lie between two words.
 * @param {string} one
 * @param {string} other
 * @returns {number}
 */
function distanceOf(one, other) {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const changed = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next[j] = Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
