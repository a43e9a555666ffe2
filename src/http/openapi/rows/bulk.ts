import { HEADERS, jsonAnswer } from '../../../openapi/answers.ts';
import { actionId } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import { BULK_ACTIONS } from '../../../queue/bulk/bulk-actions.ts';
import { bulkSchema } from '../../api/bulk/bulk-request.ts';

/** The rows of actions on many jobs. */
export const BULK_ROWS: readonly RouteRow[] = [
  {
    method: 'post',
    path: '/v1/jobs/actions',
    operationId: 'actOnJobs',
    tag: 'jobs',
    summary: 'Cancels, erases or runs again all jobs that a filter names.',
    description:
      'It says first how many it is about: unless `expect` is the number that matches, nothing is done, and the 409 has ' +
      'the number in `count`. What is accepted is done in the background, to the jobs that were there then. A caller ' +
      'acts on its own jobs, with the scope `admin` on those of `caller` or of everybody.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: refTo('BulkRequest'),
          examples: {
            example: {
              summary: 'Works as it stands',
              value: { action: 'cancel', filter: { state: 'waiting', tag: 'a tag that no job has' }, expect: 0 },
            },
          },
        },
      },
    },
    answers: {
      202: jsonAnswer('It is under way.', refTo('BulkAccepted'), HEADERS.location, HEADERS.retryAfter),
    },
    problems: [
      'invalid_request',
      'unauthorized',
      'forbidden',
      'conflict',
      'payload_too_large',
      'unsupported_media_type',
      'rate_limited',
      'quota_exceeded',
      'queue_unavailable',
    ],
  },
  {
    method: 'get',
    path: '/v1/jobs/actions/{id}',
    operationId: 'getActionOnJobs',
    tag: 'jobs',
    summary: 'How far an action on many jobs is; kept for a day after its end.',
    parameters: [actionId],
    answers: { 200: jsonAnswer('The action as it stands now.', refTo('BulkAction'), HEADERS.retryWhilePending) },
    problems: ['unauthorized', 'not_found', 'queue_unavailable'],
  },
];

const object = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });

/** The schemas of actions on many jobs, by name. */
export const bulkSchemas = (kinds: string[]): Record<string, Schema> => ({
  BulkRequest: toSchema(bulkSchema(kinds), 'input'),
  BulkAccepted: object({ id: { type: 'string' }, total: count('Jobs that match.') }),
  BulkAction: object({
    id: { type: 'string' },
    action: { type: 'string', enum: [...BULK_ACTIONS] },
    state: { type: 'string', enum: ['running', 'completed'] },
    total: count('Jobs that matched when it was accepted.'),
    done: count('Jobs that were cancelled, erased or put back so far.'),
    skipped: count(
      'Once it has ended: jobs that were not what they had been when their turn came, or could not be done.',
    ),
    createdAt: { type: 'string', format: 'date-time' },
    finishedAt: { type: ['string', 'null'], format: 'date-time' },
  }),
});
