import { z } from 'zod';
import { publicPath } from '../../../src/config/addresses.ts';
import { wholeNumberText } from '../../../src/fields/fields.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import type { KindRoute, RouteRequest, RouteServices } from '../../../src/kinds/routes.ts';
import { sayArrived, sendAgain } from './settle.ts';
import { openUnknownMails, readPosition, type UnknownMail, type UnknownPage } from './unknown-mails.ts';

const MAILERS = ['emails', 'admin'];
const MAX_LIMIT = 100;

/** What the routes and pages of unknown mails do, guarded. */
export interface Settling {
  list(limit: number, after?: string): Promise<UnknownPage>;
  sendAgain(id: string, request: RouteRequest): Promise<void>;
  arrived(id: string, request: RouteRequest): Promise<string[]>;
}

/** Opens them over the web process's connection. */
export function openSettling(services: Pick<RouteServices, 'redis' | 'guards' | 'jobFields' | 'findJob'>): Settling {
  const { redis, guards, findJob } = services;
  const unknownMails = openUnknownMails(redis);
  const deps = { ...services, unknownMails };
  return {
    list: guards.read((limit, after) => unknownMails.list(findJob, limit, after)),
    sendAgain: (id, request) => sendAgain(deps, id, request),
    arrived: guards.write((isRepeated, id, request) => sayArrived(deps, id, request, isRepeated)),
  };
}

/**
 * `/v1/emails/unknown`, the operator's list of mails that may or may not have arrived; and what a caller does with its own
 * ones: send them again, or say that they arrived.
 */
export function unknownRoutes(settling: Settling, config: RouteServices['config']): KindRoute[] {
  const addressOf = (id: string) => `${publicPath(config)}/v1/jobs/${id}`;
  return [
    {
      method: 'get',
      path: '/v1/emails/unknown',
      scopes: ['admin'],
      async handle({ query }) {
        const { data, error } = listQuery.safeParse(query);
        if (error) throw invalidFields(error.issues);
        const { mails, next } = await settling.list(data.limit, data.cursor);
        return { json: { mails: mails.map((mail) => view(mail, addressOf(mail.job.id))), cursor: next } };
      },
    },
    {
      method: 'post',
      path: '/v1/emails/:id/send-again',
      scopes: MAILERS,
      body: 'ignored',
      audits: 'mail.send-again',
      async handle(request) {
        const id = request.params['id'] ?? '';
        await settling.sendAgain(id, request);
        return { status: 202, json: { id, links: { self: addressOf(id) } } };
      },
    },
    {
      method: 'post',
      path: '/v1/emails/:id/arrived',
      scopes: MAILERS,
      body: 'ignored',
      audits: 'mail.arrived',
      async handle(request) {
        const id = request.params['id'] ?? '';
        const recipients = await settling.arrived(id, request);
        return { json: { id, recipients, links: { self: addressOf(id) } } };
      },
    },
  ];
}

/** Which part of the list is asked for. */
const cursorField = z
  .string('must be given once')
  .refine((text) => readPosition(text) !== null, 'must be one that a listing gave');
const listQuery = z.strictObject({
  limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
  cursor: cursorField.optional(),
});

const view = ({ job: { id, envelope, state }, at, recipients }: UnknownMail, self: string): object => ({
  id,
  caller: envelope.caller,
  state,
  subject: envelope.facts?.subject ?? null,
  recipients,
  at,
  links: { self },
});
