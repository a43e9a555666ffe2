/** Formats rows as columns of equal width, two blanks between them. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widthOf(column))).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Formats a moment to the minute, in UTC: `2026-11-28 03:10Z`. */
export const formatTime = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')}Z`;
