import { ERROR_CODES, type ErrorCode } from '../errors.ts';
import { FILE, refTo, type Schema } from './schemas.ts';

/** A value in the address or a header of a request. */
export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  description: string;
  required?: boolean;
  schema?: Schema;
  /** In the place of `schema`: the value is the text of that media type. */
  content?: Record<string, { schema: Schema }>;
  example?: unknown;
}

export interface Header {
  description: string;
  required?: boolean;
  schema: Schema;
}

export interface MediaType {
  schema?: Schema;
  examples?: Record<string, { summary: string; value: unknown }>;
  encoding?: Record<string, { contentType: string }>;
}

/** One way a request can be answered. */
export interface Answer {
  description: string;
  headers?: Record<string, Header>;
  content?: Record<string, MediaType>;
}

/** One route and method, as OpenAPI has it. */
export interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  security: Record<string, string[]>[];
  parameters?: Parameter[];
  requestBody?: { description?: string; required: boolean; content: Record<string, MediaType> };
  responses: Record<string, Answer>;
  'x-codeSamples'?: { lang: string; label: string; source: string }[];
}

const text = (description: string, required = true): Header => ({
  description,
  ...(required ? { required } : {}),
  schema: { type: 'string' },
});

const seconds = (description: string): Header => ({ description, schema: { type: 'integer', minimum: 0 } });
const retryAfter = seconds('Seconds until asking again makes sense.');

/** Headers of answers, by the name they are sent under; those that are required are in every such answer. */
export const HEADERS = {
  made: { Location: text('The address of what was made.') },
  location: { Location: text("The job's address.") },
  fileAddress: { Location: text('Where the file is for a while; it is asked for without a key.') },
  retryAfter: { 'Retry-After': { ...retryAfter, required: true } },
  retryWhilePending: { 'Retry-After': seconds('While the job is pending: seconds until asking again makes sense.') },
  replayed: { 'Idempotency-Replayed': text('`true`: the job is the one of an earlier request.', false) },
  preferenceApplied: { 'Preference-Applied': text('The wait, when the job ended within it.', false) },
  vary: { Vary: text('`Prefer`') },
  jobEtag: { ETag: text('Changes with everything that can be seen of the job.') },
  fileEtag: { ETag: text("The content's SHA-256: a strong validator.") },
  versionEtag: { ETag: text('The version, in quotes: a strong validator.') },
  uploadProgress: {
    'Upload-Offset': text('How many bytes are there, for who speaks tus.', false),
    'Upload-Expires': text('Until when they are kept, for who speaks tus.', false),
  },
  contentRange: { 'Content-Range': text('Which bytes of how many.') },
  file: {
    'Content-Disposition': text('The name of the file (RFC 6266).'),
    'Accept-Ranges': text('`bytes`'),
    'Cache-Control': text('The content under a name never changes.'),
  },
  rate: {
    'RateLimit-Policy': text('How many requests in how many seconds; for keys that have a rate.', false),
    RateLimit: text('How many of them are left, and for how long.', false),
  },
} as const satisfies Record<string, Record<string, Header>>;

/** An answer without a body. */
export const emptyAnswer = (description: string, ...headers: Record<string, Header>[]): Answer => ({
  description,
  ...(headers.some((one) => Object.keys(one).length > 0) ? { headers: Object.assign({}, ...headers) } : {}),
});

/** An answer with a JSON body. */
export const jsonAnswer = (description: string, schema: Schema, ...headers: Record<string, Header>[]): Answer => ({
  ...emptyAnswer(description, ...headers),
  content: { 'application/json': { schema } },
});

/** An answer whose body is a job. */
export const jobAnswer = (description: string, ...headers: Record<string, Header>[]): Answer =>
  jsonAnswer(description, refTo('Job'), ...headers);

/** An answer that is a file of any type, as it lies in storage. */
export const fileAnswer = (description: string, ...headers: Record<string, Header>[]): Answer => ({
  ...emptyAnswer(description, HEADERS.file, HEADERS.fileEtag, ...headers),
  content: { '*/*': { schema: FILE } },
});

/** The headers that problems of a status always carry. */
const PROBLEM_HEADERS: Record<number, Record<string, Header>> = {
  401: { 'WWW-Authenticate': text('`Bearer`; with `error="invalid_token"` when a credential was given.') },
  416: HEADERS.contentRange,
  429: { ...HEADERS.retryAfter, ...HEADERS.rate },
  503: { 'Retry-After': retryAfter },
};

/** An answer that is a problem. */
export const problemOf = (description: string, ...headers: Record<string, Header>[]): Answer => ({
  ...emptyAnswer(description, ...headers),
  content: { 'application/problem+json': { schema: refTo('Problem') } },
});

/** The problems a route can answer with, by status; several codes of one status share an answer. */
export function problemAnswers(codes: readonly ErrorCode[]): Record<string, Answer> {
  const answers: Record<string, Answer> = {};
  for (const [status, group] of Object.entries(Object.groupBy(codes, (code) => ERROR_CODES[code].status))) {
    const names = group?.map((code) => `${ERROR_CODES[code].title} (\`${code}\`)`) ?? [];
    answers[status] = problemOf(`${names.join('; or ')}.`, PROBLEM_HEADERS[Number(status)] ?? {});
  }
  return answers;
}
