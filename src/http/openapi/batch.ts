import type { Config } from '../../config/platform.ts';
import type { BatchRules, JobContract } from '../../jobs/contract.ts';
import { formatBytes } from '../../kinds/formats.ts';
import { HEADERS, jsonAnswer, type Operation, problemAnswers } from '../../openapi/answers.ts';
import { idempotencyKey } from '../../openapi/parameters.ts';
import { refTo, type Schema, schemaName } from '../../openapi/schemas.ts';
import { ACCEPT_CODES } from './accept.ts';

/** `POST /v1/<kind>/<path>`: many of the kind's requests in one. */
export function batchOperation({ kind, example }: JobContract, rules: BatchRules, config: Config): Operation {
  const { field, max } = rules;
  // A mismatch of one entry's key is told at its place.
  const codes = ACCEPT_CODES.filter((code) => code !== 'idempotency_mismatch' && code !== 'result_expired');
  return {
    operationId: `post${schemaName(kind, 'Batch')}`,
    tags: [kind],
    summary: `Up to ${max} of them in one request; each is accepted or refused by itself.`,
    description:
      `A JSON body of at most ${formatBytes(config.JSON_MAX_BYTES)}. With an \`Idempotency-Key\` each entry's job follows from the key ` +
      'and its place: a repeated request queues only what was not queued before. It counts as one request of the rate.',
    security: [{ bearer: [kind] }, { session: [kind] }],
    parameters: [idempotencyKey],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: refTo(schemaName(kind, 'BatchRequest')),
          examples: { example: { summary: 'Works as it stands', value: { [field]: [example, example] } } },
        },
      },
    },
    responses: {
      202: jsonAnswer(
        'A verdict for each entry, in order.',
        refTo(schemaName(kind, 'Batch')),
        HEADERS.replayed,
        HEADERS.rate,
      ),
      ...problemAnswers(codes),
    },
  };
}

/** The schemas of a batch and of its answer, by name. */
export function batchSchemas(kind: string, { field, max }: BatchRules): Record<string, Schema>[] {
  const entry = refTo(schemaName(kind, 'Request'));
  const request: Schema = {
    type: 'object',
    properties: {
      [field]: { type: 'array', items: entry, minItems: 1, maxItems: max },
      callbackUrl: { type: 'string', description: 'Told once all jobs of the batch have ended (`batch.completed`).' },
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
    properties: { items: { type: 'array', items: { anyOf: [accepted, refused] } } },
    required: ['items'],
  };
  return [{ [schemaName(kind, 'BatchRequest')]: request, [schemaName(kind, 'Batch')]: answer }];
}
