import type { FlowPlan, StepView } from '../../../src/jobs/options/flow.ts';
import type { Progress } from '../../../src/jobs/progress.ts';
import type { FlowState, StepCounts } from './state.ts';

/** Shows how far a flow is: `noted` is its state, undefined before its first run. */
export function presentFlow({ steps }: FlowPlan, noted: unknown): { steps: StepView[]; progress: Progress } {
  const { total = null, open = [], steps: counts = {}, done = 0, failed = 0 } = (noted ?? {}) as Partial<FlowState>;
  return {
    steps: steps.map(({ name, kind, after }) => {
      const ended = { ...NOTHING, ...counts[name] };
      for (const row of open) {
        const outcome = row.ended?.[name];
        if (outcome) ended[outcome] += 1;
      }
      const over = ended.completed + ended.failed + ended.cancelled + ended.skipped;
      const active = open.filter((row) => row.ended?.[name] === undefined).length;
      return { name, kind, after, waiting: Math.max(0, (total ?? 1) - over - active), active, ...ended };
    }),
    progress: progressOf({ total, done, failed }),
  };
}

/** How many of the rows are done; before they were counted nothing is known but that. */
export const progressOf = ({ total, done, failed }: Pick<FlowState, 'total' | 'done' | 'failed'>): Progress =>
  total === null
    ? { percent: 0 }
    : { percent: total === 0 ? 100 : Math.floor((100 * done) / total), done, failed, total, unit: 'rows' };

const NOTHING: StepCounts = { completed: 0, failed: 0, cancelled: 0, skipped: 0 };
