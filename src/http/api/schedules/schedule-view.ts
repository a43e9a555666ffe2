import type { JobState } from '../../../jobs/stored-job.ts';
import type { OwnedFacts } from '../../../redis/owned/owned-records.ts';
import type { PausedReason, Schedule, ScheduledWork, ScheduleRun } from '../../../schedules/schedule.ts';
import { type OwnedView, viewOwned } from '../owned.ts';

/** A time of a schedule that is over, as the API shows it. */
export interface ScheduleRunView {
  scheduledAt: string;
  /** The last of several times that were missed. */
  until: string | null;
  at: string;
  outcome: ScheduleRun['outcome'];
  byHand: boolean;
  kind: string;
  job: string | null;
  /** The state of the job; null where there is none, or it is not kept any more. */
  state: JobState | null;
  error: { code: string; detail: string } | null;
}

/** A schedule as the API shows it, without what it runs. Times are RFC 3339. */
export interface ScheduleEntryView extends OwnedView {
  cron: string;
  timeZone: string;
  missed: Schedule['missed'];
  paused: boolean;
  pausedReason: PausedReason | null;
  pausedAt: string | null;
  kind: string;
  next: string[];
  last: ScheduleRunView | null;
  trying: { scheduledAt: string; since: string; code: string; detail: string } | null;
  refusals: number;
}

/** And with it. */
export interface ScheduleView extends ScheduleEntryView {
  job?: { kind: string; input: unknown };
  flow?: unknown;
}

/** A run, and the state of its job. */
export interface SeenRun {
  run: ScheduleRun;
  state: JobState | null;
}

/** Shows a time that is over. */
export const viewRun = ({ run, state }: SeenRun): ScheduleRunView => ({
  scheduledAt: moment(run.scheduledMs),
  until: run.untilMs === undefined ? null : moment(run.untilMs),
  at: moment(run.atMs),
  outcome: run.outcome,
  byHand: run.byHand,
  kind: run.kind,
  job: run.job,
  state,
  error: run.error,
});

/** The facts of a schedule as those of a record of one version. */
export const factsOf = ({ caller, name, madeAt, changedAt, version, bytes }: Schedule): OwnedFacts => ({
  ...{ caller, name, madeAt },
  versions: [{ version, at: changedAt, bytes }],
});

/** What is shown of a schedule beside what is kept of it. */
export interface ScheduleShown {
  next: readonly number[];
  last: SeenRun | null;
}

/** Shows a schedule without what it runs. */
export const viewEntry = (schedule: Schedule, { next, last }: ScheduleShown): ScheduleEntryView => ({
  ...viewOwned(factsOf(schedule)),
  cron: schedule.cron,
  timeZone: schedule.timeZone,
  missed: schedule.missed,
  paused: schedule.paused !== null,
  pausedReason: schedule.paused?.reason ?? null,
  pausedAt: schedule.paused && moment(schedule.paused.at),
  kind: schedule.kind,
  next: next.map(moment),
  last: last && viewRun(last),
  trying: schedule.trying && {
    scheduledAt: moment(schedule.trying.forMs),
    since: moment(schedule.trying.sinceMs),
    ...schedule.trying.why,
  },
  refusals: schedule.refusals,
});

/** Shows a schedule; without what it runs where that can not be read any more. */
export const viewSchedule = (
  schedule: Schedule,
  { work, ...shown }: ScheduleShown & { work: ScheduledWork | null; flowsKind: string },
): ScheduleView => ({
  ...viewEntry(schedule, shown),
  ...(work && (work.kind === shown.flowsKind ? { flow: work.body } : { job: { kind: work.kind, input: work.body } })),
});

const moment = (ms: number): string => new Date(ms).toISOString();
