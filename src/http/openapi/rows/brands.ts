import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { emptyAnswer, HEADERS, jsonAnswer, type Parameter } from '../../../openapi/answers.ts';
import { ifMatch, ifNoneMatch } from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import { brandSchema } from '../../api/brands/brand-fields.ts';
import { OWNED_FIELDS, OWNED_PROBLEMS, PUT_PROBLEMS } from './owned.ts';

const PATH = '/v1/brands';
const SCOPED: ErrorCode[] = [...OWNED_PROBLEMS, 'forbidden'];
const name: Parameter = {
  name: 'name',
  in: 'path',
  required: true,
  description: "The brand's name: 1 to 64 of a-z, 0-9, `-` and `_`.",
  schema: { type: 'string' },
};

/** A brand that works as it stands. */
export const BRAND_EXAMPLE = {
  colours: { accent: '#0a5f38' },
  senderName: 'Fjordkaffe AS',
  postalAddress: ['Strandgata 12', '5013 Bergen'],
  letterhead: { foot: 'Org.nr. 987 654 321 · fjordkaffe.example' },
};

/** The rows of brands. */
export const BRAND_ROWS: readonly RouteRow[] = [
  {
    method: 'get',
    path: PATH,
    operationId: 'listBrands',
    tag: 'brands',
    summary: "The caller's brands, by name.",
    answers: {
      200: jsonAnswer('All of them.', {
        type: 'object',
        properties: { brands: { type: 'array', items: refTo('BrandEntry') } },
        required: ['brands'],
      }),
    },
    problems: ['unauthorized', 'forbidden', 'queue_unavailable'],
  },
  {
    method: 'put',
    path: `${PATH}/{name}`,
    operationId: 'putBrand',
    tag: 'brands',
    summary: 'Makes a brand, or puts another in its place.',
    description:
      'It belongs to the key that makes it; one of a key with the scope `admin` serves all that have none of that name. A ' +
      'job that names it is drawn with the brand as it stood when the job was accepted.',
    parameters: [name, ifMatch, ifNoneMatch],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: refTo('BrandRequest'),
          examples: {
            example: {
              summary: 'Works as it stands',
              value: BRAND_EXAMPLE,
            },
          },
        },
      },
    },
    answers: {
      200: jsonAnswer('It was there, and is so now.', refTo('Brand'), HEADERS.versionEtag),
      201: jsonAnswer('It is made.', refTo('Brand'), HEADERS.made, HEADERS.versionEtag),
    },
    problems: [...PUT_PROBLEMS, 'storage_unavailable'],
  },
  {
    method: 'get',
    path: `${PATH}/{name}`,
    operationId: 'getBrand',
    tag: 'brands',
    summary: 'A brand.',
    parameters: [name, ifMatch, ifNoneMatch],
    answers: {
      200: jsonAnswer('As it is now.', refTo('Brand'), HEADERS.versionEtag),
      304: emptyAnswer('It is the one that `If-None-Match` names.', HEADERS.versionEtag),
    },
    problems: SCOPED,
  },
  {
    method: 'delete',
    path: `${PATH}/{name}`,
    operationId: 'removeBrand',
    tag: 'brands',
    summary: 'Removes a brand; jobs that were accepted with it keep it.',
    parameters: [name, ifMatch, ifNoneMatch],
    answers: { 204: emptyAnswer('It is gone.') },
    problems: SCOPED,
  },
];

/** The schemas of brands, by name. */
export function brandSchemas(contracts: readonly JobContract[]): Record<string, Schema> {
  const schema = brandSchema(contracts);
  return {
    BrandEntry: toSchema(z.object(OWNED_FIELDS), 'output'),
    Brand: toSchema(z.object({ ...OWNED_FIELDS, ...schema.shape }), 'output'),
    BrandRequest: toSchema(schema, 'input'),
  };
}
