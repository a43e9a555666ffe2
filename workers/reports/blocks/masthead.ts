import type { Fragment } from '../layout/fragment.ts';
import { COLORS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { BlockSetting } from './setting.ts';
import { layoutPlain } from './text.ts';

type Masthead = Extract<Block, { type: 'masthead' }>;

/** Creates the rule below a head: a hairline with a heavy beginning. */
export const createHeadRule = (width: number): Fragment => ({
  height: 8,
  gap: 10,
  draw(canvas, x, y) {
    canvas.rule({ x, y, width }, { color: COLORS.hairline });
    canvas.rule({ x, y, width: 48 }, { color: COLORS.accent, thickness: 2 });
  },
});

/** Lays out the report's head: small line, title, subtitle, author, and the rule below. */
export function layoutMasthead(block: Masthead, width: number, setting: BlockSetting): Fragment[] {
  const kicker = block.kicker?.toLocaleUpperCase(setting.locale);
  const parts = [
    { text: kicker, type: TYPE.kicker, color: COLORS.accent, bold: true, gap: 0 },
    { text: block.title, type: TYPE.title, color: COLORS.ink, bold: true, heading: true, gap: 2, role: 'H1' as const },
    { text: block.subtitle, type: TYPE.subtitle, color: COLORS.muted, bold: false, gap: 2 },
    { text: block.byline, type: TYPE.small, color: COLORS.muted, bold: false, gap: 5 },
  ];
  const fragments = parts.flatMap(({ text, type, color, bold, heading = false, gap, role = 'P' as const }) =>
    text ? layoutPlain(text, { ...type, color, bold, heading }, { width, gap, tag: { role } }, setting) : [],
  );
  return [...fragments.map((fragment) => ({ ...fragment, keep: true })), createHeadRule(width)];
}
