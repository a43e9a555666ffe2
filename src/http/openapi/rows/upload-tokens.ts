import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import { emptyAnswer, HEADERS, jsonAnswer, type Operation } from '../../../openapi/answers.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import { tokenRequest } from '../../api/upload-tokens/fields.ts';
import type { TokenView } from '../../api/upload-tokens/upload-tokens.ts';
import type { FindTokenRoute } from '../../auth/token-routes.ts';

const OWN: ErrorCode[] = ['unauthorized', 'forbidden', 'queue_unavailable'];

/** The rows of upload tokens. */
export const UPLOAD_TOKEN_ROWS: readonly RouteRow[] = [
  {
    method: 'post',
    path: '/v1/upload-tokens',
    operationId: 'createUploadToken',
    tag: 'uploads',
    summary:
      'Makes a token with which a page sends files of one kind straight here; the key needs the scope of that kind.',
    description:
      'Whoever has the token may send files and make jobs of the kind, within its limits and until it expires, and sees what came ' +
      'with it alone. It dies with the key that made it.',
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: refTo('UploadTokenRequest'),
          examples: {
            example: {
              summary: 'Works as it stands',
              value: {
                kind: 'images',
                options: { width: 1600, format: 'webp' },
                maxFiles: 5,
                maxBytes: '20MB',
                types: ['image/*'],
                expiresIn: '30m',
                origins: ['https://shop.example'],
              },
            },
          },
        },
      },
    },
    answers: {
      201: jsonAnswer('It is made. Its text is told here alone.', refTo('NewUploadToken'), HEADERS.made, HEADERS.rate),
    },
    problems: ['invalid_request', ...OWN, 'payload_too_large', 'unsupported_media_type', 'outcome_unknown'],
  },
  {
    method: 'get',
    path: '/v1/upload-tokens/current',
    isForToken: true,
    operationId: 'getUploadToken',
    tag: 'uploads',
    summary: 'What the token that the request shows is good for, and what of it is used up.',
    answers: { 200: jsonAnswer('It is:', refTo('UploadToken')) },
    problems: OWN,
  },
  {
    method: 'delete',
    path: '/v1/upload-tokens/current',
    isForToken: true,
    operationId: 'endUploadToken',
    tag: 'uploads',
    summary: 'Ends the token that the request shows, at once; jobs that came with it go on.',
    answers: { 204: emptyAnswer('It holds no more.') },
    problems: [...OWN, 'outcome_unknown'],
  },
];

/** What a token that does not serve a request answers. */
export const tokenProblems = (method: string): ErrorCode[] => [
  'token_expired',
  'origin_refused',
  'rate_limited',
  ...(method === 'post' ? (['token_used_up'] as const) : []),
];

/** Whether upload tokens serve a route of the description. */
export const servesTokens = (findRoute: FindTokenRoute, path: string, method: string): boolean =>
  findRoute(path.replaceAll(/\{\w+\}/g, 'x'))?.methods.includes(method.toUpperCase()) ?? false;

/** The credential of who has an upload token. */
export const TOKEN_SECURITY: Operation['security'][number] = { uploadToken: [] };

const view = {
  id: z.string().meta({ description: 'Its name in logs; whoever knows it has not got the token.' }),
  kind: z.string(),
  open: z.array(z.string()).meta({ description: 'Fields that its holder may choose.' }),
  maxFiles: z.int(),
  maxBytes: z.int().nullable().meta({ description: 'Of each file; null: as its kind takes it.' }),
  maxTotalBytes: z.int().nullable().meta({ description: 'Of all files together; null: any.' }),
  types: z.array(z.string()).nullable(),
  expiresAt: z.iso.datetime(),
  used: z
    .object({ files: z.int().min(0), jobs: z.int().min(0), bytes: z.int().min(0) })
    .meta({ description: 'What is used up: files and jobs of `maxFiles` each, bytes of `maxTotalBytes`.' }),
} satisfies Record<keyof TokenView, z.ZodType>;

/** The schemas of upload tokens; `kinds` are those that are posted. */
export const uploadTokenSchemas = (kinds: readonly string[]): Record<string, Schema> => ({
  UploadTokenRequest: toSchema(tokenRequest(kinds as [string, ...string[]]), 'input'),
  UploadToken: toSchema(z.object(view), 'output'),
  NewUploadToken: toSchema(z.object({ token: z.string().regex(/^tok_[\w-]{40}$/), ...view }), 'output'),
});
