import type { AppError } from '../errors.ts';
import type { JobContract } from './contract.ts';

/** What the jobs of a caller take, of one kind or over all. */
export interface Usage {
  /** Jobs that have not ended. */
  jobs: number;
  /** Bytes that these have in Redis, what Redis keeps beside a job's data included. */
  redisBytes: number;
  /** Bytes of their inputs that lie in storage. */
  inputBytes: number;
  /** Bytes in storage: uploads, inputs and results of all jobs that are kept, and rows that flows keep. */
  storedBytes: number;
}

/** Nothing at all. */
export const NO_USAGE: Usage = { jobs: 0, redisBytes: 0, inputBytes: 0, storedBytes: 0 };

/** Adds up what jobs take. */
export const addUsage = (one: Usage, other: Usage): Usage => ({
  jobs: one.jobs + other.jobs,
  redisBytes: one.redisBytes + other.redisBytes,
  inputBytes: one.inputBytes + other.inputBytes,
  storedBytes: one.storedBytes + other.storedBytes,
});

/** What a caller's jobs of one kind take, and how many of them run. */
export interface KindUsage extends Usage {
  running: number;
}

/** What the callers' jobs take: by kind, then by the caller's name. Whoever ever posted is there. */
export type UsageByKind = ReadonlyMap<string, ReadonlyMap<string, KindUsage>>;

/** How much of a kind a caller's jobs may come to; Infinity: no limit. */
export interface UsageLimits {
  jobs: number;
  redisBytes: number;
  /** Of inputs, wherever they lie: `redisBytes` and `inputBytes` together. */
  waitingBytes: number;
  storedBytes: number;
}

/** The names of the limits, in the order in which a job is held to them. */
export const LIMIT_NAMES = ['jobs', 'redisBytes', 'waitingBytes', 'storedBytes'] as const;

/** What a caller may add to a kind now. */
export interface Grant {
  limits: UsageLimits;
  /**
   * Makes the error for a job that goes beyond a limit; `usedHere` is what the caller's jobs of the kind have of it, `wanted`
   * what the job takes. It is final where the job alone takes more than its key may ever have.
   */
  refuse(name: keyof UsageLimits, usedHere: number, wanted?: number): AppError;
}

/** What the jobs of a caller take, over all kinds. */
export interface CallerUsage {
  name: string;
  waiting: number;
  waitingBytes: number;
  storedBytes: number;
  running: number;
}

/** Lists the callers, those who take most of Redis first. Webhooks of a caller's jobs count in bytes alone. */
export function listCallers(
  usage: UsageByKind,
  contracts: readonly Pick<JobContract, 'kind' | 'accepts'>[],
): CallerUsage[] {
  const rows = new Map<string, CallerUsage>();
  for (const [kind, callers] of usage) {
    const isPosted = contracts.some((contract) => contract.kind === kind && contract.accepts !== 'none');
    for (const [name, { jobs, running, redisBytes, inputBytes, storedBytes }] of callers) {
      const row = rows.get(name) ?? { name, waiting: 0, waitingBytes: 0, storedBytes: 0, running: 0 };
      rows.set(name, {
        name,
        waiting: row.waiting + (isPosted ? Math.max(0, jobs - running) : 0),
        waitingBytes: row.waitingBytes + redisBytes + inputBytes,
        storedBytes: row.storedBytes + storedBytes,
        running: row.running + (isPosted ? running : 0),
      });
    }
  }
  return [...rows.values()].sort((a, b) => b.waitingBytes - a.waitingBytes || (a.name < b.name ? -1 : 1));
}
