import { type Request, type RequestHandler, Router } from 'express';
import type { Schedule } from '../../../schedules/schedule.ts';
import type { Schedules } from '../../../schedules/store.ts';
import { audits } from '../../access/audit.ts';
import { type ActOnce, readAction } from '../../actions/act-once.ts';
import type { ScheduleActions } from '../../api/schedules/schedule-actions.ts';
import { callerOf } from '../../auth/identify.ts';
import { listUrl } from '../job-list/filters.ts';
import type { Views } from '../views.ts';
import { describeRun, describeSchedule, type RunRow, type ScheduleCard } from './schedule-words.ts';

const NEXT = 5;
const RUNS = 50;

export interface SchedulePagesDeps {
  actOnce: ActOnce;
  schedules: Schedules;
  scheduleActions: ScheduleActions;
  views: Views;
}

export interface ScheduleData {
  schedule: ScheduleCard;
  runs: RunRow[];
  /** The list of what it has made. */
  jobsUrl: string;
}

/** `/schedules`: the schedules of the key that is signed in, and what became of their times. */
export function createSchedulePagesRouter({ views, ...deps }: SchedulePagesDeps): Router {
  const { schedules, scheduleActions: actions } = deps;
  const router = Router();
  const showList = views.page<{ schedules: ScheduleCard[] }>('schedules');
  const showOne = views.page<ScheduleData>('schedule');
  const showRemove = views.page<{ name: string }>('remove-schedule');
  router.get('/schedules', async (req, res) => {
    const all = await schedules.list(callerOf(req).name);
    const cards = all.map(async (one) => {
      const [next, runs] = await Promise.all([actions.next(one, 1), actions.runs(one, 1)]);
      return describeSchedule(one, next, runs[0] ?? null);
    });
    showList(req, res, { title: 'Schedules' }, { schedules: await Promise.all(cards) });
  });
  router.get('/schedules/:name', async (req, res) => {
    const schedule = await actions.find(req);
    const [next, runs] = await Promise.all([actions.next(schedule, NEXT), actions.runs(schedule, RUNS)]);
    const { name, scopes } = callerOf(req);
    // An operator's list has everybody's.
    const whose = scopes.has('admin') ? { caller: name } : {};
    const data = {
      jobsUrl: listUrl({ schedule: schedule.name, ...whose }),
      schedule: describeSchedule(schedule, next, runs[0] ?? null),
      runs: runs.map((run) => describeRun(run, schedule.timeZone)),
    };
    showOne(req, res, { title: `Schedules: ${schedule.name}` }, data);
  });
  router.get('/schedules/:name/remove', async (req, res) => {
    const { name } = await actions.find(req);
    showRemove(req, res, { title: `Remove ${name}` }, { name });
  });
  addActions(router, deps);
  return router;
}

/** What the buttons of a schedule's page are in the audit log. */
const AUDITED: Readonly<Record<string, RequestHandler>> = {
  run: audits('schedule.run'),
  pause: audits('schedule.pause'),
  resume: audits('schedule.resume'),
  remove: audits('schedule.remove'),
};

/** The buttons of a schedule's page. */
function addActions(
  router: Router,
  { actOnce, schedules, scheduleActions: actions }: Omit<SchedulePagesDeps, 'views'>,
) {
  const add = (
    action: string,
    act: (req: Request, schedule: Schedule) => Promise<{ notice: string; location?: string }>,
  ) =>
    router.post(`/schedules/:name/${action}`, AUDITED[action] as RequestHandler, readAction, async (req, res) => {
      await actOnce(req, res, async () => {
        const schedule = await actions.find(req);
        return { location: `/schedules/${schedule.name}`, ...(await act(req, schedule)) };
      });
    });

  add('run', async (req, schedule) => {
    const { job } = await actions.run(req, schedule);
    return { notice: `On its way: ${schedule.name}, for this moment.`, location: `/jobs/${job.id}` };
  });
  add('pause', async (_req, schedule) => {
    await schedules.pause(schedule, 'owner');
    return { notice: `${schedule.name} is paused.` };
  });
  add('resume', async (_req, schedule) => {
    await actions.resume(schedule);
    return { notice: `${schedule.name} goes on with the next time that comes.` };
  });
  add('remove', async (_req, { caller, name }) => {
    await schedules.remove(caller, name);
    return { notice: `${name} is removed.`, location: '/schedules' };
  });
}
