import type { Config } from '../../config/platform.ts';
import type { ErrorCode } from '../../errors.ts';
import { type BodyWay, bodyWays } from '../../jobs/body-ways.ts';
import type { JobContract } from '../../jobs/contract.ts';
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
import { FILE, refTo, type Schema, schemaName } from '../../openapi/schemas.ts';
import { isForTokens } from '../auth/token-routes.ts';
import { uploadFieldsSchema } from './requests.ts';
import { TOKEN_SECURITY, tokenProblems } from './rows/upload-tokens.ts';

/** What keeps any job from being accepted. */
export const ACCEPT_CODES: ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'request_timeout',
  'payload_too_large',
  'unsupported_media_type',
  'upload_unfinished',
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

/** A query parameter of a raw body that is no field of the kind. */
const FILE_NAME: Parameter = {
  name: 'filename',
  in: 'query',
  description: 'The name of the file.',
  schema: { type: 'string' },
};

/** What each way is called in the name of its operation. */
const WAY_NAMES: Readonly<Record<BodyWay, string>> = { json: 'Json', form: 'Form', raw: 'Raw' };

/** `POST /v1/<kind>` by each sort of body that it takes, by address; all of it read from the kind's contract. */
export function acceptOperations(contract: JobContract, config: Config): Record<string, Operation> {
  const [first, ...others] = bodyWays(contract);
  if (!first) return {};
  const path = `/v1/${contract.kind}`;
  const further = others.map((way) => `\`POST ${path}/${way}\` (${WAY_WORDS[way]})`).join(', ');
  const also =
    further && ` It takes other bodies as well; clients that are made from this document find them at ${further}.`;
  const operation = acceptOperation(contract, first, config);
  const own = { ...operation, description: `${operation.description}${also}` };
  const rest = others.map((way) => {
    const { operationId, ...one } = acceptOperation(contract, way, config);
    return [`${path}/${way}`, { ...one, operationId: `${operationId}${WAY_NAMES[way]}` }] as const;
  });
  return { [path]: own, ...Object.fromEntries(rest) };
}

const WAY_WORDS: Readonly<Record<BodyWay, string>> = {
  json: 'JSON',
  form: 'a form with files',
  raw: 'the file, with the fields in the query',
};

function acceptOperation(contract: JobContract, way: BodyWay, config: Config): Operation {
  const { kind, summary, upload } = contract;
  const forTokens = isForTokens(contract);
  const always = [HEADERS.replayed, HEADERS.vary, HEADERS.rate];
  const query = way === 'raw' ? [...queryFields(contract, uploadFieldsSchema(contract)), FILE_NAME] : [];
  return {
    operationId: `post${schemaName(kind, '')}`,
    tags: [kind],
    summary,
    description: describeBody(contract, way, config),
    security: [{ bearer: [kind] }, { session: [kind] }, ...(forTokens ? [TOKEN_SECURITY] : [])],
    parameters: [idempotencyKey, preferWait, ...query],
    requestBody: { required: true, content: bodyContent(contract, way) },
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
      ...problemAnswers([
        ...new Set([
          ...ACCEPT_CODES,
          ...(upload && way !== 'json' ? UPLOAD_CODES : []),
          ...(forTokens ? tokenProblems('post') : []),
        ]),
      ]),
    },
  };
}

function describeBody({ upload }: JobContract, way: BodyWay, config: Config): string {
  if (way === 'json') {
    const source = upload?.field ? ' Its `source` says where the file is.' : '';
    return `A JSON body of at most ${formatBytes(config.JSON_MAX_BYTES)}.${source}`;
  }
  if (!upload) return '';
  const most = formatBytes(upload.maxBytes(config));
  if (upload.jsonField) {
    return `A multipart form: the JSON as \`${upload.jsonField}\`, and the files that it names, each as the field of that name and of at most ${most}.`;
  }
  if (way === 'raw')
    return `A file of at most ${most} as the body (${upload.rawTypes.join(', ')}), the fields in the query. ${IN_TEXTS}`;
  return `One file of at most ${most} as \`${upload.field}\` of a multipart form, the fields beside it. ${IN_TEXTS}`;
}

const IN_TEXTS =
  'In a form or query, lists and objects are written as JSON, or as `tags[]=a` and `crop[left]=10`; `tags` may be repeated.';

function bodyContent(contract: JobContract, way: BodyWay): Record<string, MediaType> {
  const { kind, upload, example } = contract;
  if (way === 'raw') return { 'application/octet-stream': { schema: FILE } };
  if (way === 'json') {
    // What names another file works only with the caller's own.
    const examples = upload?.field ? {} : { examples: { example: { summary: 'Works as it stands', value: example } } };
    return { 'application/json': { schema: refTo(schemaName(kind, 'Request')), ...examples } };
  }
  const schema = refTo(schemaName(kind, 'Form'));
  if (upload?.jsonField) {
    return { 'multipart/form-data': { schema, encoding: { [upload.jsonField]: { contentType: 'application/json' } } } };
  }
  return { 'multipart/form-data': formContent(contract, schema) };
}

function formContent(contract: JobContract, schema: Schema): MediaType {
  const { field = 'file', rawTypes = [] } = contract.upload ?? {};
  const asJson = Object.entries(uploadFieldsSchema(contract).properties ?? {}).filter(([, one]) => isNested(one));
  return {
    schema,
    encoding: {
      [field]: { contentType: rawTypes.join(', ') },
      ...Object.fromEntries(asJson.map(([name]) => [name, { contentType: 'application/json' }])),
    },
    examples: { example: { summary: 'Works with a file', value: { [field]: '(the file)', ...contract.example } } },
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
      description: typeof description === 'string' ? description : `The field \`${name}\`.`,
      ...value,
      ...(name in example ? { example: example[name] } : {}),
    };
  });
}

/** Whether the field is an object, or a list of objects: more than a form's text can hold as it is. */
const isNested = ({ type, items }: Schema): boolean => type === 'object' || items?.type === 'object';
