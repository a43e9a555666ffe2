import { z } from 'zod';
import type { Config } from '../../config/platform.ts';
import type { ErrorCode } from '../../errors.ts';
import type { BatchRules, JobContract } from '../../jobs/contract.ts';
import { JOB_STATES } from '../../jobs/stored-job.ts';
import { formatBytes } from '../../kinds/formats.ts';
import { HEADERS, jsonAnswer, type MediaType, type Operation, problemAnswers } from '../../openapi/answers.ts';
import { archivedBatch, archivedIds, batchId, idempotencyKey } from '../../openapi/parameters.ts';
import type { RouteRow } from '../../openapi/route-row.ts';
import { refTo, type Schema, schemaName, toSchema } from '../../openapi/schemas.ts';
import type { BatchView } from '../api/batches/batches.ts';
import { resultsZipSchema } from '../api/batches/results-zip.ts';
import { ACCEPT_CODES } from './accept.ts';

/** `POST /v1/<kind>/<path>`, many of the kind's requests in one, by each sort of body that it takes, by address. */
export function batchOperations(contract: JobContract, rules: BatchRules, config: Config): Record<string, Operation> {
  const { kind, example, upload } = contract;
  const { field, max, files, path } = rules;
  const entry = upload?.field ? { source: { url: 'https://example.com/photo.jpg' }, ...example } : example;
  const own = `/v1/${kind}/${path}`;
  const json = batchOperation(contract, rules, {
    description:
      `A JSON body of at most ${formatBytes(config.JSON_MAX_BYTES)}.` +
      (files
        ? ` It takes a form with files as well; clients that are made from this document find it at \`POST ${own}/form\`.`
        : ''),
    content: {
      'application/json': {
        schema: refTo(schemaName(kind, 'BatchRequest')),
        examples: { example: { summary: 'Works as it stands', value: { [field]: [entry, entry] } } },
      },
    },
  });
  if (!files) return { [own]: json };
  const form = batchOperation(contract, rules, {
    description:
      `A multipart form of at most ${formatBytes(config.MAX_BATCH_BYTES)} with up to ${max} files, each as ` +
      `\`${upload?.field}\`: the fields beside them hold for all, and \`items\` says in what the jobs of the files differ. ` +
      'Nothing is accepted before the whole form has come.',
    content: { 'multipart/form-data': { schema: refTo(schemaName(kind, 'BatchForm')) } },
  });
  return { [own]: json, [`${own}/form`]: { ...form, operationId: `${form.operationId}Form` } };
}

function batchOperation(
  { kind }: JobContract,
  { max }: BatchRules,
  { description, content }: { description: string; content: Record<string, MediaType> },
): Operation {
  // A mismatch of one entry's key is told at its place.
  const codes = ACCEPT_CODES.filter(
    (code) => !['idempotency_mismatch', 'result_expired', 'upload_unfinished'].includes(code),
  );
  return {
    operationId: `post${schemaName(kind, 'Batch')}`,
    tags: [kind],
    summary: `Up to ${max} of them in one request; each is accepted or refused by itself.`,
    description:
      `${description} With an \`Idempotency-Key\` each entry's job follows from the key ` +
      'and its place: a repeated request queues only what was not queued before. It counts as one request of the rate.',
    security: [{ bearer: [kind] }, { session: [kind] }],
    parameters: [idempotencyKey],
    requestBody: { required: true, content },
    responses: {
      202: jsonAnswer(
        'A verdict for each entry, in order.',
        refTo(schemaName(kind, 'Batch')),
        HEADERS.location,
        HEADERS.replayed,
        HEADERS.rate,
      ),
      ...problemAnswers(codes),
    },
  };
}

const moment = z.iso.datetime();
const batchView = {
  id: z.string().regex(/^bat_[0-9a-hjkmnp-tv-z]{26}$/),
  kind: z.string(),
  total: z.int().min(1).meta({ description: 'How many of its jobs are kept.' }),
  counts: z.object(Object.fromEntries(JOB_STATES.map((state) => [state, z.int().min(0)]))),
  createdAt: moment,
  finishedAt: moment.nullable().meta({ description: 'When the last of them ended; null while one has not.' }),
  links: z.object({ self: z.string(), jobs: z.string(), results: z.string() }),
} satisfies Record<keyof BatchView, z.ZodType>;

/** The form of a batch: the kind's own with many files, and what tells its jobs apart. */
function formSchema(contract: JobContract, { max }: BatchRules, form: Schema): Schema {
  const field = contract.upload?.field ?? '';
  const { [field]: file = {}, ...fields } = form.properties ?? {};
  const items: Schema = {
    type: 'array',
    items: { type: 'object', properties: fields },
    description: 'One object for each file, in their order: the fields in which its job differs from the others.',
  };
  const own = { [field]: { type: 'array', items: file, minItems: 1, maxItems: max }, items, callbackUrl: CALLBACK };
  return { ...form, properties: { ...fields, ...own } };
}

const CALLBACK: Schema = {
  type: 'string',
  description: 'Told once all jobs of the batch have ended (`batch.completed`).',
};

/** The schemas of a batch and of its answer, by name. */
export function batchSchemas(
  contract: JobContract,
  rules: BatchRules,
  form: Schema | undefined,
): Record<string, Schema>[] {
  const { kind } = contract;
  const { field, max } = rules;
  const entry = refTo(schemaName(kind, 'Request'));
  const request: Schema = {
    type: 'object',
    properties: {
      [field]: { type: 'array', items: entry, minItems: 1, maxItems: max },
      callbackUrl: CALLBACK,
    },
    required: [field],
    additionalProperties: false,
  };
  const replayed = { type: 'boolean', description: 'True: the job is the one of an earlier request.' };
  const accepted: Schema = {
    type: 'object',
    properties: { status: { const: 202 }, job: refTo('Job'), replayed },
    required: ['status', 'job'],
  };
  const refused: Schema = {
    type: 'object',
    properties: {
      status: { type: 'integer', minimum: 400, description: 'As if the entry had been posted alone.' },
      problem: refTo('Problem'),
    },
    required: ['status', 'problem'],
  };
  const answer: Schema = {
    type: 'object',
    properties: {
      id: { type: ['string', 'null'], description: 'The id of the batch; null where no entry was accepted.' },
      items: { type: 'array', items: { anyOf: [accepted, refused] } },
    },
    required: ['id', 'items'],
  };
  const forms = rules.files && form ? { [schemaName(kind, 'BatchForm')]: formSchema(contract, rules, form) } : {};
  return [{ ...forms, [schemaName(kind, 'BatchRequest')]: request, [schemaName(kind, 'Batch')]: answer }];
}

const ABOUT_ZIP =
  'A file of its own stands at the top under the name that it is saved by; those of a job with several, in a folder. Jobs without a ' +
  'file (failed, not ended, gone) are listed in `problems.txt`; where none has one it is a 409. It is streamed, and has no length beforehand.';
const ARCHIVE = {
  description: 'The archive.',
  content: { 'application/zip': { schema: { type: 'string', format: 'binary', contentMediaType: 'application/zip' } } },
};
const ZIP_PROBLEMS: ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'not_found',
  'conflict',
  'queue_unavailable',
  'storage_unavailable',
];
const ASKED = toSchema(resultsZipSchema(1000), 'input');

/** The rows of batches. */
export const BATCH_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/v1/batches/{id}',
    operationId: 'getBatch',
    tag: 'jobs',
    summary: 'How far a batch is: its jobs that are kept, by state.',
    parameters: [batchId],
    answers: { 200: jsonAnswer('The batch as it stands now.', toSchema(z.object(batchView), 'output')) },
    problems: ['unauthorized', 'not_found', 'queue_unavailable'],
  },
  {
    method: 'get',
    path: '/v1/results.zip',
    operationId: 'getArchivedResults',
    tag: 'jobs',
    summary: 'The result files of many jobs in one archive.',
    description: ABOUT_ZIP,
    parameters: [archivedIds, archivedBatch],
    answers: { 200: ARCHIVE },
    problems: ZIP_PROBLEMS,
  },
  {
    method: 'post',
    path: '/v1/results.zip',
    operationId: 'postArchivedResults',
    tag: 'jobs',
    summary: 'The same, of more jobs than an address can name.',
    description: `${ABOUT_ZIP} A form with \`ids\`, which have commas between them, is taken as well.`,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: ASKED } },
    },
    answers: { 200: ARCHIVE },
    problems: [...ZIP_PROBLEMS, 'request_timeout', 'payload_too_large', 'unsupported_media_type'],
  },
];
