import type { StepView } from '../../../src/jobs/options/flow.ts';

export const BOX = { width: 216, height: 68 };
const GAP = { across: 24, down: 44 };
/** Between two lines beside the boxes. */
const LANE = 14;
/** Between two lines between the rows. */
const TRACK = 4;

/** A step where its box stands. */
export interface Placed {
  step: StepView;
  x: number;
  y: number;
  /** Its place among those beside it. */
  column: number;
}

/** A line from a step to one that needs it, by its corners. */
export interface Edge {
  points: [x: number, y: number][];
}

export interface Layout {
  placed: Placed[];
  edges: Edge[];
  /** So many boxes stand beside each other at most. */
  across: number;
  width: number;
  height: number;
}

/**
 * Places each step below the lowest of those that it needs, so many beside each other at most. A line that leads past a row goes beside
 * the boxes, in a lane that all such lines of its step share.
 */
export function layOut(steps: readonly StepView[], most: number): Layout {
  const rows = toRows(steps, most);
  const across = Math.max(...rows.map((row) => row.length));
  const inner = widthOf(across);
  const rowOf = new Map(rows.flatMap((row, index) => row.map(({ name }) => [name, index] as const)));
  const isFar = (from: string, to: string) => (rowOf.get(to) ?? 0) - (rowOf.get(from) ?? 0) > 1;
  const passing = steps.filter(({ name }) =>
    steps.some(({ name: to, after }) => after.includes(name) && isFar(name, to)),
  );
  const laneOf = new Map(passing.map(({ name }, index) => [name, inner + LANE * (index + 1)] as const));
  const placed = rows.flatMap((row, index) =>
    row.map((step, column) => ({
      step,
      column,
      x: (inner - widthOf(row.length)) / 2 + column * (BOX.width + GAP.across),
      y: index * (BOX.height + GAP.down),
    })),
  );
  const edges = placed.flatMap((to) =>
    placed
      .filter(({ step }) => to.step.after.includes(step.name))
      .map((from) => ({
        points: toPoints(from, to, isFar(from.step.name, to.step.name) ? laneOf.get(from.step.name) : undefined),
      })),
  );
  const height = rows.length * BOX.height + (rows.length - 1) * GAP.down;
  return { placed, edges, across, width: inner + LANE * passing.length, height };
}

const widthOf = (boxes: number): number => boxes * BOX.width + (boxes - 1) * GAP.across;

function toRows(steps: readonly StepView[], most: number): StepView[][] {
  const levelOf = (step: StepView): number =>
    Math.max(-1, ...steps.filter(({ name }) => step.after.includes(name)).map(levelOf)) + 1;
  const levels = [...Map.groupBy(steps, levelOf)].sort(([one], [other]) => one - other);
  return levels.flatMap(([, some]) =>
    Array.from({ length: Math.ceil(some.length / most) }, (_, row) => some.slice(row * most, (row + 1) * most)),
  );
}

/** What goes by a lane leaves its box beside the middle, and comes to the next beside it, so that it is told from other lines. */
function toPoints(from: Placed, to: Placed, lane: number | undefined): Edge['points'] {
  const [bottom, top] = [from.y + BOX.height, to.y];
  const middle = BOX.width / 2;
  if (lane === undefined) {
    const [x1, x2, half] = [from.x + middle, to.x + middle, (bottom + top) / 2];
    return x1 === x2
      ? [
          [x1, bottom],
          [x2, top],
        ]
      : [
          [x1, bottom],
          [x1, half],
          [x2, half],
          [x2, top],
        ];
  }
  const aside = middle + 25;
  // Lines of neighbours lie above each other.
  const [leaves, comes] = [bottom + 6 + TRACK * from.column, top - 10 - TRACK * to.column];
  return [
    [from.x + aside, bottom],
    [from.x + aside, leaves],
    [lane, leaves],
    [lane, comes],
    [to.x + aside, comes],
    [to.x + aside, top],
  ];
}
