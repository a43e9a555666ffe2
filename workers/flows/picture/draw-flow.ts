import { escapeXml } from '../../../src/fields/escape-xml.ts';
import type { StepView } from '../../../src/jobs/options/flow.ts';
import { formatNumber } from '../../../src/kinds/formats.ts';

const BOX = { width: 216, height: 68 };
const GAP = { across: 24, down: 44 };
/** Steps that stand beside each other: more of them are a row below. */
const MOST_ACROSS = 3;

interface Placed {
  step: StepView;
  x: number;
  y: number;
}

/** Draws the steps of a flow, each below those whose files it needs, as SVG; its colours are those of the page. */
export function drawFlow(steps: readonly StepView[]): string {
  const placed = placeSteps(steps);
  const width = Math.max(...placed.map(({ x }) => x + BOX.width));
  const height = Math.max(...placed.map(({ y }) => y + BOX.height));
  const edges = placed.flatMap((to) =>
    placed.filter(({ step }) => to.step.after.includes(step.name)).map((from) => drawEdge(from, to)),
  );
  // What it shows stands beside it as a table.
  return `<svg class="flow-picture" viewBox="-1 -1 ${width + 2} ${height + 2}" width="${width + 2}" height="${height + 2}" aria-hidden="true" focusable="false">${edges.join('')}${placed.map(drawBox).join('')}</svg>`;
}

/** Places each step below the lowest of those that it needs. */
function placeSteps(steps: readonly StepView[]): Placed[] {
  const levelOf = (step: StepView): number =>
    Math.max(-1, ...steps.filter(({ name }) => step.after.includes(name)).map(levelOf)) + 1;
  const levels = [...Map.groupBy(steps, levelOf)].sort(([one], [other]) => one - other);
  const rows = levels.flatMap(([, some]) =>
    Array.from({ length: Math.ceil(some.length / MOST_ACROSS) }, (_, row) =>
      some.slice(row * MOST_ACROSS, (row + 1) * MOST_ACROSS),
    ),
  );
  const widest = widthOf(Math.max(...rows.map((row) => row.length)));
  return rows.flatMap((row, line) =>
    row.map((step, column) => ({
      step,
      x: (widest - widthOf(row.length)) / 2 + column * (BOX.width + GAP.across),
      y: line * (BOX.height + GAP.down),
    })),
  );
}

const widthOf = (boxes: number): number => boxes * BOX.width + (boxes - 1) * GAP.across;

function drawEdge(from: Placed, to: Placed): string {
  const [x1, y1] = [from.x + BOX.width / 2, from.y + BOX.height];
  const [x2, y2] = [to.x + BOX.width / 2, to.y];
  const middle = (y1 + y2) / 2;
  const line = `<path class="flow-edge" d="M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2 - 6}"/>`;
  return `${line}<path class="flow-head" d="M${x2 - 5} ${y2 - 8}L${x2} ${y2}L${x2 + 5} ${y2 - 8}Z"/>`;
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
