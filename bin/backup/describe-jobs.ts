import { formatTable } from '../cli/table.ts';
import type { JobCounts } from './contents.ts';

const STATES = ['waiting', 'delayed', 'active', 'completed', 'failed', 'cancelled'] as const;

/** Formats how many jobs of each kind were in each state. */
export function describeJobs(jobs: Readonly<Record<string, JobCounts>>): string {
  const rows = Object.entries(jobs).map(([kind, counts]) => [kind, ...STATES.map((state) => String(counts[state]))]);
  return formatTable([['KIND', ...STATES.map((state) => state.toUpperCase())], ...rows]);
}
