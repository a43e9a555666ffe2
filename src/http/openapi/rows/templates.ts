import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { emptyAnswer, HEADERS, jsonAnswer, type Parameter } from '../../../openapi/answers.ts';
import { ifMatch, ifNoneMatch } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, schemaName, toSchema } from '../../../openapi/schemas.ts';
import type { TemplateView } from '../../api/templates/templates.ts';
import { templatesPath } from '../../api/templates/templates.ts';
import { OWNED_FIELDS, OWNED_PROBLEMS, PUT_PROBLEMS } from './owned.ts';

const SCOPED: ErrorCode[] = [...OWNED_PROBLEMS, 'forbidden'];
const nameOf = (description: string): Parameter => ({
  name: 'name',
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
const name = nameOf("The template's name: 1 to 64 of a-z, 0-9, `-` and `_`.");
const reference = nameOf("The template's name, or one of its versions: `sales@3`.");
const listOf = (field: string, schema: string): Schema => ({
  type: 'object',
  properties: { [field]: { type: 'array', items: refTo(schema) } },
  required: [field],
});

/** A template that works as it stands. */
export const TEMPLATE_EXAMPLE = {
  locale: 'en-GB',
  data: {
    title: 'Orders of {{ customer.name }}',
    blocks: [
      { type: 'text', text: '{{ orders.size }} orders, {{ total | format: "currency:NOK" }} in all.' },
      { type: 'table', columns: [{ key: 'item' }, { key: 'amount' }], rows: { data: 'orders' } },
    ],
  },
};

/** Data to fill it with. */
export const TEMPLATE_DATA = {
  customer: { name: 'Kari Nordmann' },
  total: 308.5,
  orders: [
    { item: 'Coffee beans', amount: 249 },
    { item: 'Paper filters', amount: 59.5 },
  ],
};

/** Whether a kind's templates are texts, which may take in each other; those of others are whole bodies. */
const areTexts = ({ templates }: JobContract): boolean => templates?.partsIn !== undefined;

/** A template of a kind that works as it stands. */
const exampleOf = (contract: JobContract): object =>
  !areTexts(contract)
    ? TEMPLATE_EXAMPLE
    : { subject: 'Hello {{ name }}', html: '<p>Hello <b>{{ name }}</b>.</p>', text: 'Hello {{ name }}.' };

const REPORT_TEMPLATE =
  'The body of `POST /v1/reports`, whose texts are Liquid. `{"data": "path"}` stands for a value as it is, ' +
  '`{"each": "path", "blocks": [...]}` repeats entries of a list, `{"if": "path", "blocks": [...]}` leaves them out.';
const MAIL_TEMPLATE =
  '`subject`, `html` and `text` as Liquid, to be filled with the `variables` of a mail; `inlineCss` as in a mail. ' +
  "`{% render 'name' %}` and `{% layout 'name' %}` take in other templates of the key.";

/** The rows of a kind's stored templates. */
function rowsOf(contract: JobContract): RouteRow[] {
  const { kind } = contract;
  const path = templatesPath(kind);
  const [one, all] = [schemaName(kind, 'Template'), schemaName(kind, 'Templates')];
  const shared = { tag: 'templates', scope: kind };
  return [
    {
      ...shared,
      method: 'get',
      path,
      operationId: `list${all}`,
      summary: "The caller's templates, by name.",
      answers: { 200: jsonAnswer('All of them.', listOf('templates', 'TemplateEntry')) },
      problems: ['unauthorized', 'forbidden', 'queue_unavailable'],
    },
    {
      ...shared,
      method: 'put',
      path: `${path}/{name}`,
      operationId: `put${one}`,
      summary: 'Makes a template, or a new version of it.',
      description: areTexts(contract) ? MAIL_TEMPLATE : REPORT_TEMPLATE,
      parameters: [name, ifMatch, ifNoneMatch],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { type: 'object' },
            examples: { example: { summary: 'Works as it stands', value: exampleOf(contract) } },
          },
        },
      },
      answers: {
        200: jsonAnswer('It was there; this is its newest version.', refTo('Template'), HEADERS.versionEtag),
        201: jsonAnswer('It is made.', refTo('Template'), HEADERS.made, HEADERS.versionEtag),
      },
      problems: PUT_PROBLEMS,
    },
    {
      ...shared,
      method: 'get',
      path: `${path}/{name}`,
      operationId: `get${one}`,
      summary: 'A template.',
      parameters: [reference, ifMatch, ifNoneMatch],
      answers: {
        200: jsonAnswer('Its newest version, or the one that is asked for.', refTo('Template'), HEADERS.versionEtag),
        304: emptyAnswer('It is the one that `If-None-Match` names.', HEADERS.versionEtag),
      },
      problems: SCOPED,
    },
    {
      ...shared,
      method: 'get',
      path: `${path}/{name}/versions`,
      operationId: `list${one}Versions`,
      summary: 'The versions of a template that are kept, the newest first.',
      parameters: [name],
      answers: { 200: jsonAnswer('At most ten.', listOf('versions', 'TemplateVersion')) },
      problems: SCOPED.filter((code) => code !== 'precondition_failed'),
    },
    {
      ...shared,
      method: 'delete',
      path: `${path}/{name}`,
      operationId: `remove${one}`,
      summary: 'Removes a template with all its versions; jobs that were accepted with it run.',
      parameters: [name, ifMatch, ifNoneMatch],
      answers: { 204: emptyAnswer('It is gone.') },
      problems: [...SCOPED, 'invalid_request'],
    },
  ];
}

/** The rows of the stored templates of all kinds. */
export const templateRows = (contracts: readonly JobContract[]): RouteRow[] =>
  contracts.filter(({ templates }) => templates).flatMap(rowsOf);

/** The schemas of stored templates, by name. */
export function templateSchemas(): Record<string, Schema> {
  const view = {
    ...OWNED_FIELDS,
    template: z.record(z.string(), z.unknown()).meta({ description: 'As it was put.' }),
  } satisfies Record<keyof TemplateView, z.ZodType>;
  const { version, changedAt } = OWNED_FIELDS;
  return {
    Template: toSchema(z.object(view), 'output'),
    TemplateEntry: toSchema(z.object(OWNED_FIELDS), 'output'),
    TemplateVersion: toSchema(z.object({ version, changedAt, bytes: z.int() }), 'output'),
  };
}
