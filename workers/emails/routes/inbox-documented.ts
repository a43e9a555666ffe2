import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { type Answer, emptyAnswer, HEADERS, jsonAnswer, type Parameter } from '../../../src/openapi/answers.ts';
import { cursor, limit } from '../../../src/openapi/parameters.ts';
import type { RouteRow } from '../../../src/openapi/route-row.ts';
import { refTo, type Schema } from '../../../src/openapi/schemas.ts';

const text = (description: string): Schema => ({ type: 'string', description });
const orNull = (description: string): Schema => ({ type: ['string', 'null'], description });
const listOf = (items: Schema, description: string): Schema => ({ type: 'array', items, description });
const all = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const known: Record<string, Schema> = {
  id: text('`inb_` and 16 characters.'),
  job: text('The job that sent it.'),
  caller: text('The key that posted the job.'),
  at: { type: 'string', format: 'date-time', description: 'When it came.' },
  from: text("The envelope's sender."),
  to: listOf({ type: 'string' }, 'The recipients it was taken for, those of `bcc` too.'),
  subject: text('As it was posted.'),
  messageId: text('The Message-ID header.'),
  attachmentCount: { type: 'integer', minimum: 0 },
  bytes: { type: 'integer', minimum: 0, description: 'Of its source.' },
  links: all({ self: { type: 'string' }, source: { type: 'string' }, job: { type: 'string' } }),
};
const address = all({ name: { type: 'string' }, address: { type: 'string' } });
const addresses = { type: 'array', items: address };
const content: Record<string, Schema> = {
  date: orNull('The Date header, RFC 3339 where it can be read.'),
  addresses: all({ from: addresses, to: addresses, cc: addresses, replyTo: addresses }),
  text: orNull('The text; null for a mail without.'),
  html: orNull('The HTML as it was sent: hostile, if its sender is. Null for a mail without.'),
  headers: listOf(all({ name: { type: 'string' }, value: { type: 'string' } }), 'In their order, the first 1,000.'),
  attachments: listOf(
    all({
      number: { type: 'integer', minimum: 1 },
      filename: { type: 'string' },
      type: { type: 'string' },
      bytes: { type: 'integer', minimum: 0 },
      cid: orNull('The name by which the HTML shows it.'),
      url: { type: 'string' },
    }),
    'The first 1,000.',
  ),
  unread: orNull('Why nothing of the above could be read; the source has it all the same.'),
};

const schemas: Record<string, Schema> = {
  InboxMail: all(known),
  InboxMailContent: all({ ...known, ...content }),
};

const id: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: "The mail's id, of a listing.",
  schema: { type: 'string' },
};
const inQuery = (name: string, description: string): Parameter => ({
  name,
  in: 'query',
  description,
  schema: { type: 'string' },
});
const filter: Parameter[] = [
  inQuery(
    'to',
    'Only mails to this recipient: a whole address, or a part of one (`@example.no`), in upper or lower case.',
  ),
  inQuery('subject', 'Only mails with this in their subject, in upper or lower case.'),
  inQuery('job', 'Only mails of this job.'),
  inQuery('after', 'Only mails that came after this one, by its id, or after this time (RFC 3339).'),
];
const wait: Parameter = {
  name: 'Prefer',
  in: 'header',
  description:
    '`wait=N`: the answer comes when a mail matches, or after N seconds (30 at most), and is an empty list then.',
  schema: { type: 'string' },
};
const bytes = (type: string, description: string): Answer => ({
  ...emptyAnswer(description),
  content: { [type]: {} },
});

const common = { tag: 'inbox', scope: 'admin' } as const;
const MAIL_PROBLEMS: RouteRow['problems'] = [
  'unauthorized',
  'forbidden',
  'not_found',
  'queue_unavailable',
  'storage_unavailable',
];

const rows: readonly RouteRow[] = [
  {
    ...common,
    method: 'get',
    path: '/v1/inbox',
    operationId: 'listInbox',
    summary: 'The mails that were kept and not sent, newest first.',
    description:
      'For the tests of an application, among others: post what sends a mail, and ask with `Prefer: wait=10` until it is here.',
    parameters: [...filter, limit('Mails on a page.'), cursor, wait],
    answers: {
      200: jsonAnswer(
        'One page.',
        all({ mails: { type: 'array', items: refTo('InboxMail') }, cursor: orNull('Leads to the next page.') }),
        { 'Preference-Applied': { ...HEADERS.preferenceApplied['Preference-Applied'], description: 'The wait.' } },
        HEADERS.vary,
      ),
    },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'queue_unavailable'],
  },
  {
    ...common,
    method: 'delete',
    path: '/v1/inbox',
    operationId: 'emptyInbox',
    summary: 'Deletes all mails, or those that match; their jobs stay.',
    parameters: filter,
    answers: { 200: jsonAnswer('They are gone.', all({ deleted: { type: 'integer', minimum: 0 } })) },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'queue_unavailable', 'storage_unavailable'],
  },
  {
    ...common,
    method: 'get',
    path: '/v1/inbox/{id}',
    operationId: 'getInboxMail',
    summary: 'One mail, with what is in it.',
    parameters: [id],
    answers: { 200: jsonAnswer('The mail.', refTo('InboxMailContent')) },
    problems: MAIL_PROBLEMS,
  },
  {
    ...common,
    method: 'get',
    path: '/v1/inbox/{id}/source',
    operationId: 'getInboxSource',
    summary: 'One mail as a mail server would have got it.',
    parameters: [id],
    answers: { 200: bytes('text/plain', 'The source.') },
    problems: MAIL_PROBLEMS,
  },
  {
    ...common,
    method: 'get',
    path: '/v1/inbox/{id}/attachments/{number}',
    operationId: 'getInboxAttachment',
    summary: 'One file of a mail.',
    parameters: [
      id,
      {
        name: 'number',
        in: 'path',
        required: true,
        description: 'From 1, in their order.',
        schema: { type: 'integer' },
      },
    ],
    answers: { 200: bytes('*/*', 'The file, to be saved: browsers do not show it.') },
    problems: [...MAIL_PROBLEMS, 'payload_too_large'],
  },
  {
    ...common,
    method: 'delete',
    path: '/v1/inbox/{id}',
    operationId: 'deleteInboxMail',
    summary: 'Deletes one mail; its job stays.',
    parameters: [id],
    answers: { 204: emptyAnswer('It is gone.') },
    problems: MAIL_PROBLEMS,
  },
];

/** What the API's description says of the inbox. */
export const inboxDocumented: DocumentedRoutes = {
  tags: [{ name: 'inbox', description: 'Mails that were kept and not sent, since SMTP_URL is not set.' }],
  rows,
  schemas,
};
