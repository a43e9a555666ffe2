import type { Problem } from '../../../src/errors.ts';
import type { StepEnd, StepJobs } from '../../../src/kinds/step-jobs.ts';
import type { FailedRow } from './failed-rows.ts';
import { type FlowParts, inOrder, jobOfStep } from './row-jobs.ts';
import type { OpenRow, StepOutcome } from './state.ts';

/** A row whose jobs have all ended, and how; `failed` where not all of them completed. */
export interface ClosedRow {
  row: OpenRow;
  outcomes: Record<string, StepOutcome>;
  failed: FailedRow | null;
}

/**
 * Finds the rows whose jobs have all ended. Of the others it notes how those of their steps ended that have.
 */
export async function closeRows(
  open: readonly OpenRow[],
  parts: FlowParts,
  { findEnds }: Pick<StepJobs, 'findEnds'>,
): Promise<ClosedRow[]> {
  const { steps } = parts.plan;
  const names = open.flatMap((row) => steps.map((step) => jobOfStep(parts, step, row.number)));
  const ends = await findEnds(names);
  return open.flatMap((row, place) => {
    const own = ends.slice(place * steps.length, (place + 1) * steps.length);
    const known = steps.flatMap(({ name }, index): [string, StepEnd][] => (own[index] ? [[name, own[index]]] : []));
    if (known.length > 0) row.ended = Object.fromEntries(known.map(([name, { state }]) => [name, asOutcome(state)]));
    return known.length < steps.length ? [] : [closeRow(row, new Map(known), parts)];
  });
}

const asOutcome = (state: StepEnd['state']): StepOutcome => (state === 'gone' ? 'failed' : state);

/** A step that ended otherwise than well behind one that did too is skipped: that one is the reason. */
function closeRow(row: OpenRow, ends: ReadonlyMap<string, StepEnd>, parts: FlowParts): ClosedRow {
  const outcomes: Record<string, StepOutcome> = {};
  let reason: { step: string; job: string; error: Pick<Problem, 'code' | 'detail'> } | null = null;
  for (const step of inOrder(parts.plan.steps)) {
    const { state, error } = ends.get(step.name) as StepEnd;
    const isBehind = step.after.some((name) => outcomes[name] !== 'completed');
    outcomes[step.name] = state === 'completed' ? state : isBehind ? 'skipped' : asOutcome(state);
    if (outcomes[step.name] === 'completed' || outcomes[step.name] === 'skipped') continue;
    reason ??= { step: step.name, job: jobOfStep(parts, step, row.number).id, error: error ?? GONE };
  }
  return { row, outcomes, failed: reason && { row: { number: row.number, at: row.at }, outcomes, ...reason } };
}

const GONE = { code: 'not_found', detail: 'The job was erased.' } as const;
