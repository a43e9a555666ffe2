import { type Request, type RequestHandler, Router } from 'express';
import { AppError } from '../../../errors.ts';
import type { BulkAction, BulkActions } from '../../../queue/bulk/bulk-actions.ts';
import { callerOf } from '../../auth/identify.ts';
import { linkTo } from '../../public-path.ts';
import { type BodyReaders, readJsonBody } from '../json-body.ts';
import type { BulkRequests } from './bulk-request.ts';

/** A filter is a few words, or a hundred ids. */
const MAX_BODY_BYTES = 10_000;

export interface BulkDeps extends Pick<BodyReaders, 'receiving'> {
  bulkActions: BulkActions;
  bulkRequests: BulkRequests;
}

/** Nobody's body is read. */
const requireKey: RequestHandler = (req, _res, next) => {
  callerOf(req);
  next();
};

/** `POST /v1/jobs/actions`: cancels, erases or retries all jobs that a filter names; and how far that is. */
export function createBulkRouter({ bulkActions, bulkRequests, receiving }: BulkDeps): Router {
  const router = Router();

  router.post('/v1/jobs/actions', requireKey, ...readJsonBody(MAX_BODY_BYTES, { receiving }), async (req, res) => {
    if (!req.is('json') && !req.is('+json')) {
      throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
    }
    const action = await bulkRequests.begin(req, bulkRequests.read(req.body));
    res
      .status(202)
      .set({ Location: linkTo(res, `/v1/jobs/actions/${action.id}`), 'Retry-After': '1', 'Cache-Control': 'no-store' })
      .json({ id: action.id, total: action.total });
  });

  router.get('/v1/jobs/actions/:id', async (req, res) => {
    const action = await findAction(req, bulkActions);
    if (action.finishedAt === null) res.set('Retry-After', '1');
    res.set('Cache-Control', 'no-store').json(viewAction(action));
  });

  return router;
}

/** Finds the action of the request's `:id`; throws not_found when there is none or it is another caller's. */
export async function findAction(req: Request, bulkActions: Pick<BulkActions, 'find'>): Promise<BulkAction> {
  const { name, scopes } = callerOf(req);
  const id = String(req.params['id']);
  const action = await bulkActions.find(id);
  if (action && (action.caller === name || scopes.has('admin'))) return action;
  throw new AppError('not_found', `There is no action ${id.slice(0, 64)} (any more).`);
}

/** What is shown of an action. */
const viewAction = ({ id, verb, total, done, createdAt, finishedAt }: BulkAction) => ({
  id,
  action: verb,
  state: finishedAt === null ? 'running' : 'completed',
  total,
  done,
  skipped: finishedAt === null ? 0 : Math.max(0, total - done),
  createdAt: new Date(createdAt).toISOString(),
  finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
});
