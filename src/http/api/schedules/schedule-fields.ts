import { z } from 'zod';
import {
  choiceField,
  flagField,
  formField,
  jsonField,
  momentField,
  objectField,
  textField,
} from '../../../fields/fields.ts';
import { MISSED } from '../../../schedules/schedule.ts';

/** What a schedule may be called. */
export const scheduleName = formField(
  (text) => /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text),
  'must be 1 to 64 of a-z, 0-9, "-" and "_", and begin with a letter or digit',
);

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

const body = jsonField.refine(isObject, 'must be a JSON object') as z.ZodType<Record<string, unknown>>;

const job = objectField({
  kind: textField(32).meta({ description: 'The kind of its jobs.' }),
  input: body.meta({ description: 'The body that a job of the kind is posted with.' }),
});

/** The body of `PUT /v1/schedules/{name}`; the API's description is made of it too. */
export const scheduleSchema = z
  .strictObject({
    cron: textField(200).meta({
      description: 'When it runs: minute, hour, day of month, month and day of week, by the wall clocks of `timeZone`.',
    }),
    timeZone: textField(100, 0).default('UTC').meta({ description: 'The name of a time zone, such as `Europe/Oslo`.' }),
    missed: choiceField(...MISSED)
      .default('once')
      .meta({
        description:
          'What becomes of times that pass while nothing runs: `once` makes up for the last of them, `skip` for none.',
      }),
    paused: flagField.optional().meta({
      description: 'Whether it does not run. Without it: as it is, and a new one is not paused.',
    }),
    job: job.optional().meta({ description: 'The job that it makes each time.' }),
    flow: body.optional().meta({ description: 'The flow that it makes each time: the body of `POST /v1/flows`.' }),
  })
  .refine((given) => (given.job === undefined) !== (given.flow === undefined), 'must have either job or flow');

/** The body of `POST /v1/schedules/{name}/run`. */
export const runSchema = z.strictObject({
  scheduledAt: momentField.optional().meta({
    description:
      'The time that it is run for; without it, now. One that was run already gives the job that was made then.',
  }),
});
