import {
  BATCH_EVENT,
  FLOW_EVENTS,
  JOB_EVENTS,
  MAIL_EVENTS,
  type MailEvent,
  SCHEDULE_EVENTS,
} from '../../endpoints/endpoint.ts';
import { emptyAnswer, type Operation, type Parameter } from '../../openapi/answers.ts';
import { refTo, type Schema } from '../../openapi/schemas.ts';
import type { ScheduleNews } from '../api/schedules/tell-schedules.ts';

const inHeader = (name: string, description: string): Parameter => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
});

/** Standard Webhooks: what tells that it is ours, and that it was not sent before. */
const SIGNED: readonly Parameter[] = [
  inHeader('webhook-id', 'The same for every attempt: act once for each.'),
  inHeader('webhook-timestamp', 'When it was sent, in seconds since 1970.'),
  inHeader(
    'webhook-signature',
    '`v1,` and the base64 of the HMAC-SHA-256 of id, timestamp and body, with dots between.',
  ),
];

const text: Schema = { type: 'string' };
const textOrNull: Schema = { type: ['string', 'null'] };
const moment: Schema = { type: 'string', format: 'date-time' };
const momentOrNull: Schema = { type: ['string', 'null'], format: 'date-time' };
const count: Schema = { type: 'integer', minimum: 0 };
const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const batch = object({
  kind: text,
  total: count,
  counts: object({ completed: count, failed: count, cancelled: count, erased: count }),
  jobs: {
    type: 'array',
    items: object({ id: text, state: { type: 'string', enum: ['completed', 'failed', 'cancelled', 'erased'] } }),
    description: 'Those that were accepted, in the order of the entries.',
  },
});

const mail = object({
  job: { ...textOrNull, description: 'The mail; null where it is not known.' },
  address: text,
  state: text,
  class: {
    ...textOrNull,
    description: 'What it is about: the recipient, the sender, the content, the relay, the rate.',
  },
  code: { type: ['integer', 'null'] },
  status: textOrNull,
  response: textOrNull,
  at: moment,
  subject: textOrNull,
  tags: { type: 'array', items: text },
  metadata: { type: 'object', description: 'As the mail was posted with.' },
});
const unsubscribed = object({
  address: text,
  messageStream: { ...textOrNull, description: "Null: all mail of the caller's." },
  at: moment,
});

const schedule = object({
  name: text,
  kind: { ...text, description: 'The kind of what it runs; `flows` for a flow.' },
  scheduledAt: {
    ...momentOrNull,
    description: 'The time that it is about, or the first of several; null for a pause.',
  },
  until: { ...momentOrNull, description: 'The last of several times that were missed; else null.' },
  error: object({ code: text, detail: text }),
} satisfies Record<keyof ScheduleNews, Schema>);

const UNSUBSCRIBED: MailEvent = 'mail.unsubscribed';

/** What each event is about, by the name of its schema. */
const DATA: Readonly<Record<string, { events: readonly string[]; summary: string; data: Schema }>> = {
  JobEvent: { events: JOB_EVENTS, summary: 'A job has ended.', data: refTo('Job') },
  FlowEvent: {
    events: FLOW_EVENTS,
    summary: 'A flow has ended, and all of its jobs have.',
    data: refTo('Job'),
  },
  BatchEvent: { events: [BATCH_EVENT], summary: 'All jobs of a batch have ended.', data: batch },
  MailEvent: {
    events: MAIL_EVENTS.filter((event) => event !== UNSUBSCRIBED),
    summary: 'Something came back of a mail after it was sent.',
    data: mail,
  },
  UnsubscribedEvent: { events: [UNSUBSCRIBED], summary: 'A recipient wants no more mail.', data: unsubscribed },
  ScheduleEvent: {
    events: SCHEDULE_EVENTS,
    summary: 'A time of a schedule made no job, or it is paused since the key may not post what it runs.',
    data: schedule,
  },
};

/** The schemas of what webhooks carry, by name. */
export const eventSchemas = (): Record<string, Schema> =>
  Object.fromEntries(
    Object.entries(DATA).map(([name, { events, data }]) => [
      `Told${name}`,
      object({ type: { type: 'string', enum: [...events] }, timestamp: moment, data }),
    ]),
  );

/** What is sent to a `callbackUrl` and to webhook endpoints, by its event. */
export const eventOperations = (): Record<string, { post: Operation }> =>
  Object.fromEntries(
    Object.entries(DATA).flatMap(([name, { events, summary }]) =>
      events.map((event) => [event, { post: eventOperation(event, summary, `Told${name}`) }]),
    ),
  );

const eventOperation = (event: string, summary: string, schema: string): Operation => ({
  operationId: `on${event.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
  tags: ['webhooks'],
  summary,
  security: [],
  parameters: [...SIGNED],
  requestBody: { required: true, content: { 'application/json': { schema: refTo(schema) } } },
  responses: {
    '2XX': emptyAnswer('It is taken.'),
    410: emptyAnswer('Nothing more is to be sent here.'),
    default: emptyAnswer('It is sent again later; after `Retry-After` seconds where that is given.'),
  },
});
