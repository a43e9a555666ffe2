import type { JobState } from '../../../jobs/stored-job.ts';
import { formatDay, formatLabel } from '../../../kinds/formats.ts';
import { PAUSED_SENTENCES, type Schedule } from '../../../schedules/schedule.ts';
import { offsetOf } from '../../../schedules/times/zone.ts';
import type { SeenRun } from '../../api/schedules/schedule-view.ts';
import { STATE_NAMES } from '../job-words.ts';

/** A moment: RFC 3339, and the same for people. */
interface Moment {
  at: string;
  time: string;
  /** By the clocks of the schedule's zone: `Tue, 1 Dec 2026, 06:00`. */
  there: string;
}

/** A time that is over, every text ready. */
export interface RunRow {
  scheduled: Moment;
  /** The last of several times. */
  until: Moment | null;
  job: string | null;
  /** The look of its state, as that of a job's. */
  look: JobState;
  stateName: string;
  detail: string | null;
}

/** A schedule, every text ready. */
export interface ScheduleCard {
  name: string;
  cron: string;
  timeZone: string;
  makes: string;
  missed: string;
  isPaused: boolean;
  look: JobState;
  stateName: string;
  /** What its owner should know; null for nothing. */
  sentence: string | null;
  isTrouble: boolean;
  next: Moment[];
  last: RunRow | null;
}

/** Describes a schedule, its next times (ms) and the last one that is over. */
export function describeSchedule(schedule: Schedule, next: readonly number[], last: SeenRun | null): ScheduleCard {
  const { name, cron, timeZone, kind, missed, paused, trying, refusals } = schedule;
  const momentOf = (ms: number) => moment(ms, timeZone);
  const why = paused && `Nothing is run since ${momentOf(paused.at).time}: ${PAUSED_SENTENCES[paused.reason]}.`;
  const isLate =
    trying && `The time ${momentOf(trying.forMs).there} could not be run yet and is tried again: ${trying.why.detail}`;
  const refused =
    refusals > 0
      ? `The last ${refusals === 1 ? 'time was' : `${refusals} times were`} not run; the history says why.`
      : null;
  const trouble = (paused && paused.reason !== 'owner') || (!paused && (isLate || refused));
  return {
    ...{ name, cron, timeZone },
    makes: kind === 'flows' ? 'A flow' : `A job of the kind ${formatLabel(kind).toLowerCase()}`,
    missed: missed === 'once' ? 'The last of them is made up for' : 'Left out',
    isPaused: paused !== null,
    look: paused ? 'delayed' : trouble ? 'failed' : 'completed',
    stateName: paused ? 'Paused' : isLate ? 'Late' : refused ? 'Failing' : 'Running',
    sentence: why ?? isLate ?? refused,
    isTrouble: Boolean(trouble),
    next: next.map(momentOf),
    last: last && describeRun(last, timeZone),
  };
}

/** Describes a time that is over. */
export function describeRun({ run, state }: SeenRun, timeZone: string): RunRow {
  const isMade = run.outcome === 'accepted';
  return {
    scheduled: moment(run.scheduledMs, timeZone),
    until: run.untilMs === undefined ? null : moment(run.untilMs, timeZone),
    job: state === null ? null : run.job,
    look: isMade ? (state ?? 'cancelled') : run.outcome === 'refused' ? 'failed' : 'cancelled',
    stateName: isMade ? (state ? STATE_NAMES[state] : 'Not kept') : run.outcome === 'refused' ? 'Refused' : 'Missed',
    detail: run.error?.detail ?? (run.byHand ? 'Run by hand.' : null),
  };
}

function moment(ms: number, timeZone: string): Moment {
  const at = new Date(ms).toISOString();
  return { at, time: `${formatDay(at)} UTC`, there: formatDay(new Date(ms + offsetOf(timeZone, ms)).toISOString()) };
}
