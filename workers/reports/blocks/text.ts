import type { Fragment } from '../layout/fragment.ts';
import { drawLine, type RowLook } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, HEADINGS, TYPE } from '../layout/style.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import { cleanText } from '../text/clean-text.ts';
import { parseInline, splitParagraphs } from '../text/inline.ts';
import { breakLines, type Line } from '../text/lines.ts';
import { type BlockSetting, breakText, cleanRuns, type Heading, measureAt } from './setting.ts';

export type TextLook = Pick<RowLook, 'size' | 'leading' | 'color' | 'bold' | 'heading'>;

/** How lines stand: the space before them, the width of their paragraph, and the part of the report they are. */
export interface LinePlace {
  gap?: number;
  /** With it a line against the document's direction stands at the paragraph's other side. */
  width?: number;
  tag?: Tag;
}

/**
 * Makes fragments of lines. The first two stay together and the last two: no line of a paragraph stands alone on a
 * page. All of them are one part of the report, a paragraph unless `tag` says otherwise.
 */
export function linesToFragments(lines: Line[], look: TextLook, place: LinePlace): Fragment[] {
  const { gap = 0, width, tag = { role: 'P' } } = place;
  return lines.map((line, index) => ({
    height: look.leading,
    gap: index === 0 ? gap : 0,
    keep: lines.length > 1 && (index === 0 || index === lines.length - 2),
    draw(canvas, x, y) {
      const left = x + (line.isOpposed && width ? width - line.width : 0);
      canvas.tagged(tag, () => drawLine(canvas, line, { x: left, y }, look));
    },
  }));
}

/** Lays out a text without inline marks on lines of at most `width` points, which begin at the left. */
export function layoutPlain(
  text: string,
  look: TextLook,
  { width, ...place }: LinePlace & { width: number },
  setting: BlockSetting,
): Fragment[] {
  return linesToFragments(breakText(text, width, measureAt(setting, look.size, look)), look, place);
}

/** Lays out paragraphs, parted by empty lines, with their inline marks. */
export function layoutText(block: { text: string }, width: number, setting: BlockSetting): Fragment[] {
  const look = { ...TYPE.body, color: COLORS.ink };
  return splitParagraphs(block.text).flatMap((paragraph) => {
    const lines = breakLines(cleanRuns(parseInline(paragraph)), width, measureAt(setting, look.size));
    return linesToFragments(lines, look, { gap: BLOCK_GAP, width });
  });
}

/** Lays out a heading; it stays with what follows. */
export function layoutHeading(block: Heading, width: number, setting: BlockSetting): Fragment[] {
  const { gap, ...type } = HEADINGS[block.level];
  const look = { ...type, color: block.level === 3 ? COLORS.ink : COLORS.accent, bold: true, heading: true };
  const tag: Tag = { role: setting.headingRoles.get(block) ?? 'P' };
  const lines = breakText(block.text, width, measureAt(setting, look.size, look));
  const fragments = linesToFragments(lines, look, { gap, width, tag });
  const [first] = fragments;
  if (first) {
    const { draw } = first;
    first.draw = (canvas, x, y) => {
      canvas.anchor(block, y);
      if (setting.outline) canvas.bookmark(cleanText(block.text), block.level, y);
      draw(canvas, x, y);
    };
  }
  return fragments.map((fragment) => ({ ...fragment, keep: true }));
}
