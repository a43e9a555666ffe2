import type { JobView } from '../../src/jobs/job-view.ts';
import type { StepView } from '../../src/jobs/options/flow.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import { formatNumber } from '../../src/kinds/formats.ts';
import type { CardParts, KindPage } from '../../src/kinds/page.ts';
import { drawFlow } from './picture/draw-flow.ts';

/** What is counted of a step, in the order of the table. */
const COLUMNS = [
  ['completed', 'Completed'],
  ['active', 'Under way'],
  ['waiting', 'To come'],
  ['failed', 'Failed'],
  ['skipped', 'Skipped'],
  ['cancelled', 'Cancelled'],
] as const satisfies readonly (readonly [keyof StepView, string])[];

/** What pages show of the flows kind. */
export const page: KindPage = {
  name: 'Flow',
  assets: { styles: ['flows/flow'] },
  describe: describeFlow,
};

/** Shows the steps as a picture and as a table, and how many rows are done. */
function describeFlow(_job: StoredJob, { id, steps, progress }: JobView): CardParts {
  if (!steps) return {};
  const { total, done = 0, failed = 0 } = progress;
  // What is nothing in all steps is no column.
  const columns = COLUMNS.filter(([name], index) => index < 3 || steps.some((step) => step[name] > 0));
  const rows = total === undefined || total === 1 ? null : sayRows({ total, done, failed });
  const data = {
    id,
    picture: drawFlow(steps),
    columns: columns.map(([, label]) => ({ label })),
    steps: steps.map((step) => ({
      name: step.name,
      kind: step.kind,
      needs: step.after.join(', ') || 'nothing',
      counts: columns.map(([name]) => formatNumber(step[name])),
    })),
    rows,
    hasFailed: failed > 0,
  };
  return { part: { view: '@flows/flow', data }, shown: ['rows'] };
}

function sayRows({ total, done, failed }: { total: number; done: number; failed: number }): string {
  if (total === 0) return 'There are no rows.';
  const which = failed > 0 ? `, of which ${formatNumber(failed)} failed` : '';
  return `${formatNumber(done)} of ${formatNumber(total)} rows are done${which}.`;
}
