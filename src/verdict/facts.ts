import type { HostsHealth } from '../delivery/hosts.ts';
import type { DeploymentNotes } from '../deployment/notes.ts';
import type { Counts, LostWorker, WorkerFacts } from '../queue/counts.ts';
import type { Death } from '../queue/deaths.ts';
import type { HostReport, LaterJob, Unloaded } from '../queue/host-reports.ts';
import type { LateSchedule } from '../schedules/late.ts';

/** All that the verdict is made of; null for what could not be read. Times are the deployment's, in ms. */
export interface Facts {
  at: number;
  redis: RedisFacts;
  /** What the web processes have found of their own machines. */
  hosts: readonly HostFacts[];
  queues: readonly QueueFacts[] | null;
  /** The workers that show signs of life. */
  workers: readonly WorkerFacts[] | null;
  /** Those that have shown none for a while, and have not said that they end. */
  lost: readonly LostFacts[] | null;
  /** The last deaths of processes, newest first. */
  deaths: readonly Death[] | null;
  /** What the watch of each host has seen. */
  reports: readonly HostReport[] | null;
  /** The kinds whose libraries do not load. */
  unloaded: readonly Unloaded[] | null;
  /** Jobs of a later version that workers could not run. */
  laterJobs: readonly LaterJob[] | null;
  /** Schedules whose time has passed, and that nothing has run. */
  lateSchedules: readonly LateSchedule[] | null;
  /** Which receivers of webhooks take nothing. */
  receivers: HostsHealth | null;
  deployment: DeploymentNotes | null;
  /** On which ways the last alert did not get to anybody. */
  failedAlerts: readonly FailedAlert[];
  /** What did not answer in time, by name. */
  silent: readonly string[];
  marks: Marks;
}

/** A way on which the last alert was not told. */
export interface FailedAlert {
  /** `webhook` or `mail`. */
  by: string;
  to: string;
  /** Why, in a sentence without a full stop. */
  detail: string;
  /** Since when (ms). */
  at: number;
}

/** A worker without signs of life. */
export interface LostFacts extends LostWorker {
  /** Whether its process is there, and stands still: only a process of the same machine can tell. */
  isStopped: boolean;
}

/** From where on something is told of. */
export interface Marks {
  /** How long a job may wait for a worker (ms). */
  waitingMs: number;
  /** How many of the ended jobs may have failed by one error, in percent. */
  failedPercent: number;
}

/** Redis, as one look found it. */
export type RedisFacts =
  /** There is no connection to it. */
  | { state: 'gone'; why: string | null }
  /** It is connected, and does not answer. */
  | { state: 'frozen' }
  | UpRedis;

/** A Redis that answers. */
export interface UpRedis {
  state: 'up';
  role: string;
  usedBytes: number;
  /** Infinity where it has no limit. */
  maxBytes: number;
  /** What it said to a write; null where it took it. */
  refused: string | null;
  /** For how long it takes writes, as far as this process has seen (ms): until then nobody could show a sign of life. */
  takesWritesMs: number;
  /** How long the write took (ms), synced as it is set up. */
  writeMs: number;
  /** Whether its append-only file could be written last. */
  isLogWritten: boolean;
  /** Settings that lose jobs, each with the line that mends it. */
  unsafe: readonly string[];
  /** When it syncs; `unknown` where it does not say. */
  syncPolicy: string;
  /** The deployment that it belongs to, where that is not this one. */
  foreignId: string | null;
}

/** What a web process knows of its machine. */
export interface HostFacts {
  host: string;
  /** The version that its web process runs; absent where that one does not say. */
  version?: string;
  /** How far its clock is ahead of the deployment's (ms). */
  skewMs: number;
  /** How much of its processor time others took of late, in percent; null where it does not say. */
  stealPercent: number | null;
  disks: readonly DiskFacts[];
}

/** The fault of a volume on which nothing has ended within two seconds. */
export const SILENT = 'silent' as const;

/** A volume that the product writes to. */
export interface DiskFacts {
  /** What lies on it: `storage`, or `Redis`. */
  of: string;
  /** What it is called, where it is no disk of this machine but a bucket. */
  bucket?: string;
  freeBytes: number;
  /** What is to stay free of it. */
  reserveBytes: number;
  totalBytes: number;
  /** The code of the fault that a write there ended with (`EROFS`), or `SILENT`; null for none. */
  fault: string | null;
}

/** A kind's queue. */
export interface QueueFacts {
  kind: string;
  counts: Counts;
  /** Since when the job that has waited longest for a worker does; null where none waits. */
  oldestAt: number | null;
  /** The one of several callers whose jobs alone wait too long, while the queue moves; null where it is not so. */
  heldCaller: string | null;
  /** The jobs that ended within the last hour. */
  ended: { count: number; failedBy: Readonly<Record<string, number>> };
}
