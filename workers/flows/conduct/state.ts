import { AppError } from '../../../src/errors.ts';
import type { PlannedStep } from '../../../src/jobs/options/flow.ts';
import type { LinePosition } from '../rows/read-rows.ts';

/** How the job of a step ended in a row: `skipped` where it was never to be, since another step failed. */
export type StepOutcome = 'completed' | 'failed' | 'cancelled' | 'skipped';

export type StepCounts = Record<StepOutcome, number>;

/** A row whose jobs have not all ended, and how those of its steps ended that have. */
export interface OpenRow extends LinePosition {
  ended?: Record<string, StepOutcome>;
}

/** A file of rows that a flow has of its own. */
export interface RowsFile {
  key: string;
  bytes: number;
  /** Whether each line says its number: those of a table do. */
  isNumbered: boolean;
}

/** Where the rows of a flow lie: where its input says, or in a file of its own. */
export type RowsSource = 'input' | RowsFile;

/** What the runs of a flow have noted of how far it is; one field of its record, changed in one step. */
export interface FlowState {
  v: 1;
  /** Absent until they were looked for. */
  source?: RowsSource;
  /** How many rows there are; null until they were counted. */
  total: number | null;
  /** The next row that is to be begun; null once all are. */
  next: LinePosition | null;
  open: OpenRow[];
  steps: Record<string, StepCounts>;
  /** Rows whose jobs have all ended, those that failed among them. */
  done: number;
  failed: number;
  /** How often it had been run again by hand when it was noted: another number begins with what failed. */
  retries: number;
  /** While what failed is done again: the last of these rows that was begun. */
  again: number | null;
  /** Of a strict flow: the next row that is to be checked; null once all are. */
  check: LinePosition | null;
  /** Why no further row is begun. */
  stopped: string | null;
}

export const FIRST_LINE: LinePosition = { number: 1, at: 0 };

/** The state of a flow that has not begun. */
export const newState = (steps: readonly PlannedStep[], isStrict: boolean): FlowState => ({
  v: 1,
  total: null,
  next: FIRST_LINE,
  open: [],
  steps: Object.fromEntries(steps.map(({ name }) => [name, { completed: 0, failed: 0, cancelled: 0, skipped: 0 }])),
  done: 0,
  failed: 0,
  retries: 0,
  again: null,
  check: isStrict ? FIRST_LINE : null,
  stopped: null,
});

/** Counts how the steps of a row ended; `by` -1 takes that back. */
export function countRow(state: FlowState, outcomes: Readonly<Record<string, StepOutcome>>, by: 1 | -1): void {
  for (const [name, outcome] of Object.entries(outcomes)) {
    const counts = state.steps[name];
    if (counts) counts[outcome] += by;
  }
  state.done += by;
  if (Object.values(outcomes).some((outcome) => outcome !== 'completed')) state.failed += by;
}

/** Makes the error that a flow ends with: it is not run again by itself. */
export const flowFailed = (sentence: string): AppError => new AppError('flow_failed', sentence, { isFinal: true });
