import { z } from 'zod';
import { ENDPOINT_EVENTS, PAUSED_REASONS } from '../../../endpoints/endpoint.ts';
import type { ErrorCode } from '../../../errors.ts';
import { JOB_STATES } from '../../../jobs/stored-job.ts';
import { emptyAnswer, HEADERS, jobAnswer, jsonAnswer, type Parameter } from '../../../openapi/answers.ts';
import { cursor, limit } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import { endpointSchema, resendSchema, rotateSchema } from '../../api/endpoints/endpoint-fields.ts';
import type { DeliveryView, EndpointSecretView, EndpointView } from '../../api/endpoints/endpoint-view.ts';
import { send } from '../job.ts';

const PATH = '/v1/webhook-endpoints';
const FOUND: ErrorCode[] = ['unauthorized', 'not_found', 'queue_unavailable'];
const WITH_BODY: ErrorCode[] = [
  'invalid_request',
  ...FOUND,
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
];
const name: Parameter = {
  name: 'name',
  in: 'path',
  required: true,
  description: "The endpoint's name: 1 to 64 of a-z, 0-9, `-` and `_`.",
  schema: { type: 'string' },
};
const state: Parameter = {
  name: 'state',
  in: 'query',
  description: 'Only deliveries in this state.',
  schema: { type: 'string', enum: [...JOB_STATES] },
};
const body = (schema: string, required: boolean, value: object): NonNullable<RouteRow['requestBody']> => ({
  required,
  content: {
    'application/json': { schema: refTo(schema), examples: { example: { summary: 'Works as it stands', value } } },
  },
});
const listOf = (field: string, schema: string): Schema => ({
  type: 'object',
  properties: { [field]: { type: 'array', items: refTo(schema) } },
  required: [field],
});

/** The rows of webhook endpoints. */
export const ENDPOINT_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: PATH,
    operationId: 'listWebhookEndpoints',
    tag: 'webhooks',
    summary: "The caller's endpoints, by name.",
    answers: { 200: jsonAnswer('All of them.', listOf('endpoints', 'WebhookEndpoint')) },
    problems: ['unauthorized', 'queue_unavailable'],
  },
  {
    method: 'put',
    path: `${PATH}/{name}`,
    operationId: 'putWebhookEndpoint',
    tag: 'webhooks',
    summary: 'Makes an endpoint, or changes it.',
    description:
      'It belongs to the key that makes it, and hears of the jobs of that key: of each that ends after this was answered, ' +
      'which takes a quarter of a second.',
    parameters: [name],
    requestBody: body('WebhookEndpointRequest', true, { url: 'https://app.example.com/hooks/heavylift' }),
    answers: {
      200: jsonAnswer('It was there, and is so now.', refTo('WebhookEndpoint')),
      201: jsonAnswer('It is made.', refTo('WebhookEndpoint'), HEADERS.made),
    },
    problems: [...WITH_BODY.filter((code) => code !== 'not_found'), 'conflict'],
  },
  {
    method: 'get',
    path: `${PATH}/{name}`,
    operationId: 'getWebhookEndpoint',
    tag: 'webhooks',
    summary: 'An endpoint, and whether it works.',
    parameters: [name],
    answers: { 200: jsonAnswer('As it is now.', refTo('WebhookEndpoint')) },
    problems: FOUND,
  },
  {
    method: 'delete',
    path: `${PATH}/{name}`,
    operationId: 'removeWebhookEndpoint',
    tag: 'webhooks',
    summary: 'Removes an endpoint; what waits to be sent to it is not.',
    parameters: [name],
    answers: { 204: emptyAnswer('It is gone, and its secret.') },
    problems: [...FOUND, 'rate_limited'],
  },
  {
    method: 'get',
    path: `${PATH}/{name}/secret`,
    operationId: 'getWebhookEndpointSecret',
    tag: 'webhooks',
    summary: 'What its webhooks are signed with.',
    parameters: [name],
    answers: { 200: jsonAnswer('The secret, and those before that still sign too.', refTo('WebhookEndpointSecret')) },
    problems: FOUND,
  },
  {
    method: 'post',
    path: `${PATH}/{name}/secret/rotate`,
    operationId: 'rotateWebhookEndpointSecret',
    tag: 'webhooks',
    summary: 'Makes a new secret; webhooks are signed with those before too, for an overlap.',
    parameters: [name],
    requestBody: body('WebhookEndpointRotation', false, { overlap: '24h' }),
    answers: { 200: jsonAnswer('The new secret, and those before.', refTo('WebhookEndpointSecret')) },
    problems: [...WITH_BODY, 'conflict'],
  },
  {
    method: 'post',
    path: `${PATH}/{name}/test`,
    operationId: 'testWebhookEndpoint',
    tag: 'webhooks',
    summary: 'Sends it an `endpoint.test` now, also while it is paused.',
    parameters: [name],
    answers: { 202: jobAnswer('The webhook; its job says what became of it.', HEADERS.location, HEADERS.retryAfter) },
    problems: [...FOUND, 'rate_limited', 'quota_exceeded'],
  },
  {
    method: 'get',
    path: `${PATH}/{name}/deliveries`,
    operationId: 'listWebhookDeliveries',
    tag: 'webhooks',
    summary: 'What was sent to it and what is to be, newest first.',
    description: 'Kept like jobs: for `RESULT_TTL` after their end. `POST /v1/jobs/{id}/retry` sends one again.',
    parameters: [name, state, limit('Deliveries on a page.'), cursor],
    answers: {
      200: jsonAnswer('One page; only a null `cursor` says that it is the last.', {
        type: 'object',
        properties: {
          deliveries: { type: 'array', items: refTo('WebhookDelivery') },
          cursor: { type: ['string', 'null'], description: 'Leads to the next page; null on the last one.' },
        },
        required: ['deliveries', 'cursor'],
      }),
    },
    problems: ['invalid_request', ...FOUND],
  },
  {
    method: 'post',
    path: `${PATH}/{name}/resend`,
    operationId: 'resendWebhooks',
    tag: 'webhooks',
    summary: 'Sends each event since a moment once more, in their order.',
    description:
      'Also those that were taken: receivers tell them by their `webhook-id`, which stays. One goes after the other, each ' +
      'once the attempt of the one before it was made.',
    parameters: [name],
    requestBody: body('WebhookResend', true, { since: '2026-11-23T08:00:00Z' }),
    answers: {
      202: jsonAnswer('They are on their way.', {
        type: 'object',
        properties: {
          count: { type: 'integer', minimum: 0, description: 'So many events.' },
          next: {
            type: ['string', 'null'],
            format: 'date-time',
            description: 'The `since` of a further request, where there are more than 10,000; else null.',
          },
        },
        required: ['count', 'next'],
      }),
    },
    problems: [...WITH_BODY, 'conflict', 'quota_exceeded'],
  },
];

const moment = z.iso.datetime();
const endpoint = z.object({
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(ENDPOINT_EVENTS)).nullable().meta({ description: 'Null: every event there is.' }),
  kinds: z.array(z.string()).nullable().meta({ description: 'Null: every kind there is.' }),
  paused: z.boolean().meta({ description: 'Whether nothing is sent. What happens meanwhile can be sent again.' }),
  pausedReason: z
    .enum(PAUSED_REASONS)
    .nullable()
    .meta({
      description:
        '`owner`: you. `failing`: every attempt failed for WEBHOOKS_PAUSE_AFTER. `gone`: its receiver answered 410. ' +
        '`key_revoked`: there is no such key. `copy`: the deployment was restored as a copy.',
    }),
  pausedAt: moment.nullable(),
  failingSince: moment.nullable().meta({ description: 'Since when every attempt has failed; null while they do not.' }),
  lastDeliveredAt: moment.nullable(),
  createdAt: moment,
  changedAt: moment,
} satisfies Record<keyof EndpointView, z.ZodType>);

const secret = z.object({
  secret: z
    .string()
    .regex(/^whsec_/)
    .meta({ description: 'The newest.' }),
  former: z
    .array(z.object({ secret: z.string(), validUntil: moment }))
    .meta({ description: 'Those before, which sign too until their overlap ends.' }),
} satisfies Record<keyof EndpointSecretView, z.ZodType>);

const delivery = z.object({
  id: z.string().meta({ description: "The webhook's job, and its `webhook-id`." }),
  event: z.string(),
  job: z.string().nullable().meta({ description: 'The job it tells of; null for a test.' }),
  state: z.enum(JOB_STATES),
  createdAt: moment,
  attempts: z.object({ made: z.int().min(0), max: z.int().min(1) }),
  nextAttemptAt: moment.nullable(),
  lastError: z.object({ code: z.string(), detail: z.string(), at: moment }).nullable(),
  payload: z.unknown().meta({
    description: 'What is sent; null where it is not made yet: for a batch, before all of its jobs have ended.',
  }),
  sends: z
    .array(
      z.object({
        ...send,
        answer: z
          .string()
          .nullable()
          .meta({
            description:
              "The first 1,000 characters of the receiver's answer; of one that only WEBHOOKS_ALLOW lets us reach, for " +
              'operators alone.',
          }),
      }),
    )
    .meta({ description: 'The attempts made, oldest first; the last 50 are kept.' }),
} satisfies Record<keyof DeliveryView, z.ZodType>);

/** The schemas of webhook endpoints, by name. */
export const endpointSchemas = (kinds: string[]): Record<string, Schema> => ({
  WebhookEndpoint: toSchema(endpoint, 'output'),
  WebhookEndpointRequest: toSchema(endpointSchema(kinds), 'input'),
  WebhookEndpointSecret: toSchema(secret, 'output'),
  WebhookEndpointRotation: toSchema(rotateSchema, 'input'),
  WebhookDelivery: toSchema(delivery, 'output'),
  WebhookResend: toSchema(resendSchema, 'input'),
});
