import { type Request, Router } from 'express';
import { now } from '../../../clock.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { sha256 } from '../../../keys/keyring.ts';
import type { TokenPlaces } from '../../../keys/upload-tokens/places.ts';
import type { TokenUse, UploadToken } from '../../../keys/upload-tokens/upload-token.ts';
import type { UploadTokens } from '../../../keys/upload-tokens/upload-tokens.ts';
import { lazy } from '../../../lazy.ts';
import { createSealedFields } from '../../../signing/sealed-fields.ts';
import { audits, noteAudit } from '../../access/audit.ts';
import { assertScope, callerOf } from '../../auth/identify.ts';
import { tokenOf } from '../../auth/token.ts';
import { isForTokens } from '../../auth/token-routes.ts';
import { createFieldReader } from '../../fields.ts';
import { linkTo } from '../../public-path.ts';
import { storedIn } from '../accept/body/large-request.ts';
import type { QueueDeps } from '../accept/queue-deps.ts';
import { secretsOf } from '../accept/tokens/token-fields.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import { readBody } from '../owned.ts';
import { checkDelivery, checkOptions } from './check-options.ts';
import { type TokenRequest, tokenRequest } from './fields.ts';

export interface UploadTokensDeps extends Pick<QueueDeps, 'config' | 'secrets' | 'findCallbackFault'> {
  receiving: BodyReaders['receiving'];
  contracts: readonly JobContract[];
  tokens: UploadTokens;
  places: Pick<TokenPlaces, 'read'>;
}

/** An upload token as its holder sees it: nothing of what it fixes. Times are RFC 3339. */
export interface TokenView {
  id: string;
  kind: string;
  open: string[];
  maxFiles: number;
  maxBytes: number | null;
  maxTotalBytes: number | null;
  types: string[] | null;
  expiresAt: string;
  used: TokenUse;
}

const MOST_BODY_BYTES = 65_536;
const UNUSED: TokenUse = { files: 0, jobs: 0, bytes: 0 };

/** `/v1/upload-tokens`: for pages that send files straight here. */
export function createUploadTokensRouter(deps: UploadTokensDeps): Router {
  const { tokens, places, secrets, findCallbackFault } = deps;
  const router = Router();
  const posted = deps.contracts.filter(isForTokens);
  const schema = lazy(() => tokenRequest(posted.map(({ kind }) => kind) as [string, ...string[]]));
  const readers = new Map(posted.map((contract) => [contract.kind, lazy(() => createFieldReader(contract))]));

  const read = (req: Request): { asked: TokenRequest; contract: JobContract } => {
    const asked = readBody(schema(), req);
    const contract = posted.find(({ kind }) => kind === asked.kind) as JobContract;
    assertScope(req, contract.kind);
    const fault = asked.callbackUrl === undefined ? null : findCallbackFault(asked.callbackUrl);
    if (fault) throw invalidRequest([{ pointer: '/callbackUrl', detail: fault }]);
    // What a stored template makes of its fields only a job can tell.
    const reader = readers.get(contract.kind);
    if (reader && !storedIn(req, contract, [asked.options])) checkOptions(contract, reader(), asked);
    checkDelivery(asked, deps.config.DELIVER_ALLOW ?? []);
    return { asked, contract };
  };

  router.post(
    '/v1/upload-tokens',
    audits('token.create'),
    (req, _res, next) => {
      callerOf(req);
      next();
    },
    ...readJsonBody(MOST_BODY_BYTES, deps),
    async (req, res) => {
      const { asked, contract } = read(req);
      const caller = callerOf(req);
      const { expiresIn, visitor, subject, callbackUrl, tags, metadata, ...facts } = asked;
      const job = Object.entries({ subject, callbackUrl, tags, metadata }).filter(([, value]) => value !== undefined);
      const { text, token } = await tokens.create(caller, {
        ...facts,
        maxBytes: asked.maxBytes ?? null,
        maxTotalBytes: asked.maxTotalBytes ?? null,
        types: asked.types ?? null,
        options: createSealedFields(secrets).seal(asked.options, secretsOf(contract)) as Record<string, unknown>,
        job: Object.fromEntries(job),
        ...(visitor === undefined ? {} : { series: seriesOf(caller.name, contract.kind, visitor) }),
        expiresAt: now() + expiresIn,
      });
      noteAudit(req, { target: token.id });
      res
        .status(201)
        .set({ Location: linkTo(res, '/v1/upload-tokens/current'), 'Cache-Control': 'no-store' })
        .json({ token: text, ...viewToken(token, UNUSED) });
    },
  );

  router.get('/v1/upload-tokens/current', async (req, res) => {
    const token = shown(req);
    res.set('Cache-Control', 'no-store').json(viewToken(token, await places.read(token)));
  });

  router.delete('/v1/upload-tokens/current', audits('token.end'), async (req, res) => {
    const token = shown(req);
    noteAudit(req, { target: token.id });
    await tokens.end(token);
    res.status(204).end();
  });

  return router;
}

/** The token that the request shows; throws forbidden for a key or a session. */
function shown(req: Request): UploadToken {
  callerOf(req);
  const token = tokenOf(req);
  if (token) return token;
  throw new AppError(
    'forbidden',
    'This is told of an upload token to who has it: send it as "Authorization: Bearer <token>".',
  );
}

/** The series of what a visitor makes with tokens of one key and kind. */
const seriesOf = (caller: string, kind: string, visitor: string): string =>
  sha256(`visitor\0${caller}\0${kind}\0${visitor}`).slice(0, 26);

const viewToken = (token: UploadToken, used: TokenUse): TokenView => {
  const { id, kind, open, maxFiles, maxBytes, maxTotalBytes, types, expiresAt } = token;
  const facts = { id, kind, open, maxFiles, maxBytes, maxTotalBytes, types };
  return { ...facts, expiresAt: new Date(expiresAt).toISOString(), used };
};
