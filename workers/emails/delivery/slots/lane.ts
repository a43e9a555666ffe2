import type { RunningJob } from '../../../../src/jobs/processor.ts';
import { TRANSACTIONAL } from '../../../../src/suppressions/stream.ts';

/** What tells how much a mail matters among others that wait. */
export type LanedMail = Pick<RunningJob<{ messageStream?: string | undefined }>, 'priority' | 'input'>;

const PRIORITIES = ['high', 'normal', 'low'] as const;

/** How many lanes transactional mail has: the first ones. */
export const TRANSACTIONAL_LANES = PRIORITIES.length;
/** How many lanes there are. */
export const LANES = 2 * PRIORITIES.length;

/** Finds a mail's lane, 1 to LANES: transactional mail goes before that of other streams, and then priority counts. */
export function laneOf({ input, priority = 'normal' }: LanedMail): number {
  const isTransactional = (input.messageStream ?? TRANSACTIONAL) === TRANSACTIONAL;
  return (isTransactional ? 0 : TRANSACTIONAL_LANES) + PRIORITIES.indexOf(priority) + 1;
}
