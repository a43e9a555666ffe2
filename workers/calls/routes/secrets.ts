import { z } from 'zod';
import type { CallerSecrets } from '../../../src/delivery/caller-secrets.ts';
import { AppError } from '../../../src/errors.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import type { CreateKindRoutes, RouteRequest } from '../../../src/kinds/routes.ts';
import { isSecretName, NAME_RULE } from '../secrets/placeholders.ts';

const MAX_LENGTH = 4096;
const SCOPES = ['calls'];
const VALUE = `must be a text of 1 to ${MAX_LENGTH} characters of ASCII, without line breaks, or spaces at its ends`;

/** What a secret may be: the value of a header, or a part of one. */
export const secretInput = z.strictObject({
  value: z
    .string(VALUE)
    .max(MAX_LENGTH, VALUE)
    .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, VALUE)
    .meta({ description: 'Kept sealed, and never shown again.' }),
});

/** `/v1/secrets`: what a caller's calls send in their headers, and nobody can read. */
export const createRoutes: CreateKindRoutes = ({ callerSecrets }) => routesOf(callerSecrets);

const routesOf = (secrets: CallerSecrets): ReturnType<CreateKindRoutes> => [
  {
    method: 'get',
    path: '/v1/secrets',
    scopes: SCOPES,
    handle: async ({ caller }) => ({ json: { secrets: await secrets.list(caller) } }),
  },
  {
    method: 'put',
    path: '/v1/secrets/:name',
    scopes: SCOPES,
    body: 'json',
    audits: 'secret.put',
    async handle(request) {
      const name = nameOf(request);
      const parsed = secretInput.safeParse(bodyOf(request));
      if (!parsed.success) throw invalidFields(parsed.error.issues, () => ['value']);
      const { entry, isNew } = await secrets.put(request.caller, name, parsed.data.value);
      return { status: isNew ? 201 : 200, json: entry };
    },
  },
  {
    method: 'delete',
    path: '/v1/secrets/:name',
    scopes: SCOPES,
    audits: 'secret.remove',
    async handle(request) {
      const name = nameOf(request);
      if (await secrets.remove(request.caller, name)) return { status: 204 };
      throw new AppError('not_found', `There is no secret "${name}".`);
    },
  },
];

function nameOf({ params }: RouteRequest): string {
  const name = params['name'] ?? '';
  if (!isSecretName(name)) throw new AppError('invalid_request', `The name of a secret ${NAME_RULE}.`);
  return name;
}

function bodyOf({ body }: RouteRequest): unknown {
  if (body !== undefined) return body;
  throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
}
