import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { FlowParts } from './row-jobs.ts';
import type { FlowState } from './state.ts';

const DOUBT_FIELD = 'doubt';

/** The fields that say of a flow that another deployment may have gone on with it since a moment. */
export const fieldsInDoubt = (since: string): Record<string, string> => ({ [DOUBT_FIELD]: since });

/**
 * Stops a flow that another deployment may have gone on with, where its jobs send something and rows are left: what those sent is not
 * known here, so that a person lets it go on.
 */
export async function stopInDoubt(
  flow: { id: string; parts: FlowParts; state: FlowState },
  { fields, noteState }: { fields: JobFields; noteState: () => Promise<void> },
): Promise<void> {
  const { id, parts, state } = flow;
  const [since] = await fields.read(id, [DOUBT_FIELD]);
  if (!since) return;
  const sends = ({ kind }: { kind: string }) => parts.contracts.find((one) => one.kind === kind)?.outward;
  const isLeft = state.next !== null || state.again !== null;
  if (isLeft && parts.plan.steps.some(sends)) {
    state.stopped ??= `This deployment was restored as of ${since}, and rows that the flow began later may have been sent: run it again to go on.`;
    await noteState();
  }
  await fields.change(id, { set: { [DOUBT_FIELD]: null } });
}
