import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { jsonAnswer } from '../../../src/openapi/answers.ts';
import { cursor, jobId, limit } from '../../../src/openapi/parameters.ts';
import type { RouteRow } from '../../../src/openapi/route-row.ts';
import { refTo, type Schema } from '../../../src/openapi/schemas.ts';

const all = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const text = (description: string): Schema => ({ type: 'string', description });
const orNull = (description: string): Schema => ({ type: ['string', 'null'], description });
const id = text('The id of its job.');
const links = all({ self: text('Its job.') });
const recipients: Schema = {
  type: 'array',
  items: { type: 'string' },
  description: 'Those of whom nobody knows whether they got it.',
};

const common = { tag: 'unknown mails', problems: ['unauthorized', 'forbidden', 'queue_unavailable'] } as const;
const settling = { ...common, method: 'post', scope: 'emails' } as const;

const rows: readonly RouteRow[] = [
  {
    ...common,
    method: 'get',
    path: '/v1/emails/unknown',
    operationId: 'listUnknownMails',
    scope: 'admin',
    summary: 'The mails that may or may not have arrived, newest first; the last 10,000.',
    parameters: [limit('Mails on a page.'), cursor],
    answers: {
      200: jsonAnswer(
        'One page.',
        all({ mails: { type: 'array', items: refTo('UnknownMail') }, cursor: orNull('Leads to the next page.') }),
      ),
    },
    problems: ['invalid_request', ...common.problems],
  },
  {
    ...settling,
    parameters: [jobId],
    path: '/v1/emails/{id}/send-again',
    operationId: 'sendUnknownMailAgain',
    summary: 'Sends a mail again that may have arrived: it may arrive twice.',
    description:
      'The same job runs again, for the recipients of whom nobody knows whether they got it, and those that were refused.',
    answers: { 202: jsonAnswer('It is queued anew.', all({ id, links })) },
    problems: [...common.problems, 'not_found', 'conflict', 'retry_useless', 'quota_exceeded', 'outcome_unknown'],
  },
  {
    ...settling,
    parameters: [jobId],
    path: '/v1/emails/{id}/arrived',
    operationId: 'sayUnknownMailArrived',
    summary: 'Says of a mail that may have arrived that it did: its recipients are accepted.',
    answers: {
      200: jsonAnswer(
        'It is written down.',
        all({ id, recipients: { ...recipients, description: 'Those that are accepted now.' }, links }),
      ),
    },
    problems: [...common.problems, 'not_found', 'conflict', 'outcome_unknown'],
  },
];

/** What the API's description says of mails that may or may not have arrived. */
export const unknownDocumented: DocumentedRoutes = {
  tags: [{ name: 'unknown mails', description: 'Mails to whose last byte no answer came.' }],
  rows,
  schemas: {
    UnknownMail: all({
      id,
      caller: text('The key that posted it.'),
      state: text('Of the job: `completed`, or `failed`.'),
      subject: orNull('As it was posted; null where it had none.'),
      recipients,
      at: { type: 'string', format: 'date-time', description: 'When it ended so.' },
      links,
    }),
  },
};
