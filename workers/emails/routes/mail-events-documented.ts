import { MAIL_EVENTS } from '../../../src/endpoints/endpoint.ts';
import type { DocumentedRoutes } from '../../../src/kinds/routes.ts';
import { emptyAnswer, jsonAnswer } from '../../../src/openapi/answers.ts';
import type { RouteRow } from '../../../src/openapi/route-row.ts';
import { refTo, type Schema } from '../../../src/openapi/schemas.ts';
import { ANSWER_CLASSES } from '../delivery/answers/verdict-table.ts';
import { PROVIDERS } from '../returns/providers/provider.ts';

const orNull = (description: string, more: Schema = {}): Schema => ({ type: ['string', 'null'], description, ...more });

const schemas: Record<string, Schema> = {
  MailEvent: {
    type: 'object',
    properties: {
      event: { type: 'string', enum: MAIL_EVENTS.filter((event) => event !== 'mail.unsubscribed') },
      job: orNull('The job that sent the mail; null where it is not kept any more.'),
      address: { type: 'string', description: 'The recipient.' },
      class: { ...orNull('What a bounce is about.'), enum: [...ANSWER_CLASSES, null] },
      status: orNull('The enhanced code (RFC 3463).'),
      suppresses: {
        ...orNull('When the address is on the suppression list by it; null: by this never.'),
        enum: ['at once', 'on another day', null],
      },
      isNew: { type: 'boolean', description: 'False where it was known already: nothing was done then.' },
    },
    required: ['event', 'job', 'address', 'class', 'status', 'suppresses', 'isNew'],
  },
};

const rows: readonly RouteRow[] = [
  {
    method: 'post',
    path: '/v1/mail-events/raw',
    operationId: 'postReturnedMail',
    tag: 'mail-events',
    scope: 'emails',
    summary: 'Reads a mail that came back: a bounce (RFC 3464), a complaint (RFC 5965).',
    description:
      'For mail servers that hand over what comes to the bounce domain, by a pipe. It is about mails of the own key; by `admin`, ' +
      'of every key. What is no report is ignored. Sent again, a report does nothing twice.',
    requestBody: {
      required: true,
      description: 'The mail as it came, at most 10 MB.',
      content: { 'message/rfc822': {} },
    },
    answers: {
      200: jsonAnswer('What came of it, for each recipient that it names.', {
        type: 'object',
        properties: {
          events: { type: 'array', items: refTo('MailEvent') },
          ignored: {
            ...orNull(
              'Why nothing came of it: it is no report; it names no mail of yours that is kept here; it can not be read.',
            ),
            enum: ['no_report', 'no_mail', 'unreadable', null],
          },
        },
        required: ['events', 'ignored'],
      }),
    },
    problems: ['invalid_request', 'unauthorized', 'forbidden', 'payload_too_large', 'queue_full', 'queue_unavailable'],
  },
  {
    method: 'post',
    path: '/v1/mail-events/{provider}/{token}',
    operationId: 'postMailEvents',
    tag: 'mail-events',
    isOpen: true,
    summary: 'What a mail provider reports: Amazon SES (by SNS), SendGrid, Mailgun, Postmark.',
    description:
      'The address is made by `heavylift mail-events create` and entered at the provider. The token in it is the credential; ' +
      "the provider's signature, where it has one, is verified too. An event that comes again does nothing twice.",
    parameters: [
      {
        name: 'provider',
        in: 'path',
        required: true,
        description: 'Who reports.',
        schema: { type: 'string', enum: [...PROVIDERS] },
      },
      { name: 'token', in: 'path', required: true, description: 'Of that address.', schema: { type: 'string' } },
    ],
    answers: { 204: emptyAnswer('Taken, whether it was about mails that are known here or not.') },
    problems: [
      'invalid_request',
      'forbidden',
      'not_found',
      'payload_too_large',
      'source_unreachable',
      'queue_unavailable',
    ],
  },
];

/** What the API's description says of what comes back of mails. */
export const mailEventsDocumented: DocumentedRoutes = {
  tags: [{ name: 'mail-events', description: 'What comes back of mails: bounces and complaints.' }],
  rows,
  schemas,
};
