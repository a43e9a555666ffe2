import type { Timing } from './times/next-times.ts';

/** What becomes of times that passed while nothing ran: the last of them is made up for, or none is. */
export const MISSED = ['once', 'skip'] as const;

/** Why a schedule does not run. */
export const PAUSED_REASONS = ['owner', 'key_revoked', 'forbidden', 'copy'] as const;
export type PausedReason = (typeof PAUSED_REASONS)[number];

/** What each of the reasons means, as a sentence goes on behind "is paused:". */
export const PAUSED_SENTENCES: Readonly<Record<PausedReason, string>> = {
  owner: 'its owner has paused it',
  key_revoked: 'its key was revoked',
  forbidden: 'its key may not post what it runs any more',
  copy: 'this deployment was restored as a copy',
};

/** What a schedule runs: a job of a kind, or a flow. */
export interface ScheduledWork {
  kind: string;
  /** The body that the kind's own route takes. */
  body: unknown;
}

/** What its owner chooses. */
export interface ScheduleSettings extends Timing {
  missed: (typeof MISSED)[number];
}

/** A schedule. Times are milliseconds since the epoch. */
export interface Schedule extends ScheduleSettings {
  caller: string;
  name: string;
  /** Tells it from another one that had its name. */
  madeAt: number;
  changedAt: number;
  version: number;
  /** The kind of what it runs. */
  kind: string;
  /** That, sealed: it may hold credentials. */
  sealedWork: string;
  bytes: number;
  /** The ids of the uploads and jobs that it holds. */
  holds: string[];
  /** The time that is to be run next; null while it is paused. */
  dueMs: number | null;
  paused: { reason: PausedReason; at: number } | null;
  /** The time whose run could not be begun so far, and since when it is tried. */
  trying: { forMs: number; sinceMs: number; why: RunError } | null;
  /** So many runs were refused in a row. */
  refusals: number;
}

/** Why a run was not begun. */
export interface RunError {
  code: string;
  detail: string;
}

/** What became of a time: its work was accepted, or refused for good, or it passed. */
export const RUN_OUTCOMES = ['accepted', 'refused', 'missed'] as const;

/** A time of a schedule that is over. */
export interface ScheduleRun {
  scheduledMs: number;
  /** When it was entered. */
  atMs: number;
  outcome: (typeof RUN_OUTCOMES)[number];
  /** Whether a person or an application asked for it. */
  byHand: boolean;
  kind: string;
  /** The job or the flow that was made. */
  job: string | null;
  /** The last of several times that were missed. */
  untilMs?: number;
  error: RunError | null;
}

/** So many times of a schedule are kept. */
export const MOST_RUNS = 100;

/** Reads the hash of a schedule; null where there is none. */
export function parseSchedule(caller: string, name: string, fields: Record<string, string>): Schedule | null {
  const { cron, timeZone, missed, madeAt, changedAt, version, kind, work, bytes, holds, due, ...rest } = fields;
  if (cron === undefined || timeZone === undefined || madeAt === undefined || work === undefined) return null;
  const { pausedReason, pausedAt, tryingFor, tryingSince, tryingWhy, refusals } = rest;
  return {
    ...{ caller, name, cron, timeZone },
    missed: missed === 'skip' ? 'skip' : 'once',
    madeAt: Number(madeAt),
    changedAt: Number(changedAt ?? madeAt),
    version: Number(version ?? 1),
    kind: kind ?? '',
    sealedWork: work,
    bytes: Number(bytes ?? 0),
    holds: JSON.parse(holds ?? '[]') as string[],
    dueMs: due === undefined ? null : Number(due),
    paused: pausedReason ? { reason: pausedReason as PausedReason, at: Number(pausedAt) } : null,
    trying:
      tryingFor === undefined
        ? null
        : { forMs: Number(tryingFor), sinceMs: Number(tryingSince), why: JSON.parse(String(tryingWhy)) as RunError },
    refusals: Number(refusals ?? 0),
  };
}
