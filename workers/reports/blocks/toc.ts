import type { Fragment } from '../layout/fragment.ts';
import { drawLine, type Point } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, HEADINGS, TYPE } from '../layout/style.ts';
import type { Block } from '../model.ts';
import type { Canvas } from '../pdf/canvas.ts';
import type { Role, Tag } from '../pdf/tags/tag.ts';
import { cleanText } from '../text/clean-text.ts';
import type { Line } from '../text/lines.ts';
import { type BlockSetting, breakText, type Heading, measureAt } from './setting.ts';
import { linesToFragments } from './text.ts';

type Toc = Extract<Block, { type: 'toc' }>;

/** How far each level stands in, in points. */
const INDENT = 14;
/** Between a heading's end, the dots and the number. */
const SPACE = 6;
/** No page number is wider: pages are bounded. */
const WIDEST_NUMBER = '00000';
const HEADING_ROLES = ['H1', 'H2', 'H3'] as const;

/** All headings of a report in reading order, those in columns included. */
export const listHeadings = (blocks: Block[]): Heading[] =>
  blocks.flatMap((block) => {
    if (block.type === 'columns') return listHeadings(block.columns.flat());
    return block.type === 'heading' ? [block] : [];
  });

/** What headings are read as: no level is left out on the way down, whatever was asked for. The title comes first. */
export function nestHeadings(headings: Heading[]): Map<Heading, Role> {
  let last = 1;
  return new Map(
    headings.map((heading) => {
      last = Math.min(heading.level, last + 1);
      return [heading, HEADING_ROLES[last - 1] ?? 'H3'];
    }),
  );
}

/** What one entry is drawn with. */
interface Entry {
  heading: Heading;
  lines: Line[];
  indent: number;
  width: number;
  look: { size: number; leading: number; color: string; bold: boolean };
  tag: Tag;
}

/** Dots from the text to the number, in the height of a full stop. */
function drawDots(canvas: Canvas, from: number, to: number, baseline: number): void {
  if (to - from < 10) return;
  const draw = () =>
    canvas.within({ x: from, y: baseline - 0.6, width: to - from }, () =>
      canvas.path(`M 0 0 L ${to - from} 0`, { stroke: COLORS.rule, width: 0.7, dash: [0.7, 3.3] }),
    );
  canvas.tagged(undefined, draw);
}

/** One line of an entry: all of it leads to the heading, and the last one has its page. */
function drawEntry(canvas: Canvas, { heading, lines, indent, width, look }: Entry, index: number, { x, y }: Point) {
  const line = lines[index];
  if (!line) return;
  drawLine(canvas, line, { x: x + indent, y }, look);
  const number = String(canvas.pageOf(heading) ?? '');
  const link = { x: x + indent, y, width: width - indent, height: look.leading };
  canvas.linkTo(heading, `${cleanText(heading.text)}, ${number}`, link);
  if (index < lines.length - 1) return;
  const baseline = y + look.leading / 2 + look.size * 0.33;
  const right = x + width - canvas.measure(number, look);
  drawDots(canvas, x + indent + line.width + SPACE, right - SPACE, baseline);
  canvas.label(number, x + width, baseline, { ...look, align: 'right' });
}

/** Lays out one entry in the table of contents `toc`; `top` is its highest level. */
function layoutEntry(
  heading: Heading,
  { top, toc, width }: { top: number; toc: Tag; width: number },
  setting: BlockSetting,
): Fragment[] {
  const isTop = heading.level === top;
  const look = { ...TYPE.body, color: COLORS.ink, bold: isTop };
  const indent = (heading.level - top) * INDENT;
  const measure = measureAt(setting, look.size, look.bold);
  const room = width - indent - measure(WIDEST_NUMBER, {}) - 2 * SPACE;
  const lines = breakText(heading.text, room, measure);
  const item: Tag = { role: 'TOCI', parent: toc };
  const tag: Tag = { role: 'Link', parent: { role: 'Reference', parent: item } };
  const entry = { heading, lines, indent, width, look, tag };
  return linesToFragments(lines, look, { gap: isTop ? 4 : 0 }).map((fragment, index) => ({
    ...fragment,
    // Which page a heading is on is known when all is laid out; how high its entry is, before.
    draw(canvas, x, y) {
      canvas.keepPlace(tag);
      canvas.later(() => canvas.tagged(tag, () => drawEntry(canvas, entry, index, { x, y })));
    },
  }));
}

/** A table of contents: the headings with their pages. A report without headings has none, nor the title of it. */
export function layoutToc(block: Toc, width: number, setting: BlockSetting): Fragment[] {
  const headings = setting.contents.filter(({ level }) => level <= block.levels);
  if (headings.length === 0) return [];
  const { gap, ...type } = HEADINGS[1];
  const look = { ...type, color: COLORS.accent, bold: true, heading: true };
  const toc: Tag = { role: 'TOC' };
  const lines = breakText(block.title ?? setting.messages.contents, width, measureAt(setting, look.size, look));
  const title = linesToFragments(lines, look, { gap, width, tag: { role: 'Caption', parent: toc } });
  const top = Math.min(...headings.map(({ level }) => level));
  const entries = headings.flatMap((heading) => layoutEntry(heading, { top, toc, width }, setting));
  const [first] = entries;
  if (first) first.gap = BLOCK_GAP;
  return [...title.map((fragment) => ({ ...fragment, keep: true })), ...entries];
}
