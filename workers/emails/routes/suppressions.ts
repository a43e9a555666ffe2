import { z } from 'zod';
import { AppError } from '../../../src/errors.ts';
import { wholeNumberText } from '../../../src/fields/fields.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import type { KindRoute, RouteRequest } from '../../../src/kinds/routes.ts';
import { suppressedAddress, suppressionInput, suppressionsInput } from '../../../src/suppressions/input.ts';
import type { Suppressions } from '../../../src/suppressions/store.ts';
import { streamName } from '../../../src/suppressions/stream.ts';
import type { Owner, Suppression } from '../../../src/suppressions/suppression.ts';
import { readPage } from './suppression-page.ts';

const MAX_LIMIT = 100;
const MAILERS = ['emails', 'admin'];

/**
 * `/v1/suppressions`: the addresses that get no mail. Who may send mail may ask, add and lift for its own mails; an
 * operator's entries hold for everybody, and the whole list is the operator's.
 */
export const suppressionRoutes = (suppressions: Suppressions): KindRoute[] => [
  {
    method: 'get',
    path: '/v1/suppressions',
    scopes: ['admin'],
    async handle({ query }) {
      const { limit, cursor } = parse(listQuery, query);
      return { headers: NO_STORE, json: await readPage(suppressions, cursor, limit) };
    },
  },
  {
    method: 'post',
    path: '/v1/suppressions',
    scopes: MAILERS,
    body: 'json',
    audits: 'suppression.add',
    async handle(request) {
      const { suppressions: given } = parse(suppressionsInput, jsonOf(request));
      const entries = given.map(({ note = null, messageStream = null, at, ...entry }) => {
        return { ...entry, note, messageStream, caller: ownerOf(request), ...(at === undefined ? {} : { at }) };
      });
      const stored = await suppressions.add(entries, { shareOf: ownerOf(request) });
      return { json: { suppressions: stored }, audit: { count: entries.length } };
    },
  },
  {
    method: 'get',
    path: '/v1/suppressions/:address',
    scopes: MAILERS,
    async handle(request) {
      const { address, messageStream } = readTarget(request);
      const entries = await suppressions.get(address, visibleTo(request));
      const entry =
        messageStream === undefined ? entries[0] : entries.find((one) => one.messageStream === messageStream);
      if (!entry) throw notSuppressed(address, messageStream);
      return { headers: NO_STORE, json: { ...withoutOthersNote(entry, request), address } };
    },
  },
  {
    method: 'put',
    path: '/v1/suppressions/:address',
    scopes: MAILERS,
    body: 'json',
    audits: 'suppression.add',
    async handle(request) {
      const { address } = readTarget(request);
      const { note = null, messageStream = null, at, reason } = parse(suppressionInput, jsonOf(request, {}));
      const caller = ownerOf(request);
      const entry = { address, reason, note, messageStream, caller, ...(at === undefined ? {} : { at }) };
      const [stored] = await suppressions.add([entry], { force: request.isAdmin, shareOf: caller });
      return { json: stored };
    },
  },
  {
    method: 'delete',
    path: '/v1/suppressions/:address',
    scopes: MAILERS,
    audits: 'suppression.lift',
    async handle(request) {
      const { address, messageStream } = readTarget(request);
      const owners = request.isAdmin ? undefined : [request.caller];
      if (await suppressions.remove(address, messageStream, owners)) return { status: 204 };
      const left = await suppressions.get(address, visibleTo(request));
      const holds = left.some((one) => messageStream === undefined || one.messageStream === messageStream);
      throw holds ? new AppError('forbidden', PROTECTED) : notSuppressed(address, messageStream);
    },
  },
];

const NO_STORE = { 'Cache-Control': 'no-store' };
const PROTECTED =
  'The entry holds for every caller: it bounced, or an operator made it. Lifting it takes a key with the scope "admin". ' +
  'Nothing was lifted.';

/** Whose the entries are that a request makes. */
const ownerOf = ({ caller, isAdmin }: RouteRequest): Owner => (isAdmin ? null : caller);

/** Whose entries a request may see: those that stop the caller's mails; an operator's sees all. */
const visibleTo = ({ caller, isAdmin }: RouteRequest): Owner[] | undefined => (isAdmin ? undefined : [null, caller]);

/** The entry without a note that another has written; what a receiving server said of a bounce is nobody's. */
const withoutOthersNote = (entry: Suppression, { isAdmin }: RouteRequest): Suppression =>
  isAdmin || entry.caller !== null || entry.reason === 'bounce' ? entry : { ...entry, note: null };

const listQuery = z.strictObject({
  limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
  cursor: z.string().optional(),
});

function parse<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidFields(parsed.error.issues);
}

/** The body as JSON; where it may be left out, `fallback` stands for none. */
function jsonOf({ body, hasBody }: RouteRequest, fallback?: object): unknown {
  if (body !== undefined) return body;
  if (fallback && !hasBody) return fallback;
  throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
}

const target = z.object({ address: suppressedAddress, messageStream: streamName.optional() });
const readTarget = ({ params, query }: RouteRequest): z.infer<typeof target> =>
  parse(target, { address: params['address'], messageStream: query['messageStream'] });

function notSuppressed(address: string, messageStream: string | undefined): AppError {
  const where = messageStream === undefined ? '' : ` for the stream ${messageStream}`;
  return new AppError('not_found', `${address} is not suppressed${where}.`);
}
