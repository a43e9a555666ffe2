import type { Request } from 'express';
import type { z } from 'zod';
import { now } from '../../../clock.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import { FLOWS_KIND } from '../../../jobs/options/flow.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import { memberOf, SCHEDULES } from '../../../schedules/keys.ts';
import type { Schedule, ScheduledWork } from '../../../schedules/schedule.ts';
import type { Schedules } from '../../../schedules/store.ts';
import { findCronFault, nextTimes } from '../../../schedules/times/next-times.ts';
import { findZoneFault } from '../../../schedules/times/zone.ts';
import { filesNamed } from '../../../schedules/variables.ts';
import { callerOf } from '../../auth/identify.ts';
import { originOf } from '../../request-origin.ts';
import { maySee } from '../job-finder.ts';
import { parseBody } from '../owned.ts';
import { type AskDeps, askForRun, judgeWork, placeOf } from './ask-for-run.ts';
import { scheduleName, scheduleSchema } from './schedule-fields.ts';
import type { SeenRun } from './schedule-view.ts';

/** What a schedule runs, as JSON: each caller may keep many. */
export const MAX_WORK_BYTES = 100_000;
/** So far ahead, or back, a time may be run by hand. */
const MOST_YEARS = 10;
const YEAR_MS = 366 * 86_400_000;
/** Fields of a job that mean one moment. */
const MOMENTS = ['runAt', 'expiresAt'];

export interface ScheduleDeps extends AskDeps {
  schedules: Schedules;
}

/** What the API's routes and the pages do with the schedules of a request's caller. */
export interface ScheduleActions {
  /** Finds the schedule of the request's `:name`; throws not_found. */
  find(req: Request): Promise<Schedule>;
  /** Makes or changes one. Throws what is wrong with it, conflict and precondition_failed. */
  put(req: Request, name: string, given: unknown, expected?: number): Promise<{ schedule: Schedule; isNew: boolean }>;
  /** Runs it for a time (ms), or for now: the job, or the flow, that the time makes. Rejects as its POST would. */
  run(req: Request, schedule: Schedule, timeMs?: number): Promise<Enqueued>;
  /** Lets it go on with the next time that comes, unless it does; whether it was paused. */
  resume(schedule: Schedule): Promise<boolean>;
  /** Names its next times (ms); none while it is paused. */
  next(schedule: Schedule, count: number): Promise<number[]>;
  /** Reads its last times that are over, newest first. */
  runs(schedule: Schedule, most: number): Promise<SeenRun[]>;
}

/** Makes them. */
export function createScheduleActions(deps: ScheduleDeps): ScheduleActions {
  const { schedules, producer } = deps;
  return {
    async find(req) {
      const { name: caller } = callerOf(req);
      const name = String(req.params['name']);
      const schedule = scheduleName.safeParse(name).success ? await schedules.find(caller, name) : null;
      if (!schedule) throw new AppError('not_found', `This key has no schedule "${name.slice(0, 64)}".`);
      return schedule;
    },
    async put(req, name, given, expected) {
      const settings = parseBody(scheduleSchema, given);
      const { cron, timeZone, missed, paused } = settings;
      await assertTiming(settings);
      const work = readWork(settings, deps);
      const [nextMs = 0] = await nextTimes(settings, now(), 1);
      await judgeWork(req, work, { timeZone, timeMs: nextMs }, deps);
      const holds = await holdFiles(req, name, work, deps);
      const max = deps.config.MAX_SCHEDULES_PER_CALLER;
      return schedules.put(callerOf(req).name, name, {
        ...{ cron: cron.trim(), timeZone, missed, work, holds },
        ...{ nextMs, paused, expected, max },
      });
    },
    async run(req, schedule, timeMs = Math.floor(now() / 1000) * 1000) {
      if (Math.abs(timeMs - now()) > MOST_YEARS * YEAR_MS) {
        throw invalidRequest([{ pointer: '/scheduledAt', detail: `must be within ${MOST_YEARS} years of now` }]);
      }
      const enqueued = await askForRun(schedule, timeMs, deps, originOf(req));
      const entry = { scheduledMs: timeMs, atMs: now(), byHand: true, kind: schedule.kind, error: null };
      await schedules.note(schedule, { runs: [{ ...entry, outcome: 'accepted', job: enqueued.job.id }] });
      return enqueued;
    },
    async resume(schedule) {
      const [nextMs = 0] = await nextTimes(schedule, now(), 1);
      return schedules.resume(schedule.caller, schedule.name, nextMs);
    },
    async next(schedule, count) {
      const { dueMs } = schedule;
      if (dueMs === null) return [];
      // A time that is late is next all the same.
      return count === 1 ? [dueMs] : [dueMs, ...(await nextTimes(schedule, Math.max(dueMs, now()), count - 1))];
    },
    async runs({ caller, name }, most) {
      const runs = await schedules.runs(caller, name, most);
      return Promise.all(
        runs.map(async (run) => ({
          run,
          state: (run.job === null ? null : await producer.find(run.job))?.state ?? null,
        })),
      );
    },
  };
}

type Settings = z.output<typeof scheduleSchema>;

/** Throws invalid_request for a pattern or a zone that is none. */
async function assertTiming({ cron, timeZone }: Settings): Promise<void> {
  const faults = [
    { pointer: '/cron', detail: await findCronFault(cron) },
    { pointer: '/timeZone', detail: findZoneFault(timeZone) },
  ].flatMap(({ pointer, detail }) => (detail === null ? [] : [{ pointer, detail }]));
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Reads what is to be run. Throws invalid_request for a kind that is not posted, and for moments that no later run could have. */
function readWork({ job, flow }: Settings, { contracts }: Pick<ScheduleDeps, 'contracts'>): ScheduledWork {
  const kinds = contracts.filter(({ accepts, conducts }) => accepts !== 'none' && !conducts).map(({ kind }) => kind);
  if (job && !kinds.includes(job.kind)) {
    const hint = job.kind === FLOWS_KIND ? '; a flow is given as flow' : '';
    throw invalidRequest([{ pointer: '/job/kind', detail: `must be ${kinds.join(', ')}${hint}` }]);
  }
  const work = job ? { kind: job.kind, body: job.input } : { kind: FLOWS_KIND, body: flow };
  assertNoMoment(work);
  const bytes = Buffer.byteLength(JSON.stringify(work.body));
  if (bytes > MAX_WORK_BYTES) {
    throw new AppError(
      'payload_too_large',
      `${job ? 'job.input' : 'flow'} has ${bytes} bytes as JSON; the limit is ${MAX_WORK_BYTES}: send rows to ` +
        '/v1/uploads and name the upload, or have them fetched.',
    );
  }
  return work;
}

/** Throws invalid_request for fields that mean one moment, in a job or in the steps of a flow. */
function assertNoMoment({ kind, body }: ScheduledWork): void {
  const { steps } = body as { steps?: unknown };
  const place = placeOf(kind);
  const inputs: { at: string; input: unknown }[] = [{ at: place, input: body }];
  if (kind === FLOWS_KIND && Array.isArray(steps)) {
    for (const [index, step] of steps.entries()) {
      inputs.push({ at: `${place}/steps/${index}/input`, input: (step as { input?: unknown } | null)?.input });
    }
  }
  const detail = 'must not be in a schedule: it means one moment, and each run begins at its own';
  const faults = inputs.flatMap(({ at, input }) =>
    MOMENTS.filter((name) => typeof input === 'object' && input !== null && Reflect.get(input, name) != null).map(
      (name) => ({ pointer: `${at}/${name}`, detail }),
    ),
  );
  if (faults.length > 0) throw invalidRequest(faults);
}

/** Holds the uploads and the jobs that it names files of, from before it is kept until it names others, or is removed. */
async function holdFiles(req: Request, name: string, work: ScheduledWork, deps: ScheduleDeps): Promise<string[]> {
  const found = await Promise.all(filesNamed(work.body).map((id) => deps.producer.findRecord(id)));
  const records = found.filter((record) => record !== null).filter(({ envelope }) => maySee(req, envelope));
  if (records.length === 0) return [];
  const holder = { kind: SCHEDULES, id: memberOf(callerOf(req).name, name) };
  const gone = await deps.producer.hold(
    holder,
    records.map(({ kind, id }) => ({ kind, id })),
  );
  if (gone) {
    throw invalidRequest([{ pointer: placeOf(work.kind), detail: `names a file that is being erased: ${gone.id}` }]);
  }
  return records.map(({ id }) => id);
}
