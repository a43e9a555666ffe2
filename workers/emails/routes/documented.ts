import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { emptyAnswer, jsonAnswer, type Parameter } from '../../../src/openapi/answers.ts';
import { cursor, limit } from '../../../src/openapi/parameters.ts';
import type { RouteRow } from '../../../src/openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../src/openapi/schemas.ts';
import { suppressionInput, suppressionsInput } from '../../../src/suppressions/input.ts';
import { SUPPRESSION_REASONS } from '../../../src/suppressions/suppression.ts';
import { unknownDocumented } from '../unknown/documented.ts';
import { inboxDocumented } from './inbox-documented.ts';
import { mailEventsDocumented } from './mail-events-documented.ts';

const orNull = (description: string): Schema => ({ type: ['string', 'null'], description });

/** What the list's requests and answers hold, by name. */
const schemas: Record<string, Schema> = {
  Suppression: {
    type: 'object',
    properties: {
      address: orNull('Null when the person was erased: then a hash of the address is kept, and still holds.'),
      messageStream: orNull('The one stream that is stopped; null: every mail.'),
      reason: { type: 'string', enum: [...SUPPRESSION_REASONS] },
      note: orNull('For people.'),
      at: { type: 'string', format: 'date-time' },
      until: orNull('Of a bounce: when one mail is tried again. Null: it holds until it is lifted.'),
      caller: orNull('The key whose mails are stopped; null: those of every caller.'),
    },
    required: ['address', 'messageStream', 'reason', 'note', 'at', 'until', 'caller'],
  },
  SuppressionRequest: toSchema(suppressionInput, 'input'),
  SuppressionsRequest: toSchema(suppressionsInput, 'input'),
};

const address: Parameter = {
  name: 'address',
  in: 'path',
  required: true,
  description: 'A mail address; upper and lower case are the same.',
  schema: { type: 'string' },
};
const messageStream: Parameter = {
  name: 'messageStream',
  in: 'query',
  description: 'Only the entry of this stream.',
  schema: { type: 'string' },
};
const list: Schema = { type: 'array', items: refTo('Suppression') };
const body = (name: string, required: boolean, example: object): NonNullable<RouteRow['requestBody']> => ({
  required,
  content: {
    'application/json': {
      schema: refTo(name),
      examples: { example: { summary: 'Works as it stands', value: example } },
    },
  },
});

/** The routes of the suppression list. */
const rows: readonly RouteRow[] = [
  {
    method: 'get',
    path: '/v1/suppressions',
    operationId: 'listSuppressions',
    tag: 'suppressions',
    scope: 'admin',
    summary: 'The whole list, newest first.',
    parameters: [limit('Addresses on a page.'), cursor],
    answers: {
      200: jsonAnswer('One page: every entry of so many addresses.', {
        type: 'object',
        properties: {
          suppressions: list,
          cursor: { type: ['string', 'null'], description: 'Leads to the next page; null on the last one.' },
        },
        required: ['suppressions', 'cursor'],
      }),
    },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'queue_unavailable'],
  },
  {
    method: 'post',
    path: '/v1/suppressions',
    operationId: 'addSuppressions',
    tag: 'suppressions',
    scope: 'emails',
    summary: 'Enters many: bounces and complaints that a mail provider tells of, for example.',
    description:
      'For the mails of the own key; by `admin`, for those of every caller. All of them, or none when one has a fault. ' +
      'What stands there already is entered anew.',
    requestBody: body('SuppressionsRequest', true, {
      suppressions: [{ address: 'gone@example.no', reason: 'bounce', note: '550 5.1.1 no such user' }],
    }),
    answers: {
      200: jsonAnswer('The entries as they stand now, in order.', {
        type: 'object',
        properties: { suppressions: list },
        required: ['suppressions'],
      }),
    },
    problems: [
      'invalid_request',
      'unauthorized',
      'forbidden',
      'request_timeout',
      'payload_too_large',
      'unsupported_media_type',
      'queue_unavailable',
    ],
  },
  {
    method: 'get',
    path: '/v1/suppressions/{address}',
    operationId: 'getSuppression',
    tag: 'suppressions',
    scope: 'emails',
    summary: 'What stops own mail to an address: the entry for all mail, or else of a stream; 404 when nothing does.',
    parameters: [address, messageStream],
    answers: { 200: jsonAnswer('It gets no mail, or none of that stream.', refTo('Suppression')) },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'not_found', 'queue_unavailable'],
  },
  {
    method: 'put',
    path: '/v1/suppressions/{address}',
    operationId: 'putSuppression',
    tag: 'suppressions',
    scope: 'emails',
    summary: 'Stops own mail to an address; by `admin`, that of every caller.',
    parameters: [address],
    requestBody: body('SuppressionRequest', false, { reason: 'manual', note: 'Asked by phone.' }),
    answers: {
      200: jsonAnswer('The entry as it stands now: a bounce or complaint stays one.', refTo('Suppression')),
    },
    problems: [
      'invalid_request',
      'unauthorized',
      'forbidden',
      'request_timeout',
      'payload_too_large',
      'unsupported_media_type',
      'queue_unavailable',
    ],
  },
  {
    method: 'delete',
    path: '/v1/suppressions/{address}',
    operationId: 'liftSuppression',
    tag: 'suppressions',
    scope: 'emails',
    summary: 'Lets own mail go to an address again; what holds for every caller is lifted by `admin` only.',
    parameters: [address, messageStream],
    answers: { 204: emptyAnswer('Lifted: every entry of the address, or that of the one stream.') },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'not_found', 'queue_unavailable'],
  },
];

/** What the API's description says of the routes of mail. */
export const documented: DocumentedRoutes = {
  tags: [
    { name: 'suppressions', description: 'Addresses that get no mail: of the own key, or of every caller.' },
    ...mailEventsDocumented.tags,
    ...inboxDocumented.tags,
    ...unknownDocumented.tags,
  ],
  rows: [...rows, ...mailEventsDocumented.rows, ...inboxDocumented.rows, ...unknownDocumented.rows],
  schemas: {
    ...schemas,
    ...mailEventsDocumented.schemas,
    ...inboxDocumented.schemas,
    ...unknownDocumented.schemas,
  },
};
