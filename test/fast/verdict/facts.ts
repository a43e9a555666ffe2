import type { Counts, WorkerFacts } from '../../../src/queue/counts.ts';
import type { Death } from '../../../src/queue/deaths.ts';
import type { WatchedProcess } from '../../../src/queue/host-reports.ts';
import type { DiskFacts, Facts, QueueFacts, UpRedis } from '../../../src/verdict/facts.ts';

export const AT = Date.parse('2026-11-29T19:40:00Z');
export const MINUTE = 60_000;
export const ago = (ms: number): string => new Date(AT - ms).toISOString();

export const redis = (changes: Partial<UpRedis> = {}): UpRedis => ({
  ...{ state: 'up', role: 'master', usedBytes: 100e6, maxBytes: 1e9, refused: null, takesWritesMs: MINUTE, writeMs: 2 },
  ...{ isLogWritten: true, unsafe: [], syncPolicy: 'always', foreignId: null },
  ...changes,
});

export const disk = (changes: Partial<DiskFacts> = {}): DiskFacts => ({
  ...{ of: 'storage', freeBytes: 50e9, reserveBytes: 2e9, totalBytes: 100e9, fault: null },
  ...changes,
});

export const queue = (
  kind: string,
  counts: Partial<Counts> = {},
  changes: Partial<Omit<QueueFacts, 'kind' | 'counts'>> = {},
): QueueFacts => ({
  kind,
  counts: {
    ...{ waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0, cancelled: 0 },
    ...{ paused: false, pausedSince: null, pausedBy: null },
    ...counts,
  },
  oldestAt: null,
  heldCaller: null,
  ended: { count: 0, failedBy: {} },
  ...changes,
});

export const worker = (kind: string, pid: number, changes: Partial<WorkerFacts> = {}): WorkerFacts => ({
  ...{
    kind,
    id: `${kind}-${pid}`,
    host: 'alfa',
    pid,
    concurrency: 2,
    running: 0,
    meanMs: null,
    startedAt: ago(MINUTE),
  },
  ...changes,
});

export const process = (name: string, pid: number, changes: Partial<WatchedProcess> = {}): WatchedProcess => ({
  ...{ name, program: name.replace(/-\d+$/, ''), state: 'RUNNING', pid, upMs: 10 * MINUTE, why: '' },
  ...changes,
});

export const report = (...processes: WatchedProcess[]): Pick<Facts, 'reports'> => ({
  reports: [{ run: 'run', host: 'alfa', at: AT, processes }],
});

export const death = (name: string, msAgo: number, changes: Partial<Death> = {}): Death => ({
  ...{ at: ago(msAgo), host: 'alfa', process: name, program: name.replace(/-\d+$/, ''), how: 'SIGKILL', jobs: [] },
  ...changes,
});

/** A deployment of one host, with two workers of images and one of reports, in which all is well. */
export const facts = (changes: Partial<Facts> = {}): Facts => ({
  at: AT,
  redis: redis(),
  hosts: [{ host: 'alfa', skewMs: 3, stealPercent: 0, disks: [disk()] }],
  queues: [queue('images'), queue('reports'), queue('emails')],
  workers: [worker('images', 1), worker('images', 2), worker('reports', 3), worker('emails', 4)],
  lost: [],
  deaths: [],
  ...report(process('images-0', 1), process('images-1', 2), process('reports-0', 3), process('emails-0', 4)),
  unloaded: [],
  laterJobs: [],
  lateSchedules: [],
  receivers: { failing: [], takenAt: AT, callers: 1 },
  deployment: { remade: [], restored: [], refused: [] },
  failedAlerts: [],
  silent: [],
  marks: { waitingMs: 10 * MINUTE, failedPercent: 5 },
  ...changes,
});
