/** Formats rows as columns of equal width, two blanks between them. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(toLine));
  const widthOf = (column: number) => Math.max(...cells.map((row) => row[column]?.length ?? 0));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widthOf(column))).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** What would move the cursor of a terminal, or turn the order of its letters. */
const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

/** Makes a text that somebody else has chosen fit for a line of a terminal. */
export const toLine = (text: string): string => text.replaceAll(UNSEEN, ' ');

/** Formats a moment to the minute, in UTC: `2026-11-28 03:10Z`. */
export const formatTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')}Z`;
