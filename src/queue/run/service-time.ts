/** How much the newest job counts: the mean follows the last dozen or so. */
const WEIGHT = 0.15;

/** A running mean of how long jobs take, for estimates. */
export interface ServiceTime {
  add(ms: number): void;
  /** Null until the first job has completed. */
  meanMs(): number | null;
}

export function createServiceTime(): ServiceTime {
  let meanMs: number | null = null;
  return {
    add(ms) {
      meanMs = meanMs === null ? ms : meanMs + WEIGHT * (ms - meanMs);
    },
    meanMs: () => (meanMs === null ? null : Math.round(meanMs)),
  };
}
