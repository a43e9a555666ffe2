import { jsonAnswer } from '../../../openapi/answers.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import type { Schema } from '../../../openapi/schemas.ts';
import { VERDICT_CODES } from '../../../verdict/codes.ts';

const text = (description: string): Schema => ({ type: 'string', description });
const since = 'Since when, RFC 3339.';

const item: Schema = {
  type: 'object',
  properties: {
    code: { enum: Object.keys(VERDICT_CODES), description: 'What is wrong, for programs.' },
    level: { enum: ['red', 'amber'] },
    since: { type: 'string', format: 'date-time', description: since },
    text: text('What is wrong, in a sentence.'),
    fix: text('What to do about it.'),
  },
  required: ['code', 'level', 'since', 'text', 'fix'],
};

/** `GET /v1/verdict`. */
export const VERDICT_ROW: RouteRow = {
  method: 'get',
  path: '/v1/verdict',
  operationId: 'getVerdict',
  tag: 'health',
  summary: 'Whether all is well, and what is not, the worst first; for keys with the scope `admin`.',
  answers: {
    200: jsonAnswer('It is judged by what was found within the last second.', {
      type: 'object',
      properties: {
        level: {
          enum: ['green', 'amber', 'red'],
          description: 'Red: work is refused, lost or stands still. Amber: somebody should look.',
        },
        since: { type: ['string', 'null'], format: 'date-time', description: `${since} Null where all is well.` },
        text: text('The worst that is wrong, in a sentence.'),
        items: { type: 'array', items: item },
      },
      required: ['level', 'since', 'text', 'items'],
    }),
  },
  problems: ['unauthorized', 'forbidden'],
};
