import type { Request, Response, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { wholeNumberText } from '../../../fields/fields.ts';
import { invalidFields } from '../../../fields/invalid-request.ts';
import { FLOWS_KIND } from '../../../jobs/options/flow.ts';
import { MOST_RUNS, type Schedule } from '../../../schedules/schedule.ts';
import { audits } from '../../access/audit.ts';
import { callerOf } from '../../auth/identify.ts';
import { linkTo } from '../../public-path.ts';
import { postedKinds } from '../endpoints/endpoints.ts';
import { selfOf } from '../flow-paths.ts';
import type { JobFinder } from '../job-finder.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import { assertJson, createOwnedRouter, etagOf, expectedVersion, parseBody, readName, viewOwned } from '../owned.ts';
import type { ScheduleActions, ScheduleDeps } from './schedule-actions.ts';
import { MAX_WORK_BYTES } from './schedule-actions.ts';
import { runSchema, scheduleName } from './schedule-fields.ts';
import { factsOf, type ScheduleView, viewEntry, viewRun, viewSchedule } from './schedule-view.ts';

const PATH = '/v1/schedules';
/** What it runs, and a few words. */
const MAX_BODY_BYTES = MAX_WORK_BYTES + 20_000;
/** A moment. */
const MAX_RUN_BYTES = 1000;
const NEXT = 5;

export interface ScheduleRoutesDeps extends ScheduleDeps, Pick<BodyReaders, 'receiving'> {
  scheduleActions: ScheduleActions;
  finder: Pick<JobFinder, 'view'>;
}

const runsQuery = z.strictObject({ limit: wholeNumberText(1, MOST_RUNS).prefault('20') });

/** `/v1/schedules`: the jobs and flows that the caller has made at times that come again and again. */
export function createSchedulesRouter(deps: ScheduleRoutesDeps): Router {
  const { schedules, scheduleActions: actions, finder, receiving } = deps;
  const router = createOwnedRouter(PATH, ['admin', ...postedKinds(deps.contracts)]);
  const readJson = readJsonBody(MAX_BODY_BYTES, { receiving });
  const lastOf = async (schedule: Schedule) => (await actions.runs(schedule, 1))[0] ?? null;
  const show = async (schedule: Schedule): Promise<ScheduleView> => {
    const [next, last] = await Promise.all([actions.next(schedule, NEXT), lastOf(schedule)]);
    return viewSchedule(schedule, { next, last, work: schedules.openWork(schedule), flowsKind: FLOWS_KIND });
  };
  const expectedOf = (req: Request, res: Response) =>
    expectedVersion(req, res, async () => {
      const found = await schedules.find(callerOf(req).name, String(req.params['name']));
      return found && factsOf(found);
    });

  router.get(PATH, async (req, res) => {
    const all = await schedules.list(callerOf(req).name);
    const entries = all.map(async (one) =>
      viewEntry(one, { next: await actions.next(one, 1), last: await lastOf(one) }),
    );
    res.json({ schedules: await Promise.all(entries) });
  });
  router.put(`${PATH}/:name`, audits('schedule.put'), ...readJson, async (req, res) => {
    const name = readName(req, scheduleName);
    assertJson(req);
    const expected = await expectedOf(req, res);
    const { schedule, isNew } = await actions.put(req, name, req.body ?? {}, expected);
    if (isNew) res.status(201).set('Location', linkTo(res, `${PATH}/${name}`));
    res.set('ETag', etag(schedule)).json(await show(schedule));
  });
  router.get(`${PATH}/:name`, async (req, res) => {
    const schedule = await actions.find(req);
    // What it has done and does next changes with time, and not with its version: If-None-Match is not asked.
    res.set('ETag', etag(schedule)).json(await show(schedule));
  });
  router.delete(`${PATH}/:name`, audits('schedule.remove'), async (req, res) => {
    const { caller, name } = await actions.find(req);
    const expected = await expectedOf(req, res);
    if (!(await schedules.remove(caller, name, expected))) {
      throw new AppError('not_found', `There is no schedule "${name}".`);
    }
    res.status(204).end();
  });
  router.get(`${PATH}/:name/runs`, async (req, res) => {
    const query = runsQuery.safeParse(req.query);
    if (!query.success) throw invalidFields(query.error.issues, () => Object.keys(runsQuery.shape));
    const runs = await actions.runs(await actions.find(req), query.data.limit);
    res.json({ runs: runs.map(viewRun) });
  });
  const readRun = readJsonBody(MAX_RUN_BYTES, { receiving });
  router.post(`${PATH}/:name/run`, audits('schedule.run'), ...readRun, async (req, res) => {
    if (req.get('content-type') !== undefined) assertJson(req);
    const { scheduledAt } = parseBody(runSchema, req.body ?? {});
    const schedule = await actions.find(req);
    const timeMs = scheduledAt === undefined ? undefined : Date.parse(scheduledAt);
    const { job, replayed } = await actions.run(req, schedule, timeMs);
    if (replayed) res.set('Idempotency-Replayed', 'true');
    res
      .status(202)
      .set({ Location: linkTo(res, selfOf(job)), 'Retry-After': '1' })
      .json(finder.view(job, req));
  });
  return router;
}

const etag = (schedule: Schedule): string => etagOf(viewOwned(factsOf(schedule)));
