import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { jsonAnswer } from '../../../src/openapi/answers.ts';
import { cursor, inQuery, jobId, limit } from '../../../src/openapi/parameters.ts';
import { refTo } from '../../../src/openapi/schemas.ts';

/** What the API's description says of the rows of flows. */
export const documented: DocumentedRoutes = {
  tags: [],
  rows: [
    {
      method: 'get',
      path: '/v1/flows/{id}/rows',
      operationId: 'listFlowRows',
      tag: 'flows',
      scope: 'flows',
      summary: 'The rows of a flow that failed, by their numbers.',
      parameters: [
        jobId,
        inQuery('state', 'Which rows: those that failed.', { type: 'string', enum: ['failed'] }),
        limit('Rows on a page.'),
        cursor,
      ],
      answers: {
        200: jsonAnswer('One page.', {
          type: 'object',
          properties: {
            rows: { type: 'array', items: refTo('FailedRow') },
            cursor: { type: ['string', 'null'], description: 'Leads to the next page; null on the last one.' },
          },
          required: ['rows', 'cursor'],
        }),
      },
      problems: ['invalid_request', 'unauthorized', 'forbidden', 'not_found', 'queue_unavailable'],
    },
  ],
  schemas: {
    FailedRow: {
      type: 'object',
      properties: {
        row: { type: 'integer', description: 'Its line in the file, its place in the list; 0 in a flow for one.' },
        step: { type: 'string', description: 'The step that failed.' },
        job: {
          type: ['string', 'null'],
          description: 'The job of that step; null where the row can not be used, and none was made.',
        },
        error: {
          type: 'object',
          properties: { code: { type: 'string' }, detail: { type: 'string' } },
          required: ['code', 'detail'],
        },
      },
      required: ['row', 'step', 'job', 'error'],
    },
  },
};
