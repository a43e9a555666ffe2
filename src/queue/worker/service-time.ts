/** How much the newest job counts: the mean follows the last dozen or so. */
const WEIGHT = 0.15;

/** A running mean of how long jobs take, for estimates; null until the first has ended. */
export function createServiceTime() {
  let meanMs: number | null = null;
  return {
    add(ms: number): void {
      meanMs = meanMs === null ? ms : meanMs + WEIGHT * (ms - meanMs);
    },
    meanMs: () => (meanMs === null ? null : Math.round(meanMs)),
  };
}
