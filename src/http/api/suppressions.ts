import express, { type Request, Router } from 'express';
import { z } from 'zod';
import type { Config } from '../../config/load.ts';
import { AppError } from '../../errors.ts';
import { suppressedAddress, suppressionInput, suppressionsInput } from '../../suppressions/input.ts';
import type { ListPosition, Suppressions } from '../../suppressions/store.ts';
import { streamName } from '../../suppressions/stream.ts';
import type { Suppression } from '../../suppressions/suppression.ts';
import { callerOf, requireScope } from '../auth/identify.ts';
import { fieldFaults, invalidRequest } from '../fields.ts';

const MAX_LIMIT = 100;

export interface SuppressionsDeps {
  config: Pick<Config, 'JSON_MAX_BYTES'>;
  suppressions: Suppressions;
}

/** `/v1/suppressions`: the addresses that get no mail. Who may send mail may ask and add; the whole list is the operator's. */
export function createSuppressionsRouter({ config, suppressions }: SuppressionsDeps): Router {
  const router = Router();
  const mailers = requireScope('emails', 'admin');
  const readJson = express.json({ limit: config.JSON_MAX_BYTES, type: ['application/json', 'application/*+json'] });

  router.get('/v1/suppressions', requireScope('admin'), async (req, res) => {
    const { limit, cursor } = parse(listQuery, req.query);
    res.set('Cache-Control', 'no-store').json(await readPage(suppressions, cursor, limit));
  });

  router.post('/v1/suppressions', mailers, readJson, async (req, res) => {
    const { suppressions: given } = parse(suppressionsInput, jsonOf(req));
    const entries = given.map(({ note = null, messageStream = null, at, ...entry }) => {
      return { ...entry, note, messageStream, ...(at === undefined ? {} : { at }) };
    });
    res.json({ suppressions: await suppressions.add(entries) });
  });

  router.get('/v1/suppressions/:address', mailers, async (req, res) => {
    const { address, messageStream } = readTarget(req);
    const entries = await suppressions.get(address);
    const entry = messageStream === undefined ? entries[0] : entries.find((one) => one.messageStream === messageStream);
    if (!entry) throw notSuppressed(address, messageStream);
    res.set('Cache-Control', 'no-store').json({ ...entry, address });
  });

  router.put('/v1/suppressions/:address', mailers, readJson, async (req, res) => {
    const { address } = readTarget(req);
    const { note = null, messageStream = null, at, reason } = parse(suppressionInput, jsonOf(req, {}));
    const entry = { address, reason, note, messageStream, ...(at === undefined ? {} : { at }) };
    const [stored] = await suppressions.add([entry], { force: isAdmin(req) });
    res.json(stored);
  });

  router.delete('/v1/suppressions/:address', mailers, async (req, res) => {
    const { address, messageStream } = readTarget(req);
    const removal = await suppressions.remove(address, messageStream, { force: isAdmin(req) });
    if (removal === 'none') throw notSuppressed(address, messageStream);
    if (removal === 'protected') throw new AppError('forbidden', KEPT);
    res.status(204).end();
  });

  return router;
}

const KEPT =
  'A bounce or complaint is what the receiving side said; lifting it takes a key with the scope "admin". Nothing was lifted.';

/** A page of the list, with what asks for the next one. */
export async function readPage(
  suppressions: Suppressions,
  cursor: string | undefined,
  limit: number,
): Promise<{ suppressions: Suppression[]; cursor: string | null }> {
  const page = await suppressions.list(cursor === undefined ? null : readCursor(cursor), limit);
  return { suppressions: page.suppressions, cursor: page.next && writeCursor(page.next) };
}

const listQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(1, 'must be at least 1').max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`))
    .prefault('20'),
  cursor: z.string().optional(),
});

function parse<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(fieldFaults(parsed.error));
}

/** The body as JSON; where it may be left out, `fallback` stands for none. */
function jsonOf(req: Request, fallback?: object): unknown {
  if (req.body !== undefined) return req.body;
  if (fallback && !req.get('content-type')) return fallback;
  throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
}

const target = z.object({ address: suppressedAddress, messageStream: streamName.optional() });
const readTarget = (req: Request): z.infer<typeof target> =>
  parse(target, { address: req.params['address'], messageStream: req.query['messageStream'] });

const isAdmin = (req: Request): boolean => callerOf(req).scopes.has('admin');

function notSuppressed(address: string, messageStream: string | undefined): AppError {
  const where = messageStream === undefined ? '' : ` for the stream ${messageStream}`;
  return new AppError('not_found', `${address} is not suppressed${where}.`);
}

const writeCursor = ({ at, member }: ListPosition): string => Buffer.from(`${at} ${member}`).toString('base64url');

function readCursor(cursor: string): ListPosition {
  const [, at, member] = /^(\d{1,15}) (.+)$/s.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (at && member) return { at: Number(at), member };
  throw invalidRequest([{ pointer: '/cursor', detail: 'must be one that a listing gave' }]);
}
