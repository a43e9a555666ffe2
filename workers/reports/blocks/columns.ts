import type { Fragment } from '../layout/fragment.ts';
import { BLOCK_GAP } from '../layout/style.ts';
import type { Canvas } from '../pdf/canvas.ts';
import type { Tag } from '../pdf/tags/tag.ts';

/** Space between two columns, in points. */
export const COLUMN_SPACE = 20;

const gapOf = (fragment: Fragment, index: number): number => (index === 0 ? 0 : (fragment.gap ?? 0));
const heightOf = (fragments: Fragment[]): number =>
  fragments.reduce((height, fragment, index) => height + gapOf(fragment, index) + fragment.height, 0);

/** Parts a column into what fits `available` points and the rest, which begins with its table's header again. */
function splitStack(stack: Fragment[], available: number): [Fragment[], Fragment[]] {
  let used = 0;
  for (const [index, fragment] of stack.entries()) {
    const room = available - used - gapOf(fragment, index);
    if (fragment.height <= room) {
      used = available - room + fragment.height;
      continue;
    }
    const [head, tail] = fragment.split?.(room) ?? [];
    let cut = index;
    // A heading or a header row goes along with what it belongs to, unless nothing would be left above.
    while (!head && cut > 0 && stack[cut - 1]?.keep) cut -= 1;
    if (cut === 0 && !head) cut = index;
    const rest = tail ? [{ ...fragment, ...tail }, ...stack.slice(index + 1)] : stack.slice(cut);
    // Where only the header row found room, it does not come again: the two would take turns for ever.
    const repeat = stack[cut - 1] === rest[0]?.repeat && !head ? undefined : rest[0]?.repeat;
    return [[...stack.slice(0, cut), ...(head ? [head] : [])], repeat ? [repeat, ...rest] : rest];
  }
  return [stack, []];
}

function drawStack(canvas: Canvas, stack: Fragment[], x: number, y: number): void {
  let top = y;
  for (const [position, fragment] of stack.entries()) {
    top += gapOf(fragment, position);
    fragment.draw(canvas, x, top);
    top += fragment.height;
  }
}

const groupOf = (stack: Fragment[]): Tag | undefined => (stack.length === 0 ? undefined : { role: 'Div' });

/**
 * Makes one fragment of stacks of fragments side by side; it is split where the page ends, each stack by itself. A
 * stack is read to its end before the next, on however many pages it is.
 */
export function createColumns(stacks: Fragment[][], columnWidth: number, groups = stacks.map(groupOf)): Fragment {
  return {
    height: Math.max(0, ...stacks.map(heightOf)),
    gap: BLOCK_GAP,
    split(available) {
      const parts = stacks.map((stack) => splitStack(stack, available));
      if (parts.every(([head]) => head.length === 0)) return undefined;
      const heads = parts.map(([head]) => head);
      const tails = parts.map(([, tail]) => tail);
      return [createColumns(heads, columnWidth, groups), createColumns(tails, columnWidth, groups)];
    },
    draw(canvas, x, y) {
      for (const group of groups) if (group) canvas.keepPlace(group);
      for (const [index, stack] of stacks.entries()) {
        const left = x + index * (columnWidth + COLUMN_SPACE);
        canvas.grouped(groups[index], () => drawStack(canvas, stack, left, y));
      }
    },
  };
}
