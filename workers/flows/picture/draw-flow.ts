import { escapeXml } from '../../../src/fields/escape-xml.ts';
import type { StepView } from '../../../src/jobs/options/flow.ts';
import { formatNumber } from '../../../src/kinds/formats.ts';
import { BOX, type Edge, layOut, type Placed } from './lay-out.ts';

/** Steps that stand beside each other where there is room, and on a phone: more of them are a row below. */
const WIDE = 3;
const NARROW = 1;

/**
 * Draws the steps of a flow, each below those whose files it needs, as SVG: twice, for wide windows and for narrow ones, of which
 * style shows one; its colours are those of the page.
 */
export function drawFlow(steps: readonly StepView[]): string {
  const isOneWide = layOut(steps, WIDE).across === NARROW;
  if (isOneWide) return draw(steps, WIDE, '');
  return `${draw(steps, WIDE, ' flow-wide')}${draw(steps, NARROW, ' flow-narrow')}`;
}

function draw(steps: readonly StepView[], across: number, look: string): string {
  const { placed, edges, width, height } = layOut(steps, across);
  // What it shows stands beside it as a table.
  return (
    `<svg class="flow-picture${look}" viewBox="-1 -1 ${width + 2} ${height + 2}" width="${width + 2}" height="${height + 2}" ` +
    `aria-hidden="true" focusable="false">${edges.map(drawEdge).join('')}${placed.map(drawBox).join('')}</svg>`
  );
}

function drawEdge({ points }: Edge): string {
  const [x, y] = points.at(-1) as [number, number];
  const line = `<path class="flow-edge" d="${toPath([...points.slice(0, -1), [x, y - 6]])}"/>`;
  return `${line}<path class="flow-head" d="M${x - 5} ${y - 8}L${x} ${y}L${x + 5} ${y - 8}Z"/>`;
}

const CORNER = 5;

/** A line through points that lie above or beside each other, with round corners. */
function toPath(points: readonly (readonly [number, number])[]): string {
  const [first, ...rest] = points;
  const parts = rest.map(([x, y], index) => {
    const [fromX, fromY] = points[index] as [number, number];
    const next = points[index + 2];
    if (!next) return `L${x} ${y}`;
    const towards = (to: readonly [number, number]): string => {
      const half = Math.min(CORNER, (Math.abs(to[0] - x) + Math.abs(to[1] - y)) / 2);
      return `${x + Math.sign(to[0] - x) * half} ${y + Math.sign(to[1] - y) * half}`;
    };
    return `L${towards([fromX, fromY])}Q${x} ${y} ${towards(next)}`;
  });
  return `M${first?.join(' ')}${parts.join('')}`;
}

/** So many letters of a name fit into a box. */
const MOST_LETTERS = 22;

function drawBox({ step, x, y }: Placed): string {
  const { name, kind } = step;
  const shown = name.length > MOST_LETTERS ? `${name.slice(0, MOST_LETTERS - 1)}…` : name;
  const look = lookOf(step);
  const mid = x + 14;
  return (
    `<g class="flow-box flow-${look}"><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="10"/>` +
    `<text class="flow-name" x="${mid}" y="${y + 28}">${escapeXml(shown)}</text>` +
    `<text class="flow-count" x="${mid}" y="${y + 51}">${escapeXml(`${kind} · ${saySoFar(step)}`)}</text></g>`
  );
}

/** How a step stands, in one word. */
function lookOf({ failed, cancelled, skipped, active, waiting }: StepView): 'bad' | 'work' | 'wait' | 'done' {
  if (failed + cancelled + skipped > 0) return 'bad';
  if (active > 0) return 'work';
  return waiting > 0 ? 'wait' : 'done';
}

function saySoFar({ completed, failed, cancelled, skipped, active, waiting }: StepView): string {
  const all = completed + failed + cancelled + skipped + active + waiting;
  return `${formatNumber(completed)} of ${formatNumber(all)}`;
}
