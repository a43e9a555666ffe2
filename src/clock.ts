/**
 * The deployment's time, which is Redis': what is due, expires or is retained must not depend on the machine that looks.
 * `redis/clock.ts` measures it.
 */

/** Redis' time minus `performance.now()` (ms); null until it was measured. */
let offsetMs: number | null = null;

/** Sets the time (ms since the epoch) that it was when `performance.now()` was `atMs`. */
export function setTime(timeMs: number, atMs: number): void {
  offsetMs = timeMs - atMs;
}

/** Whether the deployment's time is known. */
export const isTimeKnown = (): boolean => offsetMs !== null;

/** Tells the deployment's time in ms since the epoch; this machine's until the other is known. */
export const now = (): number => (offsetMs === null ? Date.now() : Math.floor(performance.now() + offsetMs));

/** Tells how far this machine's clock is ahead of the deployment's (ms). */
export const clockSkewMs = (): number => Date.now() - now();
