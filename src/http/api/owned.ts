import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { z } from 'zod';
import { AppError } from '../../errors.ts';
import { invalidFields, invalidRequest } from '../../fields/invalid-request.ts';
import { takeNulls } from '../../fields/take-nulls.ts';
import type { OwnedFacts, OwnedRecord } from '../../redis/owned/owned-records.ts';
import { assertScope, callerOf } from '../auth/identify.ts';
import { answerUnchanged } from '../conditional.ts';

/** What is known of a record that belongs to its caller, as the API shows it. Times are RFC 3339. */
export interface OwnedView {
  name: string;
  version: number;
  createdAt: string;
  changedAt: string;
}

/** Shows the facts of a record, of its newest version or of the one that was read. */
export function viewOwned({ name, madeAt, versions, ...read }: OwnedFacts & Partial<OwnedRecord<unknown>>): OwnedView {
  const newest = versions.at(-1);
  return {
    name,
    version: read.version ?? newest?.version ?? 0,
    createdAt: new Date(madeAt).toISOString(),
    changedAt: new Date(read.changedAt ?? newest?.at ?? madeAt).toISOString(),
  };
}

/** The ETag of a version: of this record, not of another that is made under its name once it is removed. */
export const etagOf = ({ version, createdAt }: Pick<OwnedView, 'version' | 'createdAt'>): string =>
  `"${version}-${Date.parse(createdAt).toString(36)}"`;

/** A version of a record as the API shows it. */
export interface VersionView {
  version: number;
  changedAt: string;
  bytes: number;
}

/** Shows the versions of a record that are kept, the newest first. */
export const viewVersions = ({ versions }: OwnedFacts): VersionView[] =>
  versions.map(({ version, at, bytes }) => ({ version, changedAt: new Date(at).toISOString(), bytes })).toReversed();

/** Reads the name in a request's address; throws invalid_request. */
export function readName(req: Request, field: z.ZodType<string>): string {
  const name = field.safeParse(req.params['name']);
  if (name.success) return name.data;
  throw invalidRequest([{ pointer: '/name', detail: name.error.issues[0]?.message ?? '' }]);
}

/** Sends a record with its ETag, or 304. */
export function sendOwned(req: Request, res: Response, view: OwnedView): void {
  res.set({ ETag: etagOf(view), 'Cache-Control': 'no-cache, no-transform' });
  if (!answerUnchanged(req, res, etagOf(view))) res.json(view);
}

/**
 * The version that must be the newest when a request is done, by its preconditions; undefined where it has none. Throws
 * precondition_failed, and not_found where If-Match names one of nothing.
 */
export async function expectedVersion(
  req: Request,
  res: Response,
  find: () => Promise<OwnedFacts | null>,
): Promise<number | undefined> {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = req.headers;
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined;
  const found = await find();
  if (found) answerUnchanged(req, res, etagOf(viewOwned(found)));
  else if (ifMatch !== undefined)
    throw new AppError('precondition_failed', 'If-Match names an ETag, and there is nothing.');
  return found ? viewOwned(found).version : 0;
}

/** Reads a JSON body by a schema; a null is not given. Throws unsupported_media_type and invalid_request. */
export function readBody<Schema extends z.ZodObject>(schema: Schema, req: Request): z.output<Schema> {
  assertJson(req);
  return parseBody(schema, req.body ?? {});
}

/** Throws unsupported_media_type where no JSON body came. */
export function assertJson(req: Request): void {
  if (req.is('json') || req.is('+json')) return;
  throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
}

/** Reads what was given by a schema; a null is not given. Throws invalid_request. */
export function parseBody<Schema extends z.ZodObject>(schema: Schema, given: unknown): z.output<Schema> {
  let body = schema.safeParse(given);
  if (!body.success && typeof given === 'object' && given !== null && takeNulls(given, body.error.issues)) {
    body = schema.safeParse(given);
  }
  if (body.success) return body.data;
  throw invalidFields(body.error.issues, () => Object.keys(schema.shape));
}

/** A router whose routes below `path` need one of these scopes. */
export function createOwnedRouter(path: string, scopes: readonly [string, ...string[]]): Router {
  const router = Router();
  const guard: RequestHandler = (req, res, next) => {
    callerOf(req);
    assertScope(req, ...scopes);
    // As they are: an ETag of what was compressed on the way would not do for If-Match.
    res.set('Cache-Control', 'no-store, no-transform');
    next();
  };
  router.use(path, guard);
  return router;
}
