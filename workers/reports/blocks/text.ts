import type { Fragment } from '../layout/fragment.ts';
import { drawLine, type RowLook } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, HEADINGS, TYPE } from '../layout/style.ts';
import type { Tag } from '../pdf/tags/tag.ts';
import { tagEntry } from '../pdf/tags/tag.ts';
import { parseInline } from '../text/inline.ts';
import { breakLines, cleanText, type Line } from '../text/lines.ts';
import { type BlockSetting, breakText, cleanRuns, type Heading, measureAt } from './setting.ts';

type Look = Pick<RowLook, 'size' | 'leading' | 'color' | 'bold'>;

/**
 * Lines as fragments. The first two stay together and the last two: no line of a paragraph stands alone on a page. With
 * the `width` of a paragraph, one against the document's direction stands at its other side. All are one part: `tag`.
 */
export function linesToFragments(
  lines: Line[],
  look: Look,
  gap: number,
  width?: number,
  tag: Tag = { role: 'P' },
): Fragment[] {
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

/** Paragraphs, parted by empty lines, with their inline marks. */
export function layoutText(block: { text: string }, width: number, setting: BlockSetting): Fragment[] {
  const look = { ...TYPE.body, color: COLORS.ink };
  const paragraphs = block.text.replaceAll('\r\n', '\n').split(/\n[ \t]*\n\s*/);
  return paragraphs.flatMap((paragraph) => {
    const lines = breakLines(cleanRuns(parseInline(paragraph)), width, measureAt(setting, look.size));
    return linesToFragments(lines, look, BLOCK_GAP, width);
  });
}

/** A heading; it stays with what follows. */
export function layoutHeading(block: Heading, width: number, setting: BlockSetting): Fragment[] {
  const { gap, ...type } = HEADINGS[block.level];
  const look = { ...type, color: block.level === 3 ? COLORS.ink : COLORS.accent, bold: true };
  const fragments = linesToFragments(
    breakText(block.text, width, measureAt(setting, look.size, true)),
    look,
    gap,
    width,
    {
      role: setting.headingRoles.get(block) ?? 'P',
    },
  );
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

/** Items with a bullet or a number before them; their lines break between pages as a paragraph's do. */
export function layoutList(
  block: { ordered: boolean; items: string[] },
  width: number,
  setting: BlockSetting,
): Fragment[] {
  const look = { ...TYPE.body, color: COLORS.ink };
  const measure = measureAt(setting, look.size);
  const markers = block.items.map((_, index) => (block.ordered ? `${index + 1}.` : '•'));
  const indent = measure(markers.at(-1) ?? '', {}) + 14;
  const list: Tag = {
    role: 'L',
    attributes: { O: 'List', ListNumbering: block.ordered ? 'Decimal' : 'Disc' },
  };
  return block.items.flatMap((item, index) => {
    const lines = breakLines(cleanRuns(parseInline(item)), width - indent, measure);
    const [markerLine] = breakText(markers[index] ?? '', width, measure);
    if (!markerLine) return [];
    const { label, body } = tagEntry(list);
    const fragments = linesToFragments(lines, look, index === 0 ? BLOCK_GAP : 3, undefined, body);
    return fragments.map((fragment, lineIndex) => ({
      ...fragment,
      draw: (canvas, x, y) => {
        const markerX = x + indent - 6 - markerLine.width;
        const drawMarker = () => drawLine(canvas, markerLine, { x: markerX, y }, { ...look, color: COLORS.accent });
        if (lineIndex === 0) canvas.tagged(label, drawMarker);
        fragment.draw(canvas, x + indent, y);
      },
    }));
  });
}
