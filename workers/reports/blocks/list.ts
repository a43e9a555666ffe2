import type { ListItem } from '../input/list.ts';
import type { Fragment } from '../layout/fragment.ts';
import { drawLine } from '../layout/row.ts';
import { BLOCK_GAP, COLORS, TYPE } from '../layout/style.ts';
import { type Tag, tagEntry } from '../pdf/tags/tag.ts';
import { parseInline } from '../text/inline.ts';
import { breakLines, type Line } from '../text/lines.ts';
import { type BlockSetting, breakText, cleanRuns, measureAt } from './setting.ts';
import { linesToFragments, type TextLook } from './text.ts';

/** Items, and how they are marked. */
interface ListPart {
  ordered: boolean;
  items: readonly ListItem[];
}

/** Where a list stands: its line, and what it is inside of. */
interface ListPlace {
  width: number;
  depth: number;
  /** The number of the item above it: `2.` */
  prefix: string;
  parent?: Tag;
}

const LOOK = { ...TYPE.body, color: COLORS.ink };
const BULLETS = ['•', '◦', '▪', '–'] as const;
/** Between the widest marker and its item, and on its other side. */
const MARKER_ROOM = 14;
const ITEM_GAP = 3;

/** Lays out items with a bullet or a number before them; their lines break between pages as a paragraph's do. */
export function layoutList(block: ListPart, width: number, setting: BlockSetting): Fragment[] {
  const [first, ...others] = layoutItems(block, { width, depth: 0, prefix: '' }, setting);
  return first ? [{ ...first, gap: BLOCK_GAP }, ...others] : [];
}

function layoutItems({ ordered, items }: ListPart, place: ListPlace, setting: BlockSetting): Fragment[] {
  const { width, depth, prefix, parent } = place;
  const measure = measureAt(setting, LOOK.size);
  const markers = items.map((_, index) => (ordered ? `${prefix}${index + 1}.` : (BULLETS[depth] ?? '•')));
  const indent = measure(markers.at(-1) ?? '', {}) + MARKER_ROOM;
  const attributes = { O: 'List', ListNumbering: ordered ? 'Decimal' : 'Disc' };
  const list: Tag = { role: 'L', attributes, ...(parent && { parent }) };
  return items.flatMap((item, index) => {
    const own = markers[index] ?? '';
    const [marker] = breakText(own, width, measure);
    if (!marker) return [];
    const { label, body } = tagEntry(list);
    const { text, ...below } = typeof item === 'string' ? { text: item, ordered: false, items: [] } : item;
    const lines = breakLines(cleanRuns(parseInline(text)), width - indent, measure);
    const fragments = linesToFragments(lines, LOOK, { gap: ITEM_GAP, tag: body });
    const inner = { width: width - indent, depth: depth + 1, prefix: ordered ? own : '', parent: body };
    return [
      ...indentItem(fragments, { marker, label, indent, look: LOOK }),
      ...layoutItems(below, inner, setting).map((fragment) => moveRight(fragment, indent)),
    ];
  });
}

interface Marker {
  marker: Line;
  label: Tag;
  indent: number;
  look: TextLook;
}

/** Moves an item's lines to the right, with its marker before the first. */
function indentItem(fragments: Fragment[], { marker, label, indent, look }: Marker): Fragment[] {
  return fragments.map((fragment, index) => ({
    ...fragment,
    draw(canvas, x, y) {
      const place = { x: x + indent - 6 - marker.width, y };
      const drawMarker = () => drawLine(canvas, marker, place, { ...look, color: COLORS.accent });
      if (index === 0) canvas.tagged(label, drawMarker);
      fragment.draw(canvas, x + indent, y);
    },
  }));
}

const moveRight = (fragment: Fragment, indent: number): Fragment => ({
  ...fragment,
  draw: (canvas, x, y) => fragment.draw(canvas, x + indent, y),
});
