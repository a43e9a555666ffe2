import { AUDIT_ACTIONS } from '../../../audit/audit-actions.ts';
import { AUDIT_WAYS } from '../../../audit/audit-log.ts';
import { jsonAnswer } from '../../../openapi/answers.ts';
import { cursor, inQuery, limit } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import type { Schema } from '../../../openapi/schemas.ts';

const ACTIONS = Object.keys(AUDIT_ACTIONS);
const textOrNull = (description: string): Schema => ({ type: ['string', 'null'], description });

const entry: Schema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
    action: { enum: ACTIONS },
    who: { type: 'string', description: 'The name of a key, or of a user of the machine; empty for who has none.' },
    by: {
      enum: [...AUDIT_WAYS],
      description:
        'With an API key, in a browser, on the command line; `background`: the end of what was asked for before.',
    },
    target: textOrNull('To what: an id, a name, a filter; mail addresses are masked.'),
    count: { type: ['integer', 'null'], description: 'To how many; null for one.' },
    address: textOrNull('Where the request came from; null for the command line.'),
    requestId: textOrNull('The name of the request.'),
  },
  required: ['id', 'at', 'action', 'who', 'by', 'target', 'count', 'address', 'requestId'],
};

/** `GET /v1/audit`. */
export const AUDIT_ROW: RouteRow = {
  method: 'get',
  path: '/v1/audit',
  operationId: 'listAudit',
  tag: 'health',
  summary: 'Who did what, newest first; for keys with the scope `admin`.',
  parameters: [
    inQuery('action', 'Only this action.', { type: 'string', enum: ACTIONS }),
    inQuery('who', 'Only what was done with this key, or by this user.', {
      type: 'string',
      minLength: 1,
      maxLength: 64,
    }),
    inQuery('createdAfter', 'Only what was done after this moment.', { type: 'string', format: 'date-time' }),
    inQuery('createdBefore', 'Only what was done before this moment.', { type: 'string', format: 'date-time' }),
    limit('Entries on a page.'),
    cursor,
  ],
  answers: {
    200: jsonAnswer('One page. Only a null `cursor` says that it is the last.', {
      type: 'object',
      properties: {
        entries: { type: 'array', items: entry },
        cursor: { type: ['string', 'null'], description: 'Leads to the next page; null on the last one.' },
      },
      required: ['entries', 'cursor'],
    }),
  },
  problems: ['invalid_request', 'unauthorized', 'forbidden', 'queue_unavailable'],
};
