import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import { JOB_STATES } from '../../../jobs/stored-job.ts';
import { emptyAnswer, HEADERS, jobAnswer, jsonAnswer, type Parameter } from '../../../openapi/answers.ts';
import { ifMatch, ifNoneMatch, limit } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import { MISSED, MOST_RUNS, PAUSED_REASONS, RUN_OUTCOMES } from '../../../schedules/schedule.ts';
import { runSchema, scheduleSchema } from '../../api/schedules/schedule-fields.ts';
import type { ScheduleEntryView, ScheduleRunView, ScheduleView } from '../../api/schedules/schedule-view.ts';
import { OWNED_FIELDS, OWNED_PROBLEMS, PUT_PROBLEMS } from './owned.ts';

const PATH = '/v1/schedules';
const READ: ErrorCode[] = OWNED_PROBLEMS.filter((code) => code !== 'precondition_failed');
const name: Parameter = {
  name: 'name',
  in: 'path',
  required: true,
  description: "The schedule's name: 1 to 64 of a-z, 0-9, `-` and `_`.",
  schema: { type: 'string' },
};
const listOf = (field: string, schema: string): Schema => ({
  type: 'object',
  properties: { [field]: { type: 'array', items: refTo(schema) } },
  required: [field],
});

/** A schedule that works as it stands. */
export const SCHEDULE_EXAMPLE = {
  cron: '0 6 1 * *',
  timeZone: 'Europe/Oslo',
  job: {
    kind: 'emails',
    input: { to: 'kari@example.no', subject: 'Orders of {{previousMonth}}', text: 'They are in the shop.' },
  },
};
const body = (schema: string, required: boolean, value: object): NonNullable<RouteRow['requestBody']> => ({
  required,
  content: {
    'application/json': { schema: refTo(schema), examples: { example: { summary: 'Works as it stands', value } } },
  },
});

/** The rows of schedules. */
export const SCHEDULE_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: PATH,
    operationId: 'listSchedules',
    tag: 'schedules',
    summary: "The caller's schedules, by name, without what they run.",
    answers: { 200: jsonAnswer('All of them; of each the next time alone.', listOf('schedules', 'ScheduleEntry')) },
    problems: ['unauthorized', 'queue_unavailable'],
  },
  {
    method: 'put',
    path: `${PATH}/{name}`,
    operationId: 'putSchedule',
    tag: 'schedules',
    summary: 'Makes a schedule, or puts another in its place.',
    description:
      'A job or a flow is made each time that `cron` names by the wall clocks of `timeZone`, on behalf of the key that makes the ' +
      'schedule; each time once. `{{scheduledAt}}`, `{{previousMonth}}` and `{{previousDay}}` stand in its texts for the time.',
    parameters: [name, ifMatch, ifNoneMatch],
    requestBody: body('ScheduleRequest', true, SCHEDULE_EXAMPLE),
    answers: {
      200: jsonAnswer('It was there, and is so now.', refTo('Schedule'), HEADERS.versionEtag),
      201: jsonAnswer('It is made.', refTo('Schedule'), HEADERS.made, HEADERS.versionEtag),
    },
    problems: [...PUT_PROBLEMS],
  },
  {
    method: 'get',
    path: `${PATH}/{name}`,
    operationId: 'getSchedule',
    tag: 'schedules',
    summary: 'A schedule, its next times and its last one.',
    parameters: [name],
    answers: { 200: jsonAnswer('As it is now.', refTo('Schedule'), HEADERS.versionEtag) },
    problems: READ,
  },
  {
    method: 'delete',
    path: `${PATH}/{name}`,
    operationId: 'removeSchedule',
    tag: 'schedules',
    summary: 'Removes a schedule and its history; the jobs that it has made stay.',
    parameters: [name, ifMatch, ifNoneMatch],
    answers: { 204: emptyAnswer('It is gone.') },
    problems: OWNED_PROBLEMS,
  },
  {
    method: 'get',
    path: `${PATH}/{name}/runs`,
    operationId: 'listScheduleRuns',
    tag: 'schedules',
    summary: `What became of its last times, newest first; ${MOST_RUNS} are kept.`,
    parameters: [name, limit('Times at most.')],
    answers: { 200: jsonAnswer('Some of them.', listOf('runs', 'ScheduleRun')) },
    problems: ['invalid_request', ...READ],
  },
  {
    method: 'post',
    path: `${PATH}/{name}/run`,
    operationId: 'runSchedule',
    tag: 'schedules',
    summary: 'Runs it now, for this moment or for another time.',
    description:
      'A time makes one job, or one flow, whoever asks for it and however often: one that was run by hand is not run again when it ' +
      'comes. It can be refused as a POST of what it runs can be.',
    parameters: [name],
    requestBody: body('ScheduleRunRequest', false, { scheduledAt: '2026-12-01T06:00:00+01:00' }),
    answers: {
      202: jobAnswer('The job, or the flow, of that time.', HEADERS.location, HEADERS.retryAfter, HEADERS.replayed),
    },
    problems: [
      'invalid_request',
      'forbidden',
      ...READ,
      'request_timeout',
      'payload_too_large',
      'unsupported_media_type',
    ],
  },
];

const moment = z.iso.datetime();
const error = z.object({ code: z.string(), detail: z.string() });
const run = z.object({
  scheduledAt: moment,
  until: moment.nullable().meta({ description: 'The last of several times that were missed; else null.' }),
  at: moment.meta({ description: 'When it was entered.' }),
  outcome: z.enum(RUN_OUTCOMES).meta({
    description:
      '`accepted`: its job was made; `refused`: what it runs can not be had as it is; `missed`: nothing ran then, or there was no room for an hour.',
  }),
  byHand: z.boolean(),
  kind: z.string(),
  job: z.string().nullable().meta({ description: 'The job, or the flow.' }),
  state: z
    .enum(JOB_STATES)
    .nullable()
    .meta({ description: 'Its state; null where there is none, or it is not kept any more.' }),
  error: error.nullable(),
} satisfies Record<keyof ScheduleRunView, z.ZodType>);

const entry = {
  ...OWNED_FIELDS,
  cron: z.string(),
  timeZone: z.string(),
  missed: z.enum(MISSED),
  paused: z.boolean(),
  pausedReason: z.enum(PAUSED_REASONS).nullable().meta({
    description:
      '`owner`, `key_revoked`, `forbidden`: the key may not post what it runs any more; `copy`: of a deployment.',
  }),
  pausedAt: moment.nullable(),
  kind: z.string().meta({ description: 'The kind of what it runs; `flows` for a flow.' }),
  next: z.array(moment).meta({ description: 'The next times; none while it is paused.' }),
  last: run.nullable().meta({ description: 'The last of its times that are over.' }),
  trying: z
    .object({ scheduledAt: moment, since: moment, ...error.shape })
    .nullable()
    .meta({ description: 'A time that could not be run yet and is tried again, and why.' }),
  refusals: z
    .int()
    .min(0)
    .meta({ description: 'So many of its times in a row were refused, or missed for want of room.' }),
} satisfies Record<keyof ScheduleEntryView, z.ZodType>;

/** The schemas of schedules, by name. */
export function scheduleSchemas(): Record<string, Schema> {
  const { job, flow } = scheduleSchema.shape;
  const whole = { ...entry, job, flow } satisfies Record<keyof ScheduleView, z.ZodType>;
  return {
    ScheduleRun: toSchema(run, 'output'),
    ScheduleEntry: toSchema(z.object(entry), 'output'),
    Schedule: toSchema(z.object(whole), 'output'),
    ScheduleRequest: toSchema(scheduleSchema, 'input'),
    ScheduleRunRequest: toSchema(runSchema, 'input'),
  };
}
