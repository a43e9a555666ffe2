import type { ErrorCode } from '../../../errors.ts';
import { emptyAnswer, fileAnswer, HEADERS, jobAnswer, jsonAnswer, problemOf } from '../../../openapi/answers.ts';
import {
  conditional,
  download,
  fileName,
  ifMatch,
  ifNoneMatch,
  jobId,
  lastEventId,
  listing,
  preferWait,
  signed,
  subject,
} from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { FILE, refTo, type Schema } from '../../../openapi/schemas.ts';
import { BATCH_ROWS } from '../batch.ts';
import { AUDIT_ROW } from './audit.ts';
import { BRAND_ROWS } from './brands.ts';
import { BULK_ROWS } from './bulk.ts';
import { ENDPOINT_ROWS } from './endpoints.ts';
import { SCHEDULE_ROWS } from './schedules.ts';
import { UPLOAD_TOKEN_ROWS } from './upload-tokens.ts';
import { UPLOAD_ROWS } from './uploads.ts';
import { VERDICT_ROW } from './verdict.ts';

const JOB_PROBLEMS: ErrorCode[] = ['unauthorized', 'not_found', 'result_expired', 'queue_unavailable'];
const FILE_PROBLEMS: ErrorCode[] = [
  ...JOB_PROBLEMS,
  'precondition_failed',
  'range_not_satisfiable',
  'storage_unavailable',
];

const fileAnswers = {
  206: fileAnswer('The range asked for.', HEADERS.contentRange),
  304: emptyAnswer('The file is the one that `If-None-Match` names.', HEADERS.fileEtag),
  307: emptyAnswer('The file lies elsewhere, with `STORAGE_PRESIGN`.', HEADERS.fileAddress),
};
const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const filesOrResult: Schema = { anyOf: [{ type: 'array', items: refTo('ResultFile') }, { type: 'object' }] };
const healthy = object({ status: { const: 'ok' } });

/** Every route that jobs of all kinds share, and the health checks. A new route is a new row. */
export const listRoutes = (kinds: string[]): readonly RouteRow[] => [
  listingRow(kinds),
  ...JOB_ROWS,
  ...FLOW_ROWS,
  USAGE_ROW,
  ...BATCH_ROWS,
  ...BULK_ROWS,
  ...UPLOAD_ROWS,
  ...UPLOAD_TOKEN_ROWS,
  ...ENDPOINT_ROWS,
  ...BRAND_ROWS,
  ...SCHEDULE_ROWS,
  ...HEALTH_ROWS,
  VERDICT_ROW,
  AUDIT_ROW,
];

const listingRow = (kinds: string[]): RouteRow => ({
  method: 'get',
  path: '/v1/jobs',
  operationId: 'listJobs',
  tag: 'jobs',
  summary: "The caller's jobs, newest first; with the scope `admin` everybody's.",
  parameters: listing(kinds),
  answers: {
    200: jsonAnswer(
      'One page. A page may hold fewer jobs than its limit; only a null `cursor` says that it is the last.',
      object({
        jobs: { type: 'array', items: refTo('Job') },
        cursor: { type: ['string', 'null'], description: 'Leads to the next page; null on the last one.' },
      }),
    ),
  },
  problems: ['invalid_request', 'unauthorized', 'forbidden', 'queue_unavailable'],
});

/** Those of them, and what they are for flows. */
const FLOW_SUMMARIES: Readonly<Record<string, string>> = {
  getJob: 'A flow: its steps, how many of their jobs stand where, and how many rows are done.',
  followJob: 'Server-sent events until the flow ends.',
  cancelJob: 'Cancels a flow: no further row is begun, its jobs stop, and it ends once they have.',
  retryJob: 'Does again what failed, was cancelled or was not begun; what completed stays.',
  eraseJob: 'Erases a flow, its jobs and their files; one that runs is cancelled first.',
};

const JOB_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/v1/jobs/{id}',
    operationId: 'getJob',
    tag: 'jobs',
    summary: 'A job, in whatever state it is.',
    parameters: [jobId, signed, preferWait, ifNoneMatch, ifMatch],
    answers: {
      200: jobAnswer(
        'The job as it stands now.',
        HEADERS.retryWhilePending,
        HEADERS.jobEtag,
        HEADERS.preferenceApplied,
        HEADERS.vary,
      ),
      304: emptyAnswer('The job is as it was when it had the ETag in `If-None-Match`.', HEADERS.jobEtag),
    },
    problems: ['invalid_request', ...JOB_PROBLEMS, 'precondition_failed'],
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/events',
    operationId: 'followJob',
    tag: 'jobs',
    summary: 'Server-sent events until the job ends.',
    description:
      'Events are `state`, `progress`, `completed`, `failed` and `cancelled`; the data of each is the job. The first ' +
      'tells how the job stands now, after a reconnect too. A comment every 15 seconds keeps the connection open.',
    parameters: [jobId, signed, lastEventId],
    answers: {
      200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      204: emptyAnswer('`Last-Event-ID` is the last event there will be: do not reconnect.'),
    },
    problems: ['invalid_request', ...JOB_PROBLEMS],
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/result',
    operationId: 'getResult',
    tag: 'jobs',
    summary: 'What came of a job: its one file, a list of its files, or (no file) its `result`.',
    parameters: [jobId, download, signed, preferWait, ...conditional],
    answers: {
      200: {
        description: 'The file; where the job has several, a list of them; where it has none, its `result`.',
        headers: { ...HEADERS.preferenceApplied, ...HEADERS.vary },
        content: { '*/*': { schema: FILE }, 'application/json': { schema: filesOrResult } },
      },
      202: jobAnswer('Not yet: the job is pending.', HEADERS.retryAfter, HEADERS.vary),
      424: problemOf('The job failed for good, by no fault of the request: the problem that ended it.'),
      ...fileAnswers,
      default: problemOf('The job failed or was cancelled: the problem that ended it, with its status (400 to 499).'),
    },
    problems: ['invalid_request', ...FILE_PROBLEMS],
  },
  {
    method: 'get',
    path: '/v1/jobs/{id}/files/{name}',
    operationId: 'getFile',
    tag: 'jobs',
    summary: 'One file of a result.',
    parameters: [jobId, fileName, download, ...conditional],
    answers: { 200: fileAnswer('The file.'), ...fileAnswers },
    problems: FILE_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/cancel',
    operationId: 'cancelJob',
    tag: 'jobs',
    summary: 'Cancels a job, wherever it is.',
    parameters: [jobId],
    answers: {
      200: jobAnswer('It is cancelled.'),
      202: jobAnswer('It is running and will stop.', HEADERS.retryAfter),
    },
    problems: [...JOB_PROBLEMS, 'conflict'],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/retry',
    operationId: 'retryJob',
    tag: 'jobs',
    summary: 'Runs a failed or cancelled job again; the key needs the scope of its kind, or `admin`.',
    parameters: [jobId],
    answers: { 202: jobAnswer('Queued anew, its attempts counted from zero.', HEADERS.location, HEADERS.retryAfter) },
    problems: [...JOB_PROBLEMS, 'forbidden', 'conflict', 'retry_useless', 'quota_exceeded'],
  },
  {
    method: 'post',
    path: '/v1/jobs/{id}/send-now',
    operationId: 'sendWebhookNow',
    tag: 'jobs',
    summary: 'Sends a webhook now that waits for its next attempt.',
    parameters: [jobId],
    answers: { 202: jobAnswer('It is on its way, also to a host that rests.', HEADERS.location, HEADERS.retryAfter) },
    problems: [...JOB_PROBLEMS, 'conflict'],
  },
  {
    method: 'delete',
    path: '/v1/jobs/{id}',
    operationId: 'eraseJob',
    tag: 'jobs',
    summary: 'Erases a job, its inputs and its results.',
    parameters: [jobId, ifMatch],
    answers: {
      204: emptyAnswer('It is gone.'),
      202: jobAnswer('It is running: it will stop, and then go.', HEADERS.retryAfter),
    },
    problems: [...JOB_PROBLEMS, 'precondition_failed'],
  },
  {
    method: 'delete',
    path: '/v1/subjects/{subject}',
    operationId: 'eraseSubject',
    tag: 'jobs',
    summary:
      'Erases all own jobs and uploads of one subject (`admin`: everybody’s), and takes its address off own suppressions.',
    parameters: [subject],
    answers: {
      200: jsonAnswer('All of them are gone.', refTo('Erasure')),
      202: jsonAnswer('Some are running: they will stop, and then go.', refTo('Erasure')),
    },
    problems: ['unauthorized', 'not_found', 'queue_unavailable'],
  },
];

/** What flows have of the routes of jobs, below their own address. */
const FLOW_ROWS: readonly RouteRow[] = JOB_ROWS.flatMap((row) => {
  const summary = FLOW_SUMMARIES[row.operationId];
  if (summary === undefined) return [];
  const operationId = row.operationId.replace('Job', 'Flow');
  return [{ ...row, path: row.path.replace('/v1/jobs/', '/v1/flows/'), operationId, tag: 'flows', summary }];
});

const amount = (max: string): Schema =>
  object({ used: count('What is in use.'), max: { type: ['integer', 'null'], description: max } });

const USAGE_ROW: RouteRow = {
  method: 'get',
  path: '/v1/usage',
  operationId: 'getUsage',
  tag: 'jobs',
  summary: "What the caller's key has in use, and may have.",
  description:
    'A key without limits of its own has its share of what others leave, so `max` changes with what they do. Over one of ' +
    'the first three a POST is answered 429 `quota_exceeded`; over `running` a job waits; over `requests` a request is ' +
    'answered 429 `rate_limited`.',
  answers: {
    200: jsonAnswer(
      'It is:',
      object({
        waiting: amount('Jobs that may wait or be delayed.'),
        waitingBytes: amount('Bytes that these may take, in Redis and their inputs in storage; null: no limit.'),
        storedBytes: amount('Bytes of uploads, inputs, results and rows that flows keep in storage; null: no limit.'),
        running: amount('Jobs that may run at a time; null: any number.'),
        requests: {
          type: 'object',
          description: "Requests of the rate's window; null twice for a key without a rate.",
          properties: { used: { type: ['integer', 'null'] }, max: { type: ['integer', 'null'] } },
          required: ['used', 'max'],
        },
      }),
    ),
  },
  problems: ['unauthorized', 'queue_unavailable'],
};

const HEALTH_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/livez',
    operationId: 'getLiveness',
    tag: 'health',
    summary: 'Whether the process is up.',
    isOpen: true,
    answers: { 200: jsonAnswer('It is.', healthy) },
    problems: [],
  },
  {
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tag: 'health',
    summary: 'Whether jobs can be accepted now: Redis has taken a write of the last second, and storage takes files.',
    isOpen: true,
    answers: { 200: jsonAnswer('They can.', healthy) },
    problems: ['queue_unavailable', 'queue_full', 'storage_unavailable', 'storage_full'],
  },
];

/** What came of erasing a subject's jobs. */
export const erasure = object({
  erased: count('Jobs and uploads that are gone.'),
  stopping: count('Jobs that were running; they go when they have stopped.'),
  suppressions: count('Suppressions that name the person no more; they hold on.'),
});
