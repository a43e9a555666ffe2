import { readFileSync } from 'node:fs';

/** The p-th percentile (nearest rank) of values in ascending order. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle of values in any order. */
export const median = (values: readonly number[]): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    50,
  );

/** Milliseconds of processor time that a process has used (Linux counts hundredths of a second). */
export function cpuMs(pid: number): number {
  const [user = 0, system = 0] = readTimes(pid);
  return user + system;
}

/** The same with what its children used that have ended. */
export const cpuMsOfAll = (pid: number): number => readTimes(pid).reduce((sum, ms) => sum + ms, 0);

/** Reads the milliseconds of user and system, then those of children. */
function readTimes(pid: number): number[] {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).map((ticks) => Number(ticks) * 10);
}
