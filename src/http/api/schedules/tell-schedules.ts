import { now } from '../../../clock.ts';
import type { TellEndpoints, Told } from '../../../endpoints/told.ts';
import type { Guards } from '../../../redis/guards.ts';
import { PAUSED_SENTENCES, type RunError, type ScheduleRun } from '../../../schedules/schedule.ts';
import type { Schedules } from '../../../schedules/store.ts';
import type { ScheduleName } from '../../../schedules/times-store.ts';

/** What a webhook tells of a schedule. */
export interface ScheduleNews {
  name: string;
  kind: string;
  /** The time that it is about, or the first of several; null where it is about none. */
  scheduledAt: string | null;
  /** The last of several. */
  until: string | null;
  error: RunError;
}

interface TellingDeps {
  schedules: Pick<Schedules, 'note' | 'pause'>;
  tellEndpoints: TellEndpoints;
  guards: Guards;
}

/**
 * Makes `note` and `pause` that tell the endpoints of a schedule's caller before they do it: of times that made no job, and of a pause
 * because the key may not. What breaks off between the two is done again, and told once all the same. They reject as those that they
 * are made of.
 */
export function tellSchedules({ schedules, tellEndpoints, guards }: TellingDeps): Pick<Schedules, 'note' | 'pause'> {
  const tell = guards.write((_isRepeated, told: Told) => tellEndpoints(told));
  return {
    async note(schedule, noted) {
      for (const run of noted.runs) if (run.outcome !== 'accepted') await tell(describeRun(schedule, run));
      return schedules.note(schedule, noted);
    },
    async pause(schedule, reason) {
      // With its key its endpoints are paused too.
      if (reason === 'forbidden') {
        const error = { code: reason, detail: `It is paused: ${PAUSED_SENTENCES[reason]}.` };
        // It may be paused again once it goes on, not twice within a minute.
        const id = `pause ${Math.floor(now() / 60_000)}`;
        await tell(describe(schedule, { id, event: 'schedule.paused', scheduledAt: null, until: null, error }));
      }
      return schedules.pause(schedule, reason);
    },
  };
}

const UNKNOWN: RunError = { code: 'missed', detail: 'The time passed.' };

const describeRun = (schedule: ScheduleName, { outcome, scheduledMs, untilMs, error }: ScheduleRun): Told =>
  describe(schedule, {
    id: String(scheduledMs),
    event: outcome === 'refused' ? 'schedule.refused' : 'schedule.missed',
    scheduledAt: moment(scheduledMs),
    until: untilMs === undefined ? null : moment(untilMs),
    error: error ?? UNKNOWN,
  });

const describe = (
  { caller, name, madeAt, kind }: ScheduleName,
  { id, event, ...news }: Pick<Told, 'id' | 'event'> & Omit<ScheduleNews, 'name' | 'kind'>,
): Told => ({
  id: `${name} ${madeAt} ${id}`,
  ...{ event, caller, kind, job: null, subjects: [], at: moment(now()) },
  data: { name, kind, ...news } satisfies ScheduleNews,
});

const moment = (ms: number): string => new Date(ms).toISOString();
