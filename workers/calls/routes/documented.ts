import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { emptyAnswer, jsonAnswer, type Parameter } from '../../../src/openapi/answers.ts';
import type { RouteRow } from '../../../src/openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../src/openapi/schemas.ts';
import { secretInput } from './secrets.ts';

const schemas: Record<string, Schema> = {
  Secret: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      updatedAt: { type: 'string', format: 'date-time', description: 'When it was kept last.' },
    },
    required: ['name', 'updatedAt'],
  },
  SecretRequest: toSchema(secretInput, 'input'),
};

const name: Parameter = {
  name: 'name',
  in: 'path',
  required: true,
  description: 'Letters, digits, `-` and `_`, at most 64; upper and lower case are different.',
  schema: { type: 'string' },
};

const rows: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/v1/secrets',
    operationId: 'listSecrets',
    tag: 'secrets',
    scope: 'calls',
    summary: 'The names of the own secrets.',
    answers: {
      200: jsonAnswer('All there are, by name; never their values.', {
        type: 'object',
        properties: { secrets: { type: 'array', items: refTo('Secret') } },
        required: ['secrets'],
      }),
    },
    problems: ['unauthorized', 'forbidden', 'queue_unavailable'],
  },
  {
    method: 'put',
    path: '/v1/secrets/{name}',
    operationId: 'putSecret',
    tag: 'secrets',
    scope: 'calls',
    summary: 'Keeps a secret under a name, in the place of the one that had it.',
    description:
      'Calls name it in the values of their headers: `Bearer {{secret.shop}}`. It is read when a call is sent.',
    parameters: [name],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: refTo('SecretRequest'),
          examples: { example: { summary: 'Works as it stands', value: { value: 'sk_live_51H8xYz' } } },
        },
      },
    },
    answers: {
      200: jsonAnswer('Kept in the place of the one before.', refTo('Secret')),
      201: jsonAnswer('Kept; the name is new.', refTo('Secret')),
    },
    problems: [
      'invalid_request',
      'unauthorized',
      'forbidden',
      'request_timeout',
      'conflict',
      'payload_too_large',
      'unsupported_media_type',
      'queue_unavailable',
    ],
  },
  {
    method: 'delete',
    path: '/v1/secrets/{name}',
    operationId: 'deleteSecret',
    tag: 'secrets',
    scope: 'calls',
    summary: 'Removes a secret. Calls that still name it fail, and say so.',
    parameters: [name],
    answers: { 204: emptyAnswer('Removed.') },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'not_found', 'queue_unavailable'],
  },
];

/** What the API's description says of the secrets of callers. */
export const documented: DocumentedRoutes = {
  tags: [{ name: 'secrets', description: 'What the own calls send in their headers, and nobody can read.' }],
  rows,
  schemas,
};
