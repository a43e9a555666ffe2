/** Colours and sizes of every report: dark grey on white, one quiet blue, hairlines instead of boxes. */
export const COLORS = {
  ink: '#1f2933',
  muted: '#616e7c',
  accent: '#1f4e79',
  hairline: '#dde3ea',
  rule: '#9aa5b1',
  card: '#f3f6f9',
} as const;

/** Type sizes and line heights in points. */
export const TYPE = {
  body: { size: 10, leading: 14.5 },
  title: { size: 24, leading: 29 },
  subtitle: { size: 12.5, leading: 17 },
  small: { size: 8.5, leading: 12 },
  kicker: { size: 9, leading: 13 },
  figure: { size: 15, leading: 20 },
} as const;

/** Headings by level: size, line height, and the space before. */
export const HEADINGS = {
  1: { size: 16, leading: 21, gap: 22 },
  2: { size: 12.5, leading: 17, gap: 17 },
  3: { size: 10.5, leading: 15, gap: 13 },
} as const;

/** A table tries these sizes, until each column has its longest word on one line. */
export const TABLE_SIZES = [
  { size: 9, leading: 12.5, padX: 5, padY: 3.6 },
  { size: 8, leading: 11, padX: 4, padY: 3 },
  { size: 7, leading: 9.5, padX: 3, padY: 2.5 },
  { size: 6, leading: 8, padX: 2, padY: 2 },
] as const;

/** Space between blocks, in points. */
export const BLOCK_GAP = 9;
