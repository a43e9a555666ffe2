import { z } from 'zod';
import { mailRecipient } from '../../delivery/mail-recipient.ts';
import { type CalledAnswer, ERROR_CODES, type Problem, type QuotaLimit, WAITING_ON } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { DeliveredView, FileView, JobView, WebhookView } from '../../jobs/job-view.ts';
import type { FlowPlace, StepView } from '../../jobs/options/flow.ts';
import type { SchedulePlace } from '../../jobs/options/schedule-place.ts';
import { JOB_STATES, type SentAttempt } from '../../jobs/stored-job.ts';
import { addProperties, refTo, type Schema, schemaName, toSchema } from '../../openapi/schemas.ts';

const moment = z.iso.datetime();
const file = {
  name: z.string(),
  type: z.string().meta({ description: 'The media type.' }),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  url: z
    .string()
    .meta({ description: 'Where it is served: relative to this server, or a whole address that needs no key.' }),
} satisfies Record<keyof FileView, z.ZodType>;

const anyMoment = z.iso.datetime({ offset: true });
const codes = Object.keys(ERROR_CODES) as [string, ...string[]];
const problem = {
  type: z
    .string()
    .meta({ description: 'Where the code is explained: `/docs/errors#` and the code, below the public address.' }),
  title: z.string(),
  status: z.int().meta({ description: 'The HTTP status that goes with the code.' }),
  detail: z
    .string()
    .meta({ description: 'What failed, which field, which limit, how to mend it. May be shown to people.' }),
  code: z.enum(codes).meta({ description: 'To be compared by programs.' }),
  retryable: z.boolean().meta({ description: 'Whether the same may succeed later.' }),
  errors: z
    .array(
      z.object({
        pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) to the field.' }),
        detail: z.string(),
      }),
    )
    .optional()
    .meta({ description: 'Each faulty field of the request.' }),
  id: z.string().optional().meta({ description: 'Of an `outcome_unknown`: the job that may have been made.' }),
  links: z
    .object({ self: z.string() })
    .optional()
    .meta({ description: 'Of an `outcome_unknown`: where that job is, once it is known to be there.' }),
  limit: z
    .object({
      name: z.enum(['waiting', 'waitingBytes', 'storedBytes', 'unfinishedUploads']),
      used: z.int().min(0),
      max: z.int().min(0),
    } satisfies Record<keyof QuotaLimit, z.ZodType>)
    .optional()
    .meta({ description: 'Of a `quota_exceeded`: what the caller has, and may have.' }),
  count: z
    .int()
    .optional()
    .meta({ description: 'Of an action on many jobs: how many match, where another number was expected.' }),
  answer: z
    .object({
      status: z.int(),
      type: z.string().nullable().meta({ description: 'The media type that it came with.' }),
      text: z.string().meta({ description: 'The first 2 KB of its body, where that is text.' }),
    } satisfies Record<keyof CalledAnswer, z.ZodType>)
    .optional()
    .meta({ description: 'Of a `call_refused` or `call_failed`: what the API answered.' }),
  recipients: z
    .array(mailRecipient)
    .optional()
    .meta({ description: 'Of a mail that nobody got: what became of each recipient.' }),
  requestId: z
    .string()
    .optional()
    .meta({ description: 'The `X-Request-Id` of this answer; the log has it too. Not in the `error` of a job.' }),
} satisfies Record<keyof Problem, z.ZodType>;

/** An attempt to send a webhook. */
export const send = {
  at: moment,
  attempt: z.int().min(1),
  status: z.int().nullable().meta({ description: "The receiver's answer; null when there was none." }),
  error: z.string().nullable().meta({ description: 'Why there was no answer.' }),
  ms: z.int().min(0),
} satisfies Record<keyof SentAttempt, z.ZodType>;
const webhook = z.object({
  id: z.string().nullable().meta({ description: "The webhook's own job; null before the end, and once it is gone." }),
  url: z.string(),
  event: z.string().nullable(),
  job: z.string().nullable().meta({ description: 'The job it tells of; null for a test.' }),
  endpoint: z.string().nullable().meta({ description: 'The endpoint it is for; null for a `callbackUrl`.' }),
  state: z.enum(JOB_STATES).nullable(),
  attempts: z.object({ made: z.int().min(0), max: z.int().min(1) }).nullable(),
  nextAttemptAt: moment.nullable().meta({ description: 'Null unless it waits for its time.' }),
  lastError: z
    .object({ code: z.string(), detail: z.string(), at: moment })
    .nullable()
    .meta({ description: 'Why it was not taken last, or has ended without being taken.' }),
  sends: z.array(z.object(send)).meta({ description: 'The attempts made, oldest first; the last 50 are kept.' }),
} satisfies Record<keyof WebhookView, z.ZodType>);

const delivered = z.object({
  file: z.string().nullable().meta({ description: 'The name that `deliverTo` has; null for the one file.' }),
  id: z.string().nullable().meta({ description: 'The job that sends it; null before the end, and once it is gone.' }),
  state: z.enum(JOB_STATES).nullable(),
  status: z.int().nullable().meta({ description: 'The last answer; null when there was none.' }),
  attempts: z.int().min(0),
  at: moment.nullable().meta({ description: 'When the last attempt was made.' }),
  nextAttemptAt: moment.nullable().meta({ description: 'Null unless it waits for its time.' }),
  error: z.string().nullable().meta({ description: 'Why it was not taken last, or never will be.' }),
} satisfies Record<keyof DeliveredView, z.ZodType>);

const count = (description: string) => z.int().min(0).meta({ description });
const step = {
  name: z.string(),
  kind: z.string(),
  after: z.array(z.string()).meta({ description: 'The steps whose files it needs.' }),
  waiting: count('Of rows that were not begun.'),
  active: count('Posted, and not ended.'),
  completed: count('Ended well.'),
  failed: count('Ended otherwise.'),
  cancelled: count('Cancelled.'),
  skipped: count('Never to be, since another step of their row failed.'),
} satisfies Record<keyof StepView, z.ZodType>;

const job = {
  id: z.string().regex(/^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/),
  kind: z.string(),
  state: z.enum(JOB_STATES),
  progress: z.object({
    percent: z.number().min(0).max(100),
    done: z.number().optional(),
    total: z.number().optional(),
    unit: z.string().optional(),
    failed: z.number().optional().meta({ description: 'Of a flow: how many of the rows that are done have failed.' }),
  }),
  attempts: z.object({
    made: z.int().min(0).meta({ description: 'Runs begun, the current one included; interruptions do not count.' }),
    max: z.int().min(1),
  }),
  position: z.int().min(1).nullable().meta({ description: '1 = next in line; null unless waiting.' }),
  etaSeconds: z
    .number()
    .min(0)
    .nullable()
    .meta({ description: 'Seconds until it is probably done; null if not known.' }),
  priority: z.enum(['high', 'normal', 'low']),
  caller: z
    .string()
    .nullable()
    .meta({ description: 'The name of the key that posted it, where an operator asks; else null.' }),
  requestId: z.string().nullable().meta({ description: 'Names the request that posted it.' }),
  batch: z.string().nullable().meta({ description: 'The batch that it came with.' }),
  facts: z
    .record(z.string(), z.union([z.string(), z.number(), z.array(z.string())]))
    .nullable()
    .meta({ description: 'What it is about, in at most 300 bytes: the name of its file, its recipients.' }),
  subject: z.string().nullable(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  createdAt: moment,
  runAt: anyMoment.nullable().meta({ description: 'Not before this moment; as it was asked for.' }),
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
  webhook: webhook.nullable().meta({
    description: 'The webhook that tells how the job ended; null without a `callbackUrl`. Of a webhook: itself.',
  }),
  delivered: z.array(delivered).nullable().meta({
    description: 'What has become of sending its files to where `deliverTo` says; null without it.',
  }),
  nextAttemptAt: moment.nullable().meta({ description: 'When it runs next; null unless delayed.' }),
  expiresAt: anyMoment
    .nullable()
    .meta({ description: "Useless after this moment: the caller's, or the kind's own limit." }),
  retainedUntil: moment.nullable().meta({
    description:
      'Until then the job and its files are kept; longer while a webhook of its end is not taken, or a link of a mail leads to it. ' +
      'While jobs hold it that name it, until when at the latest.',
  }),
  signedUntil: moment.nullable().meta({
    description:
      'Until when the addresses of its files hold, where they need no key (`signed`, and in webhooks), unless it is ' +
      'erased before; else null.',
  }),
  heldBy: z.array(z.string()).meta({
    description:
      'The jobs that name a file of it and have not ended, the first 20 of them, and its webhooks while these are tried: it ' +
      'is kept for them.',
  }),
  waitingFor: z.array(z.string()).nullable().meta({ description: 'Ids of jobs that must complete first.' }),
  waitingOn: z
    .enum(WAITING_ON)
    .nullable()
    .meta({
      description:
        'What keeps it from running now: another `job`, the `rate` of mails, a mail `relay` that is away, a free `slot` ' +
        "for heavy jobs or downloads, the caller's `quota`, the `pause` of its queue. Null when nothing does, and between two attempts.",
    }),
  pausedSince: moment.nullable().meta({ description: 'Since when its queue is paused, while the job waits there.' }),
  lastError: z
    .object({
      ...{ code: z.enum(codes), detail: z.string(), at: moment },
      recipients: z
        .array(mailRecipient)
        .optional()
        .meta({ description: 'Of a mail: what its mail server has said of each recipient so far, where it did.' }),
    })
    .nullable()
    .meta({ description: 'What went wrong in its last attempt; null without one, and once it has ended.' }),
  flow: z
    .object({
      id: z.string(),
      step: z.string(),
      row: z
        .int()
        .meta({ description: 'The number of its row: its line in the file, its place in the list; 0 without rows.' }),
    } satisfies Record<keyof FlowPlace, z.ZodType>)
    .nullable()
    .meta({ description: 'The flow that asked for it, and for what.' }),
  schedule: z
    .object({ name: z.string(), scheduledAt: moment } satisfies Record<keyof SchedulePlace, z.ZodType>)
    .nullable()
    .meta({ description: 'The schedule that asked for it, and for which of its times.' }),
  steps: z
    .array(z.object(step))
    .nullable()
    .meta({ description: 'Of a flow: its steps, and how many of their jobs stand where; else null.' }),
  result: z.unknown(),
  error: z.unknown(),
  links: z
    .object({ self: z.string(), events: z.string(), result: z.string(), cancel: z.string() })
    .meta({ description: 'To be resolved against the address that was asked; whole addresses in webhooks.' }),
} satisfies Record<keyof JobView, z.ZodType>;

/** A kind's result as jobs show it: with its files, and an address beside each name of a file. */
function resultSchema({ result }: JobContract): Schema {
  const schema = toSchema(result, 'output');
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, addUrl(part)]);
  return addProperties(
    { ...schema, properties: Object.fromEntries(parts) },
    { files: { type: 'array', items: refTo('ResultFile') } },
    ['files'],
  );
}

function addUrl(part: Schema): Schema {
  if (part.items) return { ...part, items: addUrl(part.items) };
  if (part.anyOf) return { ...part, anyOf: part.anyOf.map(addUrl) };
  const url = { type: 'string', description: 'Where that file is served.' };
  return part.properties?.['file'] ? addProperties(part, { url }, ['url']) : part;
}

const orNull = (...schemas: Schema[]): Schema => ({ anyOf: [...schemas, { type: 'null' }] });

/** A job of one kind: what all have, and its own result. */
function kindSchema({ kind }: JobContract): Schema {
  return addProperties(toSchema(z.object(job), 'output'), {
    kind: { type: 'string', enum: [kind] },
    result: { description: 'Null until completed.', ...orNull(refTo(schemaName(kind, 'Result'))) },
    error: { description: 'Why the job failed or was cancelled; else null.', ...orNull(refTo('Problem')) },
  });
}

/** Jobs of all kinds: `kind` tells which one it is. */
function jobSchema(contracts: readonly JobContract[]): Schema {
  const refs = contracts.map(({ kind }) => [kind, refTo(schemaName(kind, 'Job'))] as const);
  return {
    oneOf: refs.map(([, ref]) => ref),
    discriminator: {
      propertyName: 'kind',
      mapping: Object.fromEntries(refs.map(([kind, { $ref }]) => [kind, $ref])),
    },
  };
}

/** The schemas of what answers hold, by name. */
export const answerSchemas = (contracts: readonly JobContract[]): Record<string, Schema> => ({
  Job: jobSchema(contracts),
  ...Object.fromEntries(contracts.map((one) => [schemaName(one.kind, 'Job'), kindSchema(one)])),
  ...Object.fromEntries(contracts.map((one) => [schemaName(one.kind, 'Result'), resultSchema(one)])),
  ResultFile: toSchema(z.object(file), 'output'),
  Problem: { description: 'Problem details (RFC 9457).', ...toSchema(z.object(problem), 'output') },
});
