import type { Config } from '../../config/platform.ts';
import type { ErrorCode } from '../../errors.ts';
import type { JobContract, UploadRules } from '../../jobs/contract.ts';
import { formatBytes } from '../../kinds/formats.ts';
import {
  HEADERS,
  jobAnswer,
  type MediaType,
  type Operation,
  type Parameter,
  problemAnswers,
} from '../../openapi/answers.ts';
import { idempotencyKey, preferWait } from '../../openapi/parameters.ts';
import { refTo, type Schema, schemaName } from '../../openapi/schemas.ts';
import { uploadFieldsSchema } from './requests.ts';
import { TOKEN_SECURITY, tokenProblems } from './upload-tokens.ts';

/** What keeps any job from being accepted. */
export const ACCEPT_CODES: ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'request_timeout',
  'payload_too_large',
  'unsupported_media_type',
  'idempotency_mismatch',
  'result_expired',
  'rate_limited',
  'quota_exceeded',
  'queue_full',
  'queue_unavailable',
  'storage_unavailable',
  'storage_full',
];
/** What else is seen in the first bytes of a file. */
const UPLOAD_CODES: ErrorCode[] = ['image_unreadable'];

/** Query parameters of a raw body that are not fields of the kind. */
const FILE_NAME: Parameter = {
  name: 'filename',
  in: 'query',
  description: 'With a raw body: the name of the file.',
  schema: { type: 'string' },
};

/** `POST /v1/<kind>`, all of it read from the kind's contract. */
export function acceptOperation(contract: JobContract, config: Config): Operation {
  const { kind, summary, upload } = contract;
  const fields = uploadFieldsSchema(contract);
  const always = [HEADERS.replayed, HEADERS.vary, HEADERS.rate];
  return {
    operationId: `post${schemaName(kind, '')}`,
    tags: [kind],
    summary,
    description: upload?.field ? describeUpload(upload, config) : describeJson(upload, config),
    security: [{ bearer: [kind] }, { session: [kind] }, TOKEN_SECURITY],
    parameters: [idempotencyKey, preferWait, ...(upload?.field ? [...queryFields(contract, fields), FILE_NAME] : [])],
    requestBody: { required: true, content: bodyContent(contract, fields) },
    responses: {
      200: jobAnswer(
        'With `Prefer: wait=N`: the job has ended within that time.',
        HEADERS.location,
        HEADERS.preferenceApplied,
        ...always,
      ),
      202: jobAnswer(
        'Accepted: the job is queued, and Redis has acknowledged it.',
        HEADERS.location,
        HEADERS.retryAfter,
        ...always,
      ),
      ...problemAnswers([...new Set([...ACCEPT_CODES, ...(upload ? UPLOAD_CODES : []), ...tokenProblems('post')])]),
    },
  };
}

const describeUpload = ({ field, maxBytes, rawTypes, isReferenced }: UploadRules, config: Config): string =>
  `One file of at most ${formatBytes(maxBytes(config))}: as \`${field}\` of a multipart form with the fields beside it, ` +
  `or as the raw body (${rawTypes.join(', ')}) with the fields in the query. ` +
  'In a form or query, lists and objects are written as JSON, or as `tags[]=a` and `crop[left]=10`; `tags` may be repeated.' +
  (isReferenced ? ' Or a JSON body whose `source` says where the file is.' : '');

const describeJson = (upload: UploadRules | undefined, config: Config): string =>
  `A JSON body of at most ${formatBytes(config.JSON_MAX_BYTES)}.` +
  (upload?.jsonField
    ? ` Or a multipart form: that JSON as \`${upload.jsonField}\`, and the files that it names, each as the field of that ` +
      `name and of at most ${formatBytes(upload.maxBytes(config))}.`
    : '');

function bodyContent(contract: JobContract, fields: Schema): Record<string, MediaType> {
  const { kind, upload } = contract;
  if (upload?.field) return uploadContent(contract, upload, upload.field, fields);
  const json = { 'application/json': jsonContent(contract) };
  if (!upload?.jsonField) return json;
  const encoding = { [upload.jsonField]: { contentType: 'application/json' } };
  return { ...json, 'multipart/form-data': { schema: refTo(schemaName(kind, 'Form')), encoding } };
}

const jsonContent = ({ kind, example }: JobContract): MediaType => ({
  schema: refTo(schemaName(kind, 'Request')),
  examples: { example: { summary: 'Works as it stands', value: example } },
});

function uploadContent(
  contract: JobContract,
  rules: UploadRules,
  field: string,
  fields: Schema,
): Record<string, MediaType> {
  const { rawTypes } = rules;
  const asJson = Object.entries(fields.properties ?? {}).filter(([, property]) => isNested(property));
  return {
    'multipart/form-data': {
      schema: refTo(schemaName(contract.kind, 'Form')),
      encoding: {
        [field]: { contentType: rawTypes.join(', ') },
        ...Object.fromEntries(asJson.map(([name]) => [name, { contentType: 'application/json' }])),
      },
      examples: {
        example: { summary: 'Works with a file', value: { [field]: '(the file)', ...contract.example } },
      },
    },
    ...Object.fromEntries(rawTypes.map((type) => [type, {}])),
    ...(rules.isReferenced ? { 'application/json': { schema: refTo(schemaName(contract.kind, 'Request')) } } : {}),
  };
}

/** The kind's fields as query parameters, for a raw body; the example's values as theirs. */
function queryFields({ example }: JobContract, fields: Schema): Parameter[] {
  return Object.entries(fields.properties ?? {}).map(([name, property]) => {
    const { description, ...rest } = property;
    const value = isNested(property) ? { content: { 'application/json': { schema: rest } } } : { schema: rest };
    return {
      name,
      in: 'query',
      description: `With a raw body: ${typeof description === 'string' ? description : `the field \`${name}\`.`}`,
      ...value,
      ...(name in example ? { example: example[name] } : {}),
    };
  });
}

/** Whether the field is an object, or a list of objects: more than a form's text can hold as it is. */
const isNested = ({ type, items }: Schema): boolean => type === 'object' || items?.type === 'object';
