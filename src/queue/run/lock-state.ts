/** The state of a run's lock: kept, kept by a run that is to stop, or lost to another run. */
export type LockState = 'kept' | 'cancelled' | 'lost';

/** The lock's state by the answer of the scripts: 0, 1 or 2. */
export const toLockState = (answer: unknown): LockState =>
  (['lost', 'kept', 'cancelled'] as const)[answer as number] ?? 'lost';

/** Reason of a run's abort when the job has become another run's: this run writes nothing more. */
export class LockLost extends Error {}
